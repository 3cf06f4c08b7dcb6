/* One configuration on its way to nginx:
 *
 *   candidate ──► check ──► swap ──► reload ──► confirm ──► CONFIRMED
 *                   │                  │           └──► restore, reload ──► UNCONFIRMED
 *                   └──► REFUSED       └──► WAITS: no nginx runs; what was checked stays in place
 */
#pragma once

#include "common/curl-event.h"
#include "common/memory.h"
#include "consumer/nginx/figures.h"
#include "consumer/nginx/live-file.h"
#include "consumer/nginx/policy.h"

#include <systemd/sd-event.h>

typedef struct Trial Trial;

typedef enum TrialOutcome {
        TRIAL_ACCEPTED,    /* the check alone was asked for */
        TRIAL_REFUSED,     /* by the check; the live file was not touched */
        TRIAL_CONFIRMED,   /* nginx serves it, or was told to where nobody is to ask */
        TRIAL_UNCONFIRMED, /* nginx did not take it over; the file from before is back, where there was one */
        TRIAL_WAITS,       /* it is in place and waits for nginx to start */
        TRIAL_FAILED,      /* it could not be tried */
} TrialOutcome;

/* `words` is nginx's output where it was REFUSED, a sentence where it was UNCONFIRMED or FAILED, else NULL; borrowed.
 * The trial frees itself after the call. */
typedef void TrialDoneFunc(void *userdata, TrialOutcome outcome, const char *words);

/* What all trials share; borrowed. */
typedef struct TrialGround {
        sd_event *event;
        CurlEvent *curl;
        const NginxPolicy *policy;
        LiveFile *live;
        NginxFigures *figures; /* what trials count in */
} TrialGround;

/* Removes what a process left that was killed at a trial. */
void trial_clear(const TrialGround *g);

/* All three start from the loop and call `done` from there; the rendering is borrowed until then. */

/* No further than the check. */
void trial_check(Trial **ret, const TrialGround *ground, const Rendering *rendering, TrialDoneFunc *done,
                 void *userdata);
/* All the way. Where it is live already, nginx is asked, and told and asked again only where it does not serve it. */
void trial_apply(Trial **ret, const TrialGround *ground, const Rendering *rendering, TrialDoneFunc *done,
                 void *userdata);
/* Only the last part, for what the live file holds: nginx is told, and FAILED is that it does not hear. */
void trial_confirm(Trial **ret, const TrialGround *ground, const char *generation, TrialDoneFunc *done,
                   void *userdata);
/* Ends it without a call; the live file holds what was checked, before or now. */
Trial *trial_free(Trial *t);
DEFINE_CLEANUP(Trial *, trial_free);
