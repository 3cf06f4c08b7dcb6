/* Work that takes longer than a turn of the loop may: done by a thread, told to the loop. */
#pragma once

#include "common/memory.h"

#include <systemd/sd-event.h>

typedef struct Work Work;

/* Runs in a thread of its own, which takes no signals, and touches nothing but `data`. */
typedef void WorkFunc(void *data);
/* Called from the loop when the work is done; then the work frees itself. */
typedef void WorkDoneFunc(void *data, void *userdata);

/* `free_data` is called right after `done`; or, where the work was given up, when the thread has ended (in the thread,
 * unless that was earlier). Returns 0 or -errno: `data` is then still the caller's. */
int work_start(Work **ret, sd_event *event, WorkFunc *work, void *data, void (*free_data)(void *data),
               WorkDoneFunc *done, void *userdata);
/* Gives it up: no call, and nobody waits for the thread. Not from within `done`. */
Work *work_free(Work *w);
DEFINE_CLEANUP(Work *, work_free);
