/* The table: what is registered, what is missing and held, what has gone and lingers. Pure. */
#include "consumer/table.h"

#include "consumer/table-record.h"
#include "consumer/table-value.h"

#include <stdlib.h>
#include <string.h>

#define uthash_fatal(message) abort()
#include <uthash.h>

/* All that is known of one key. */
struct Slot {
        char *key;
        Record *current;  /* live or missing; NULL: neither */
        RecordList gone;  /* what it held before */
        uint64_t refused; /* fingerprint of the bytes that could not be read; 0: none */
        UT_hash_handle hh;
};

typedef struct Snapshot {
        const Entry **entries;
        size_t count;
        bool valid;
} Snapshot;

struct Table {
        TablePolicy policy;
        Slot *slots;
        RecordList lists[_ENTRY_STATE_COUNT];
        Snapshot *snapshot;
        TableProblemFunc *problem;
        void *userdata;
        uint64_t refusals;
        size_t left_out;
        TableFollowFunc *follow;
        void *follower;
};

static void ignore_problem(void *userdata, const char *key, const char *domain, const char *reason) {
        (void)userdata, (void)key, (void)domain, (void)reason;
}

static void follow_nothing(void *userdata, Entry *entry, bool there) {
        (void)userdata, (void)entry, (void)there;
}

Table *table_new(TablePolicy policy) {
        Table *t = new0(Table);

        t->policy = policy;
        t->policy.max = (TableSize){
                .entries = policy.max.entries ? policy.max.entries : TABLE_ENTRIES_MAX,
                .routes = policy.max.routes ? policy.max.routes : TABLE_ROUTES_MAX,
                .bytes = policy.max.bytes ? policy.max.bytes : TABLE_BYTES_MAX,
        };
        t->snapshot = new0(Snapshot);
        t->problem = ignore_problem;
        t->follow = follow_nothing;
        return t;
}

void table_on_problem(Table *t, TableProblemFunc *problem, void *userdata) {
        t->problem = problem;
        t->userdata = userdata;
}

static void tell_of_all(const Table *t, bool there) {
        Record *r;

        for (int state = 0; state < _ENTRY_STATE_COUNT; state++)
                for (r = t->lists[state].first; r; r = r->links[LINK_STATE].after)
                        t->follow(t->follower, &r->entry, there);
}

void table_follow(Table *t, TableFollowFunc *follow, void *userdata) {
        tell_of_all(t, false);
        t->follow = follow ? follow : follow_nothing;
        t->follower = userdata;
        tell_of_all(t, true);
}

static size_t total(const Table *t) {
        return t->lists[ENTRY_LIVE].count + t->lists[ENTRY_MISSING].count + t->lists[ENTRY_GONE].count;
}

/* ---- what becomes of a key's current record ---- */

/* Enters the list of its state. */
static void enter(Table *t, Record *r, EntryState state, uint64_t since) {
        record_list_clamp(&t->lists[state], since);
        r->entry.state = state;
        r->entry.since_usec = since;
        record_list_append(&t->lists[state], r, LINK_STATE);
        t->snapshot->valid = false;
        t->follow(t->follower, &r->entry, true);
}

static void leave(Table *t, Record *r) {
        t->follow(t->follower, &r->entry, false);
        record_list_remove(&t->lists[r->entry.state], r, LINK_STATE);
        t->snapshot->valid = false;
}

static void set_current(Table *t, Slot *slot, Record *r, EntryState state, uint64_t since) {
        slot->current = r;
        enter(t, r, state, since);
}

/* The caller owns it. */
static Record *take_current(Table *t, Slot *slot) {
        Record *r = TAKE_PTR(slot->current);

        leave(t, r);
        return r;
}

static void forget_gone(Table *t, Slot *slot, Record *r) {
        record_list_remove(&slot->gone, r, LINK_KEY);
        leave(t, r);
        record_free(r);
}

static void add_gone(Table *t, Slot *slot, Record *r, uint64_t since) {
        record_list_append(&slot->gone, r, LINK_KEY);
        enter(t, r, ENTRY_GONE, since);
        if (slot->gone.count > TABLE_GONE_PER_KEY_MAX)
                forget_gone(t, slot, slot->gone.first);
}

