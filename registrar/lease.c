/* What the publisher knows of each instance. Pure. */
#include "registrar/lease.h"

#include "common/text.h"

#include <string.h>

Lease *lease_get(Lease **leases, const char *instance, const char *key) {
        Lease *l;

        HASH_FIND_STR(*leases, instance, l);
        if (!l) {
                l = new0(Lease);
                l->instance = xstrdup(instance);
                l->key = xstrdup(key);
                HASH_ADD_KEYPTR(hh, *leases, l->instance, strlen(l->instance), l);
        }
        return l;
}

static void lease_free(Lease **leases, Lease *l) {
        HASH_DEL(*leases, l);
        free(l->instance);
        free(l->key);
        free(l->wanted);
        free(l->written);
        free(l);
}

void leases_free(Lease **leases) {
        Lease *l, *next;

        HASH_ITER (hh, *leases, l, next)
                lease_free(leases, l);
}

static bool is_due(const Lease *l, bool refresh) {
        if (l->keep || (l->foreign && !refresh))
                return false;
        return ((refresh || l->stale) && l->wanted) || !streq_or_null(l->wanted, l->written);
}

LeaseChanges lease_changes(Lease *leases, bool refresh) {
        LeaseChanges c = { 0 };
        Lease *l, *next;

        HASH_ITER (hh, leases, l, next) {
                if (!is_due(l, refresh))
                        continue;
                array_grow(c.items, c.count);
                c.items[c.count++] = (LeaseChange){
                        .instance = xstrdup(l->instance),
                        .key = xstrdup(l->key),
                        .value = l->wanted ? xstrdup(l->wanted) : NULL,
                        .news = !streq_or_null(l->wanted, l->written),
                };
        }
        return c;
}

void lease_changes_done(LeaseChanges *c) {
        for (size_t i = 0; i < c->count; i++) {
                free(c->items[i].instance);
                free(c->items[i].key);
                free(c->items[i].value);
        }
        free(c->items);
        *c = (LeaseChanges){ 0 };
}

void leases_note_event(Lease *leases, uint64_t event_usec) {
        for (Lease *l = leases; l; l = l->hh.next) {
                if (streq_or_null(l->wanted, l->written))
                        l->event_usec = 0;
                else if (l->changed && l->event_usec == 0)
                        l->event_usec = event_usec;
        }
}

/* What was written is what is wanted, unless that has changed meanwhile. */
static void settle(Lease *l, const LeaseChange *done, uint64_t now_usec, Histogram *times) {
        l->stale = l->stale && !l->wanted;
        if (!streq_or_null(l->written, done->value))
                REPLACE_PTR(l->written, done->value ? xstrdup(done->value) : NULL);
        if (l->event_usec == 0 || !streq_or_null(l->written, l->wanted))
                return;
        histogram_observe(times, (double)(now_usec - l->event_usec) / 1e6);
        l->event_usec = 0;
}

void leases_settle(Lease **leases, const LeaseChanges *done, uint64_t now_usec, Histogram *times) {
        Lease *l, *next;

        for (size_t i = 0; i < done->count; i++) {
                HASH_FIND_STR(*leases, done->items[i].instance, l);
                if (l && done->items[i].withheld)
                        l->event_usec = 0;
                else if (l)
                        settle(l, &done->items[i], now_usec, times);
        }
        HASH_ITER (hh, *leases, l, next)
                if (!l->wanted && !l->written && !l->keep)
                        lease_free(leases, l);
}

bool leases_are_settled(const Lease *leases) {
        for (const Lease *l = leases; l; l = l->hh.next)
                if (is_due(l, false))
                        return false;
        return true;
}

size_t leases_count_published(const Lease *leases) {
        size_t count = 0;

        for (const Lease *l = leases; l; l = l->hh.next)
                count += l->written && streq_or_null(l->written, l->wanted);
        return count;
}

static int compare_instances(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

char **leases_listed(const Lease *leases, size_t *ret_count) {
        char **instances = xcalloc(HASH_COUNT(leases), sizeof *instances);
        size_t count = 0;

        for (const Lease *l = leases; l; l = l->hh.next)
                if ((l->wanted && !l->foreign) || l->keep)
                        instances[count++] = l->instance;
        if (count > 1)
                qsort(instances, count, sizeof *instances, compare_instances);
        *ret_count = count;
        return instances;
}
