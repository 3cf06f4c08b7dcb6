/* How many lines of one kind, and of one kind about one subject, the log takes within a window of time: so that nobody
 * outside can flood the journal, nor hide what there is to say about others. Pure. */
#pragma once

#include "common/memory.h"

#include <stdint.h>

enum {
        LOG_WINDOW_SECONDS = 60,
        LOG_KIND_LINES = 20000,  /* of one kind in a window */
        LOG_SUBJECT_LINES = 100, /* of these about one container, domain or key */
};

typedef enum LogPermit {
        LOG_PERMIT_WRITE,
        LOG_PERMIT_LAST, /* what follows of its kind in this window (about its subject) is left out */
        LOG_PERMIT_LEAVE_OUT,
} LogPermit;

typedef struct LogLimit LogLimit;

LogLimit *log_limit_new(void);
LogLimit *log_limit_free(LogLimit *l);
DEFINE_CLEANUP(LogLimit *, log_limit_free);

/* `kind`, a format, is told apart by its address. `subject` may be NULL. */
LogPermit log_limit_take(LogLimit *l, const char *kind, const char *subject, uint64_t now_usec);
/* A kind of which lines were left out in a window that is over by now; each is returned once, then NULL. */
const char *log_limit_left_out(LogLimit *l, uint64_t now_usec, uint64_t *ret_count);
