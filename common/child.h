/* A child process with a time limit, its output kept: how nginx is checked. Needs SIGCHLD blocked. */
#pragma once

#include "common/memory.h"

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

enum { CHILD_OUTPUT_MAX = 64 * 1024 }; /* bytes of output that are kept, the first ones */

typedef struct Child Child;

/* How it ended: `status` is its exit status, or 128 + the signal that ended it; -ETIME: it was killed at its time
 * limit. `output` is what it wrote to standard output and error, borrowed. The child frees itself after the call. */
typedef void ChildDoneFunc(void *userdata, int status, const char *output);

typedef struct ChildCall {
        char *const *argv;        /* searched in our $PATH */
        char *const *environment; /* NULL: ours */
        const char *input;        /* on its standard input, all of it there from the start: whether and when it is read
                                   * is the child's own affair. NULL: /dev/null */
        uint64_t time_limit_usec;
} ChildCall;

/* Starts it in a process group of its own with signals reset; the whole group is killed at the time limit. Returns 0,
 * or -errno where it could not be started and `done` is not called. `done` is called from the loop, never from here;
 * *ret is valid until then. All of the call is borrowed until this returns. */
int child_start(Child **ret, sd_event *event, const ChildCall *call, ChildDoneFunc *done, void *userdata);
/* What to do about a negative return of child_start(), for the end of a log line. */
const char *child_advice(int error);
/* Kills it and its group if it still runs, without a call of `done`. */
Child *child_free(Child *c);
DEFINE_CLEANUP(Child *, child_free);
