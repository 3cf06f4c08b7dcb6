/* The leases behind each path of each site: what is left of them, what is missing or has left since when. Sites do not
 * say it, because it changes without them. Pure. */
#pragma once

#include "common/memory.h"
#include "consumer/table.h"

#include <stddef.h>
#include <stdint.h>

/* Of the registrations that serve one path. */
typedef struct Lease {
        const char *domain, *path;               /* borrowed from the table */
        size_t count[_ENTRY_STATE_COUNT];        /* registrations in each state */
        uint64_t since_usec[_ENTRY_STATE_COUNT]; /* of those the last to come to it, missing or gone (realtime); else 0
                                                  */
        uint64_t deadline_usec; /* of the live ones the first (monotonic); UINT64_MAX: there is none */
} Lease;

typedef struct Leases Leases;

/* As the table is now; until it changes. */
Leases *leases_new(const Table *t);
/* NULL where nobody serves it. */
const Lease *leases_find(const Leases *l, const char *domain, const char *path);
Leases *leases_free(Leases *l);
DEFINE_CLEANUP(Leases *, leases_free);
