/* The leases behind each path of each site, found by domain and path. Pure. */
#include "consumer/leases.h"

#include <stdlib.h>
#include <string.h>

struct Leases {
        Lease *items; /* in the order of (domain, path) */
        size_t count;
};

static int compare(const void *a, const void *b) {
        const Lease *x = a, *y = b;
        int r = strcmp(x->domain, y->domain);

        return r != 0 ? r : strcmp(x->path, y->path);
}

static void add(Leases *l, const Entry *e, const Route *route) {
        Lease lease = { .domain = route->domain, .path = route->path ? route->path : "/" };

        lease.count[e->state] = 1;
        lease.since_usec[e->state] = e->since_usec;
        lease.deadline_usec = e->state == ENTRY_LIVE ? e->deadline_usec : UINT64_MAX;
        array_grow(l->items, l->count);
        l->items[l->count++] = lease;
}

static void merge(Lease *into, const Lease *from) {
        for (EntryState state = 0; state < _ENTRY_STATE_COUNT; state++) {
                into->count[state] += from->count[state];
                if (from->since_usec[state] > into->since_usec[state])
                        into->since_usec[state] = from->since_usec[state];
        }
        if (from->deadline_usec < into->deadline_usec)
                into->deadline_usec = from->deadline_usec;
}

/* One for each domain and path. */
static void settle(Leases *l) {
        size_t kept = 0;

        if (l->count > 1)
                qsort(l->items, l->count, sizeof *l->items, compare);
        for (size_t i = 0; i < l->count; i++)
                if (kept > 0 && compare(&l->items[kept - 1], &l->items[i]) == 0)
                        merge(&l->items[kept - 1], &l->items[i]);
                else
                        l->items[kept++] = l->items[i];
        l->count = kept;
}

Leases *leases_new(const Table *t) {
        Leases *l = new0(Leases);
        size_t count;
        const Entry *const *entries = table_entries(t, &count);

        for (size_t i = 0; i < count; i++) {
                const Registration *r = entries[i]->registration;
                for (size_t k = 0; r && k < r->n_routes; k++)
                        if (!r->routes[k].unknown && !(r->routes[k].requirements & REQUIRES_CERTIFICATE_ONLY))
                                add(l, entries[i], &r->routes[k]);
        }
        settle(l);
        return l;
}

const Lease *leases_find(const Leases *l, const char *domain, const char *path) {
        Lease wanted = { .domain = domain, .path = path };

        return l->count > 0 ? bsearch(&wanted, l->items, l->count, sizeof *l->items, compare) : NULL;
}

Leases *leases_free(Leases *l) {
        if (!l)
                return NULL;
        free(l->items);
        free(l);
        return NULL;
}
