/* Rivals: by name in a hash, in the order of their names in an array that is merged with what is new. Pure. */
#include "consumer/rivals.h"

#include <stdlib.h>
#include <string.h>

#define uthash_fatal(message) abort()
#include <uthash.h>
#include <utlist.h>

typedef struct Kept Kept;

struct Kept {
        Rivals rivals; /* first: what the outside sees */
        RivalsByName *owner;
        UT_hash_handle hh;
};

struct RivalsByName {
        Kept *by_name;
        Rivals **sorted; /* without those that are new */
        size_t n_sorted;
        Rivals **changed;
        size_t n_changed;
};

RivalsByName *rivals_by_name_new(void) {
        return new0(RivalsByName);
}

static void kept_free(RivalsByName *r, Kept *k) {
        HASH_DEL(r->by_name, k);
        free(k->rivals.name);
        free(k);
}

RivalsByName *rivals_by_name_free(RivalsByName *r) {
        Kept *k = NULL, *next = NULL;

        if (!r)
                return NULL;
        HASH_ITER (hh, r->by_name, k, next) {
                kept_free(r, k);
        }
        free(r->sorted);
        free(r->changed);
        free(r);
        return NULL;
}

static Kept *kept_get(RivalsByName *r, const char *name) {
        Kept *k = NULL;

        HASH_FIND_STR(r->by_name, name, k);
        if (k)
                return k;
        k = new0(Kept);
        k->rivals = (Rivals){ .name = xstrdup(name), .is_new = true };
        k->owner = r;
        HASH_ADD_KEYPTR(hh, r->by_name, k->rivals.name, strlen(k->rivals.name), k);
        return k;
}

static void note_change(Rivals *rivals) {
        RivalsByName *r = ((Kept *)rivals)->owner;

        if (rivals->has_changed)
                return;
        rivals->has_changed = true;
        array_grow(r->changed, r->n_changed);
        r->changed[r->n_changed++] = rivals;
}

void rivals_bid(RivalsByName *r, Candidate candidate, Entry *entry) {
        Rivals *rivals = &kept_get(r, candidate.name)->rivals;
        Bid *bid = new0(Bid);

        *bid = (Bid){ .candidate = candidate, .rivals = rivals, .sibling = entry->bids };
        entry->bids = bid;
        DL_PREPEND(rivals->bids, bid);
        rivals->count++;
        note_change(rivals);
}

void rivals_withdraw(Entry *entry) {
        for (Bid *bid = TAKE_PTR(entry->bids), *next; bid; bid = next) {
                next = bid->sibling;
                DL_DELETE(bid->rivals->bids, bid);
                bid->rivals->count--;
                note_change(bid->rivals);
                free(bid);
        }
}

/* ---- what has changed ---- */

static int compare_names(const void *a, const void *b) {
        return strcmp((*(Rivals *const *)a)->name, (*(Rivals *const *)b)->name);
}

/* Takes those that are new, of `changed`, into the order, and forgets those without a bid. */
static void sort_in(RivalsByName *r, Rivals **changed, size_t n_changed) {
        _cleanup_free_ Rivals **added = xcalloc(n_changed, sizeof *added), **old = r->sorted;
        size_t n_added = 0, n_old = r->n_sorted, i = 0, k = 0;

        for (size_t c = 0; c < n_changed; c++)
                if (changed[c]->is_new)
                        added[n_added++] = changed[c];
        if (n_added > 1)
                qsort(added, n_added, sizeof(Rivals *), compare_names);
        r->sorted = xcalloc(n_old + n_added, sizeof(Rivals *));
        r->n_sorted = 0;
        while (i < n_old || k < n_added) {
                bool takes_old = k == n_added || (i < n_old && compare_names(&old[i], &added[k]) < 0);
                Rivals *next = takes_old ? old[i++] : added[k++];
                next->is_new = false;
                if (next->count > 0)
                        r->sorted[r->n_sorted++] = next;
                else
                        kept_free(r, (Kept *)next);
        }
}

void rivals_settle(RivalsByName *r, RivalsChangedFunc *changed, void *userdata) {
        _cleanup_free_ Rivals **items = TAKE_PTR(r->changed);
        size_t count = r->n_changed;
        bool moves = false;

        r->n_changed = 0;
        for (size_t i = 0; i < count; i++) {
                items[i]->has_changed = false;
                moves |= items[i]->is_new || items[i]->count == 0;
                changed(userdata, items[i]);
        }
        if (moves)
                sort_in(r, items, count);
}

Rivals *const *rivals_sorted(const RivalsByName *r, size_t *ret_count) {
        *ret_count = r->n_sorted;
        return r->sorted;
}

Candidate *rivals_candidates(const Rivals *r) {
        Candidate *items = xcalloc(r->count, sizeof *items);
        const Bid *bid;
        size_t n = 0;

        DL_FOREACH (r->bids, bid)
                items[n++] = bid->candidate;
        candidates_sort(items, n);
        return items;
}
