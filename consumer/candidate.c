/* Candidates: in an order that does not depend on the order of arrival. Pure. */
#include "consumer/candidate.h"

#include "beachhead/keyspace.h"

#include <stdlib.h>
#include <string.h>

static const char *instance_of(const Entry *e) {
        const char *slash = strrchr(e->key, '/');

        return slash ? slash + 1 : e->key;
}

static int compare_numbers(uint64_t a, uint64_t b) {
        return (a > b) - (a < b);
}

static int compare_candidates(const void *a, const void *b) {
        const Candidate *x = a, *y = b;
        int r = strcmp(x->name, y->name);

        if (r == 0)
                r = x->rank - y->rank;
        /* Unknown is -1, and so the highest without a sign: it sorts last. */
        if (r == 0)
                r = compare_numbers((uint64_t)x->entry->registration->created,
                                    (uint64_t)y->entry->registration->created);
        if (r == 0 && x->entry != y->entry)
                r = strcmp(instance_of(x->entry), instance_of(y->entry));
        return r != 0 ? r : compare_numbers(x->sequence, y->sequence);
}

void candidates_add(Candidates *c, const char *name, int rank, const Entry *entry, const Route *route) {
        array_grow(c->items, c->count);
        c->items[c->count] = (Candidate){ name, rank, entry, route, c->count };
        c->count++;
}

void candidates_sort(Candidates *c) {
        if (c->count > 1)
                qsort(c->items, c->count, sizeof *c->items, compare_candidates);
}

void candidates_done(Candidates *c) {
        free(c->items);
        *c = (Candidates){ 0 };
}

size_t candidates_run(const Candidates *c, size_t first) {
        size_t end = first + 1;

        while (end < c->count && strcmp(c->items[end].name, c->items[first].name) == 0)
                end++;
        return end - first;
}

char *candidate_publisher(const Candidate *c) {
        const char *instance = instance_of(c->entry);

        return printable(instance, strlen(instance), KEYSPACE_INSTANCE_MAX);
}

void candidates_publishers(const Candidate *items, size_t count, StringList *ret) {
        size_t kept = 0;

        for (size_t i = 0; i < count; i++)
                if (i == 0 || items[i].entry != items[i - 1].entry)
                        string_list_take(ret, candidate_publisher(&items[i]));
        string_list_sort(ret);
        for (size_t i = 0; i < ret->count; i++)
                if (kept > 0 && strcmp(ret->items[i], ret->items[kept - 1]) == 0)
                        free(ret->items[i]);
                else
                        ret->items[kept++] = ret->items[i];
        ret->count = kept;
}
