/* When nginx may be told of the next change: the first one after a quiet time at once, those that follow together;
 * later where they keep coming, and all the later, the more of its workers are still shutting down. */
#pragma once

#include "consumer/nginx/policy.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Gathering {
        const NginxPolicy *policy; /* borrowed */
        uint64_t reloaded_usec;    /* when the change that nginx was reloaded for began (monotonic); 0: it was not */
        bool in_a_run;             /* that change followed closely on the one before */
        uint64_t paced_usec;       /* the window while lingering workers make it longer; else 0 */
} Gathering;

enum {
        GATHERING_RUN_FACTOR = 4,          /* how many times longer the window is in a run of changes */
        GATHERING_LOOK_USEC = 1000 * 1000, /* so often a long window is looked at again: workers end meanwhile */
};

/* nginx was reloaded for a change that began then (monotonic). */
void gathering_note_reload(Gathering *g, uint64_t began_usec);

/* How long it is until the window has passed, or is to be looked at again; 0: changes may go. Counts nginx's workers,
 * and logs when the window becomes longer for their sake, and when it no longer is. */
uint64_t gathering_left(Gathering *g, uint64_t now_usec);
