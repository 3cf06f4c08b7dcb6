/* nginx's own check of the staged candidate, through a private main configuration in which the candidate stands for
 * the live file. */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/policy.h"

#include <stddef.h>
#include <systemd/sd-event.h>

typedef struct Check Check;

typedef enum CheckOutcome {
        CHECK_ACCEPTED,
        CHECK_REFUSED, /* or it did not come to an end in time */
        CHECK_FAILED,  /* nginx could not be asked */
} CheckOutcome;

/* `words` is nginx's output where it refused, the reason of a failure otherwise; borrowed. The check frees itself
 * after the call. */
typedef void CheckDoneFunc(void *userdata, CheckOutcome outcome, const char *words);

/* `n_vhosts` is for the time limit. Returns 0, or -errno with a reason in *ret_reason (owned by the caller); `done` is
 * then not called. */
int check_start(Check **ret, sd_event *event, const NginxPolicy *policy, size_t n_vhosts, CheckDoneFunc *done,
                void *userdata, char **ret_reason);
/* Ends it without a call. */
Check *check_free(Check *c);
DEFINE_CLEANUP(Check *, check_free);
