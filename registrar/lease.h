/* What the publisher knows of each instance: what should be in Redis, what was written there. Pure. */
#pragma once

#include "beachhead/histogram.h"
#include "common/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

typedef struct Lease {
        char *instance;
        char *key;
        char *wanted;        /* the value that should be there; NULL: it should not */
        char *written;       /* the value that was written or found there last; NULL: none of ours */
        bool keep;           /* exists, but could not be read now: leave it alone */
        bool stale;          /* was not refreshed for a while: to be written again, though nothing differs */
        bool foreign;        /* without --node: the key belongs to another machine */
        bool named;          /* in the list that is being committed */
        bool changed;        /* by that list */
        uint64_t event_usec; /* of the event that `wanted` follows from, until it is there (monotonic); 0: from none */
        UT_hash_handle hh;
} Lease;

/* What a transaction does to a lease. */
typedef struct LeaseChange {
        char *instance;
        char *key;
        char *value;   /* to be written; NULL: to be deleted */
        bool news;     /* differs from what was written: worth a hint */
        bool withheld; /* the key turned out to be another machine's */
} LeaseChange;

typedef struct LeaseChanges {
        LeaseChange *items;
        size_t count;
} LeaseChanges;

Lease *lease_get(Lease **leases, const char *instance, const char *key);
void leases_free(Lease **leases);

/* What has to be written and deleted; with `refresh` every wanted value is written again, and foreign keys are tried
 * again. */
LeaseChanges lease_changes(Lease *leases, bool refresh);
void lease_changes_done(LeaseChanges *c);
/* What the list has changed follows from an event that came then (monotonic); 0: from none. */
void leases_note_event(Lease *leases, uint64_t event_usec);
/* After the transaction: remembers what is written, forgets what is neither wanted nor there. How long it took from
 * event to here is added to `times`. */
void leases_settle(Lease **leases, const LeaseChanges *done, uint64_t now_usec, Histogram *times);
bool leases_are_settled(const Lease *leases);
size_t leases_count_published(const Lease *leases);
/* The instances that are there once all is written, sorted. The caller owns the array, not what is in it. */
char **leases_listed(const Lease *leases, size_t *ret_count);
