/* How long changes are gathered before nginx is told: longer while workers of before are still there, which long
 * connections (websockets) hold, so that they do not pile up until memory is gone. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
        RELOAD_PACE_GENERATIONS = 3,               /* that may be ending beside the one that serves */
        RELOAD_PACE_STEP_MSEC = 250,               /* what is doubled where the interval is shorter */
        RELOAD_PACE_LIMIT_USEC = 60 * 1000 * 1000, /* the longest window, but for a longer interval */
};

/* nginx's worker processes: those that serve, those that end as soon as their last connection does. */
typedef struct NginxWorkers {
        size_t serving, ending;
} NginxWorkers;

/* The window from one reload to the next: the interval while few are ending, twice as long for each generation more.
 */
uint64_t reload_pace(uint64_t interval_usec, NginxWorkers workers);