/* The key no longer holds it; returns whether sites may differ. */
static bool retire(Table *t, Slot *slot, uint64_t now) {
        Record *r = take_current(t, slot);
        bool differs = r->entry.registration;

        if (differs && t->policy.linger_usec > 0)
                add_gone(t, slot, r, now);
        else
                record_free(r);
        return differs;
}

/* It is not there, and nobody says that it is gone; returns whether sites may differ. */
static bool miss(Table *t, Slot *slot, uint64_t now) {
        if (!slot->current->entry.registration || t->policy.hold_max_usec == 0)
                return retire(t, slot, now);
        if (slot->current->entry.state == ENTRY_MISSING)
                return false;
        set_current(t, slot, take_current(t, slot), ENTRY_MISSING, now);
        return true;
}

static bool revive(Table *t, Slot *slot) {
        if (slot->current->entry.state == ENTRY_LIVE)
                return false;
        set_current(t, slot, take_current(t, slot), ENTRY_LIVE, 0);
        return true;
}

/* ---- keys ---- */

static Slot *slot_find(const Table *t, const char *key) {
        Slot *slot = NULL;

        HASH_FIND_STR(t->slots, key, slot);
        return slot;
}

/* Frees the slot where nothing is left in it. */
static void slot_release(Table *t, Slot *slot) {
        if (slot->current || slot->gone.first)
                return;
        HASH_DEL(t->slots, slot);
        free(slot->key);
        free(slot);
}

/* And the slot with it, where it was the last one in it. */
static void drop_gone(Table *t, Record *r) {
        Slot *slot = r->slot;

        forget_gone(t, slot, r);
        slot_release(t, slot);
}

/* The slot of the key, perhaps a new one. */
static Slot *slot_get(Table *t, const char *key) {
        Slot *slot = slot_find(t, key);

        if (slot)
                return slot;
        slot = new0(Slot);
        slot->key = xstrdup(key);
        HASH_ADD_KEYPTR(hh, t->slots, slot->key, strlen(slot->key), slot);
        return slot;
}

/* ---- room ---- */

/* What is there to stay: what is gone makes room. */
static TableSize staying(const Table *t) {
        TableSize size = t->lists[ENTRY_LIVE].size;

        table_size_add(&size, t->lists[ENTRY_MISSING].size);
        return size;
}

TableSize table_room(const Table *t) {
        TableSize size = staying(t), max = t->policy.max;

        return (TableSize){ max.entries - size.entries, max.routes - size.routes, max.bytes - size.bytes };
}

/* Whether the record can take the place of the slot's current one. */
static bool has_room(Table *t, const Slot *slot, const Record *r) {
        TableSize size = staying(t);

        if (slot->current)
                table_size_subtract(&size, record_size(slot->current));
        table_size_add(&size, record_size(r));
        if (table_size_fits(size, t->policy.max))
                return true;
        t->refusals++;
        return false;
}

static void make_room(Table *t) {
        TableSize size = staying(t);

        table_size_add(&size, t->lists[ENTRY_GONE].size);
        while (t->lists[ENTRY_GONE].first && !table_size_fits(size, t->policy.max)) {
                table_size_subtract(&size, record_size(t->lists[ENTRY_GONE].first));
                drop_gone(t, t->lists[ENTRY_GONE].first);
        }
}

uint64_t table_refusals(const Table *t) {
        return t->refusals;
}

size_t table_left_out(const Table *t) {
        return t->left_out;
}

void table_set_left_out(Table *t, size_t count, const char *key) {
        bool is_news = count > 0 && t->left_out == 0;

        t->left_out = count;
        if (!is_news)
                return;
        _cleanup_free_ char *reason =
                xasprintf("there is no room for it, nor for %zu others: no more than %zu registrations, %zu routes "
                          "and %zu bytes "
                          "are kept; those that are known stay, of new ones the first by name are taken",
                          count - 1, t->policy.max.entries, t->policy.max.routes, t->policy.max.bytes);
        t->problem(t->userdata, key, NULL, reason);
}

/* ---- readings ---- */

/* NULL where nothing of it can be read. What is left out is told, and added to `problems`. */
static Registration *decode(const Table *t, const char *key, const char *value, size_t size, EntryProblems *problems) {
        return table_value_decode(key, value, size, problems, t->problem, t->userdata);
}

