/* Asks nginx which generation it serves, until it is the wanted one. */
#pragma once

#include "common/curl-event.h"
#include "common/memory.h"
#include "consumer/nginx/error-log.h"
#include "consumer/nginx/policy.h"

#include <stdint.h>
#include <systemd/sd-event.h>

typedef struct Confirm Confirm;

typedef enum ConfirmOutcome {
        CONFIRM_SAME,   /* nginx serves it */
        CONFIRM_OTHER,  /* it answers something else */
        CONFIRM_SILENT, /* nobody answered */
        CONFIRM_FAILED, /* the error log says that the reload failed: `words` */
} ConfirmOutcome;

/* `words` is borrowed, NULL where there are none. The confirmation frees itself after the call. */
typedef void ConfirmDoneFunc(void *userdata, ConfirmOutcome outcome, const char *words);

/* Asks at short intervals for `patience_usec`, until no worker of before answers; where that is 0, another answer than
 * the wanted one ends it at once. `log` (NULL: none) is borrowed. `done` is called from the loop. The policy must have
 * a URL. */
void confirm_start(Confirm **ret, sd_event *event, CurlEvent *curl, const NginxPolicy *policy, const char *generation,
                   uint64_t patience_usec, ErrorLog *log, ConfirmDoneFunc *done, void *userdata);
/* Ends it without a call. */
Confirm *confirm_free(Confirm *c);
DEFINE_CLEANUP(Confirm *, confirm_free);
