/* Whether names answer HTTP-01 through the own edge, before a CA is asked. By libcurl. */
#pragma once

#include "common/memory.h"
#include "common/text.h"

#include <stdint.h>
#include <systemd/sd-event.h>

enum {
        SELF_CHECK_SECONDS = 5, /* for one name */
        SELF_CHECKS_AT_ONCE = 16,
        SELF_CHECK_ANSWER_MAX = 16 * 1024, /* bytes, with the headers */
};

/* All borrowed during self_check_start(). */
typedef struct SelfCheckCall {
        const char *url;         /* the own edge: "http://127.0.0.1:80" */
        const StringList *names; /* domains in their one form */
        const char *thumbprint;
        uint64_t limit_msec; /* for one name; 0: as above */
} SelfCheckCall;

typedef struct SelfCheck SelfCheck;

/* `unreachable` holds the names that did not answer as they should, `reason` (one printable line, NULL where all did)
 * what became of the first of them; both borrowed. It frees itself after the call. */
typedef void SelfCheckDoneFunc(void *userdata, const StringList *unreachable, const char *reason);

/* Asks for a challenge of our own making under each of the names, and wants its token with the thumbprint behind it.
 * Returns 0 or -errno; `done` is called from the loop, never from here. */
int self_check_start(SelfCheck **ret, sd_event *event, const SelfCheckCall *call, SelfCheckDoneFunc *done,
                     void *userdata);
/* Ends it without a call. */
SelfCheck *self_check_free(SelfCheck *c);
DEFINE_CLEANUP(SelfCheck *, self_check_free);