/* They, too, have to fit. */
static void keep_refused(Table *t, Record *r, EntryProblems *problems) {
        RecordList *list = &t->lists[r->entry.state];

        table_size_subtract(&list->size, record_size(r));
        entry_problems_replace(&r->entry.refused, problems);
        table_size_add(&list->size, record_size(r));
        if (table_size_fits(staying(t), t->policy.max))
                return;
        table_size_subtract(&list->size, record_size(r));
        entry_problems_done(&r->entry.refused);
        table_size_add(&list->size, record_size(r));
}

/* For a key of which nothing is there yet. */
static void take_unreadable(Table *t, Slot *slot) {
        Record *r = record_new(slot, slot->key, "", 0, NULL);

        if (has_room(t, slot, r))
                set_current(t, slot, r, ENTRY_LIVE, 0);
        else
                record_free(r);
}

/* Keeps the last good registration for as long as what is missing is kept. */
static bool refuse_value(Table *t, Slot *slot, uint64_t print, EntryProblems *problems, uint64_t now) {
        bool changed = false, again = slot->refused == print;

        slot->refused = print;
        if (slot->current && slot->current->entry.registration)
                changed = miss(t, slot, now);
        if (!slot->current)
                take_unreadable(t, slot);
        if (!again && slot->current)
                keep_refused(t, slot->current, problems);
        return changed;
}

/* The key no longer holds what could not be read. */
static void end_refusal(Table *t, Slot *slot) {
        EntryProblems none = { 0 };

        slot->refused = 0;
        keep_refused(t, slot->current, &none);
}

/* Owns the record. */
static bool take_registration(Table *t, Slot *slot, Record *r, uint64_t now) {
        if (!has_room(t, slot, r)) {
                record_free(r);
                return slot->current && revive(t, slot);
        }
        slot->refused = 0;
        if (slot->current)
                (void)retire(t, slot, now);
        set_current(t, slot, r, ENTRY_LIVE, 0);
        return true;
}

static bool take_value(Table *t, Slot *slot, const char *value, size_t size, uint64_t now) {
        _cleanup_(entry_problems_done) EntryProblems problems = { 0 };

        if (slot->current && record_has_value(slot->current, value, size)) {
                end_refusal(t, slot);
                return revive(t, slot);
        }
        uint64_t print = table_value_fingerprint(value, size);
        Registration *registration = slot->refused == print ? NULL : decode(t, slot->key, value, size, &problems);
        if (!registration)
                return refuse_value(t, slot, print, &problems, now);
        Record *r = record_new(slot, slot->key, value, size, registration);
        entry_problems_replace(&r->entry.problems, &problems);
        return take_registration(t, slot, r, now);
}

bool table_present(Table *t, const char *key, const char *value, size_t size, uint64_t deadline_usec,
                   uint64_t now_realtime_usec) {
        Slot *slot = slot_get(t, key);
        bool changed = take_value(t, slot, value, size, now_realtime_usec);

        if (slot->current)
                slot->current->entry.deadline_usec = deadline_usec;
        else
                slot_release(t, slot);
        make_room(t); /* which may end the slot, too */
        return changed;
}

bool table_absent(Table *t, const char *key, bool on_purpose, uint64_t now_realtime_usec) {
        Slot *slot = slot_find(t, key);

        if (!slot || !slot->current)
                return false;
        end_refusal(t, slot);
        bool changed = on_purpose ? retire(t, slot, now_realtime_usec) : miss(t, slot, now_realtime_usec);
        slot_release(t, slot);
        return changed;
}

void table_restore(Table *t, const char *key, const char *value, size_t size, EntryState state, uint64_t since_usec) {
        Slot *slot = slot_get(t, key);
        bool wanted = state == ENTRY_GONE ? slot->gone.count < TABLE_GONE_PER_KEY_MAX : !slot->current;
        _cleanup_(entry_problems_done) EntryProblems problems = { 0 };
        Registration *registration = wanted ? decode(t, key, value, size, &problems) : NULL;
        Record *r = registration ? record_new(slot, slot->key, value, size, registration) : NULL;
        if (r)
                entry_problems_replace(&r->entry.problems, &problems);
        if (r && state == ENTRY_GONE)
                add_gone(t, slot, r, since_usec);
        else if (r && has_room(t, slot, r))
                set_current(t, slot, r, state, since_usec);
        else if (r)
                record_free(r);
        slot_release(t, slot);
        make_room(t);
}

