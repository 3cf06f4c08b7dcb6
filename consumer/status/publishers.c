/* Who publishes what. */
#include "consumer/status/publishers.h"

#include <string.h>

static int compare_places(const Publication *a, const Publication *b) {
        int r = strcmp(a->domain, b->domain);

        return r != 0 ? r : strcmp(a->path, b->path);
}

static int compare(const void *a, const void *b) {
        const Publication *x = a, *y = b;
        int r = compare_places(x, y);

        return r != 0 ? r : strcmp(x->entry->key, y->entry->key);
}

static void add_entry(Publishers *p, const Entry *e) {
        for (size_t i = 0; e->registration && i < e->registration->n_routes; i++) {
                const Route *r = &e->registration->routes[i];
                array_grow(p->items, p->count);
                p->items[p->count++] = (Publication){ r->domain, r->path ? r->path : "/", e };
        }
}

Publishers *publishers_new(const Table *t) {
        Publishers *p = new0(Publishers);
        size_t count;
        const Entry *const *entries = table_entries(t, &count);

        for (size_t i = 0; i < count; i++)
                add_entry(p, entries[i]);
        if (p->count > 1)
                qsort(p->items, p->count, sizeof *p->items, compare);
        return p;
}

const Publication *publishers_of(const Publishers *p, const char *domain, const char *path, size_t *ret_count) {
        const Publication wanted = { .domain = domain, .path = path };
        size_t first = 0, end = p->count;

        while (first < end) {
                size_t middle = first + (end - first) / 2;
                if (compare_places(&p->items[middle], &wanted) < 0)
                        first = middle + 1;
                else
                        end = middle;
        }
        while (end < p->count && compare_places(&p->items[end], &wanted) == 0)
                end++;
        *ret_count = end - first;
        return p->count > 0 ? &p->items[first] : NULL;
}

Publishers *publishers_free(Publishers *p) {
        if (!p)
                return NULL;
        free(p->items);
        free(p);
        return NULL;
}
