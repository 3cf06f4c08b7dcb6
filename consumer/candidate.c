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

int candidate_compare(const void *a, const void *b) {
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
        if (r == 0 && x->entry != y->entry)
                r = entry_compare(x->entry, y->entry);
        return r != 0 ? r : (x->route > y->route) - (x->route < y->route);
}

static int compare_by_path(const void *a, const void *b) {
        const Candidate *x = a, *y = b;
        int r = strcmp(x->path, y->path);

        return r != 0 ? r : candidate_compare(x, y);
}

void candidates_sort_by_path(Candidate *items, size_t count) {
        qsort(items, count, sizeof *items, compare_by_path);
}

static int compare_keys(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t candidates_drop_superseded(Candidate *items, size_t count) {
        size_t n_there = 0;

        while (n_there < count && items[n_there].entry->state != ENTRY_GONE)
                n_there++;
        if (n_there == 0 || n_there == count)
                return count;
        _cleanup_free_ const char **keys = xcalloc(n_there, sizeof(const char *));
        for (size_t i = 0; i < n_there; i++)
                keys[i] = items[i].entry->key;
        qsort(keys, n_there, sizeof *keys, compare_keys);
        size_t kept = n_there;
        for (size_t i = n_there; i < count; i++)
                if (!bsearch(&items[i].entry->key, keys, n_there, sizeof *keys, compare_keys))
                        items[kept++] = items[i];
        return kept;
}

Candidate candidate_of(const char *name, int rank, const Entry *entry, const Route *route) {
        return (Candidate){ name, rank, entry, route, route->path ? route->path : "/" };
}

void candidates_sort(Candidate *items, size_t count) {
        if (count > 1)
                qsort(items, count, sizeof *items, candidate_compare);
}

size_t candidates_path_run(const Candidate *items, size_t count) {
        size_t n = 1;

        while (n < count && strcmp(items[n].path, items[0].path) == 0)
                n++;
        return n;
}

char *candidate_publisher(const Candidate *c) {
        const char *instance = instance_of(c->entry);

        return printable(instance, strlen(instance), KEYSPACE_INSTANCE_MAX);
}

void candidates_add_publishers(const Candidate *items, size_t count, StringList *publishers) {
        for (size_t i = 0; i < count; i++)
                if (i == 0 || items[i].entry != items[i - 1].entry)
                        string_list_take(publishers, candidate_publisher(&items[i]));
}

void publishers_settle(StringList *publishers) {
        size_t kept = 0;

        string_list_sort(publishers);
        for (size_t i = 0; i < publishers->count; i++)
                if (kept > 0 && strcmp(publishers->items[i], publishers->items[kept - 1]) == 0)
                        free(publishers->items[i]);
                else
                        publishers->items[kept++] = publishers->items[i];
        publishers->count = kept;
}
