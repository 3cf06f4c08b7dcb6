/* What the consumer knows at one moment, for outputs that show more of it than the sites. */
#pragma once

#include "consumer/sites.h"
#include "consumer/table.h"

#include <stdint.h>

/* All borrowed, until the loop goes on. */
typedef struct View {
        const Sites *sites; /* NULL before the first reading */
        const Table *table;
        const char *redis;           /* where registrations are read, for people */
        const char *trouble;         /* why they cannot be read now, a phrase; NULL: they can be */
        uint64_t now_realtime_usec;  /* the clock of the table's stamps */
        uint64_t now_monotonic_usec; /* the clock of its deadlines */
} View;