/* ---- time ---- */

static uint64_t expiry(const Record *r, uint64_t after) {
        uint64_t end;

        return !r || __builtin_add_overflow(r->entry.since_usec, after, &end) ? UINT64_MAX : end;
}

uint64_t table_next_expiry(const Table *t) {
        uint64_t hold_ends = expiry(t->lists[ENTRY_MISSING].first, t->policy.hold_max_usec);
        uint64_t linger_ends = expiry(t->lists[ENTRY_GONE].first, t->policy.linger_usec);

        return hold_ends < linger_ends ? hold_ends : linger_ends;
}

bool table_expire(Table *t, uint64_t now_realtime_usec) {
        bool changed = false;
        Record *r, *next;

        record_list_clamp(&t->lists[ENTRY_MISSING], now_realtime_usec);
        record_list_clamp(&t->lists[ENTRY_GONE], now_realtime_usec);
        for (r = t->lists[ENTRY_MISSING].first; r && expiry(r, t->policy.hold_max_usec) <= now_realtime_usec;
             r = next) {
                Slot *slot = r->slot;
                next = r->links[LINK_STATE].after;
                (void)retire(t, slot, now_realtime_usec);
                slot_release(t, slot);
                changed = true;
        }
        for (r = t->lists[ENTRY_GONE].first; r && expiry(r, t->policy.linger_usec) <= now_realtime_usec; r = next) {
                next = r->links[LINK_STATE].after;
                drop_gone(t, r);
                changed = true;
        }
        return changed;
}

/* ---- looking ---- */

const Entry *table_find(const Table *t, const char *key) {
        const Slot *slot = slot_find(t, key);

        return slot && slot->current ? &slot->current->entry : NULL;
}

int entry_compare(const Entry *a, const Entry *b) {
        int r = a->key == b->key ? 0 : strcmp(a->key, b->key);

        if (r != 0)
                return r;
        if (a->state != b->state)
                return a->state < b->state ? -1 : 1;
        if (a->since_usec != b->since_usec)
                return a->since_usec < b->since_usec ? -1 : 1;
        return strcmp(a->value, b->value);
}

static int compare_entries(const void *a, const void *b) {
        return entry_compare(*(const Entry *const *)a, *(const Entry *const *)b);
}

static void snapshot_take(Snapshot *s, const Table *t) {
        const Record *r;

        s->entries = xrealloc(s->entries, total(t), sizeof *s->entries);
        s->count = 0;
        for (int state = 0; state < _ENTRY_STATE_COUNT; state++)
                for (r = t->lists[state].first; r; r = r->links[LINK_STATE].after)
                        s->entries[s->count++] = &r->entry;
        if (s->count > 1)
                qsort(s->entries, s->count, sizeof *s->entries, compare_entries);
        s->valid = true;
}

const Entry *const *table_entries(const Table *t, size_t *ret_count) {
        if (!t->snapshot->valid)
                snapshot_take(t->snapshot, t);
        *ret_count = t->snapshot->count;
        return t->snapshot->entries;
}

size_t table_count(const Table *t, EntryState state) {
        return t->lists[state].count;
}

const Entry *table_next(const Table *t, EntryState state, const Entry *after) {
        const Record *r = after ? ((const Record *)after)->links[LINK_STATE].after : t->lists[state].first;

        return r ? &r->entry : NULL;
}

static void slot_clear(Table *t, Slot *slot) {
        if (slot->current)
                record_free(take_current(t, slot));
        for (Record *r = slot->gone.first, *next; r; r = next) {
                next = r->links[LINK_KEY].after;
                forget_gone(t, slot, r);
        }
}

void table_clear(Table *t) {
        Slot *slot = NULL, *next = NULL;

        HASH_ITER (hh, t->slots, slot, next) {
                slot_clear(t, slot);
                slot_release(t, slot);
        }
}

Table *table_free(Table *t) {
        if (!t)
                return NULL;
        table_clear(t);
        free(t->snapshot->entries);
        free(t->snapshot);
        free(t);
        return NULL;
}
