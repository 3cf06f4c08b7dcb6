/* Who publishes what: the entries of the table by domain and path. Pure. */
#pragma once

#include "common/memory.h"
#include "consumer/table.h"

#include <stddef.h>

/* One route of an entry. */
typedef struct Publication {
        const char *domain, *path; /* borrowed from the table, as the entry */
        const Entry *entry;
} Publication;

typedef struct Publishers {
        Publication *items; /* in the order of domain, path, key */
        size_t count;
} Publishers;

/* Borrows the table until it is freed. */
Publishers *publishers_new(const Table *t);
/* Those of one path; *ret_count may be 0. */
const Publication *publishers_of(const Publishers *p, const char *domain, const char *path, size_t *ret_count);
Publishers *publishers_free(Publishers *p);
DEFINE_CLEANUP(Publishers *, publishers_free);
