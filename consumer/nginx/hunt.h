/* The hunt for the site because of which nginx does not take a configuration.
 *
 * Refused by the check: first the same without any site is checked, and two that nobody asked for with the
 * operator's files that all share, since the fault may not be a site's; then the site that nginx names is taken,
 * or the first one with which a prefix of the sites is refused.
 *
 * Not taken over by the reload: nobody but nginx's master can tell, so that parts of the configuration are applied.
 * Suspects are the sites that listen on the port that could not be bound; else those that have changed since nginx
 * last took over. The others stay live. No site is suspected where it may as well be what all share. */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/fingerprint.h"
#include "consumer/nginx/trial.h"
#include "consumer/nginx/vhosts.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct Hunt Hunt;

typedef enum HuntOutcome {
        HUNT_FOUND,  /* it is the site at `index`, for those `words` of nginx's */
        HUNT_NOBODY, /* the fault is not a site's: `words` is a sentence */
        HUNT_FAILED, /* something could not be tried: `words` is a sentence */
        HUNT_WAITS,  /* nginx has gone meanwhile */
} HuntOutcome;

/* `words` is borrowed, NULL where nginx has gone. The hunt frees itself after the call. */
typedef void HuntDoneFunc(void *userdata, HuntOutcome outcome, size_t index, const char *words);

/* All borrowed until the end: the configuration that was refused or not confirmed; `confirmed` is what nginx last took
 * over, NULL where that is not known. */
typedef struct HuntCase {
        const Vhosts *vhosts;
        const Rendering *rendering;
        const Fingerprints *confirmed;
} HuntCase;

/* `words` is what `nginx -t` wrote; `ground_is_good`: what is not a site's was checked before. */
void hunt_refused(Hunt **ret, const TrialGround *ground, HuntCase of, const char *words, bool ground_is_good,
                  HuntDoneFunc *done, void *userdata);
/* `words` is the sentence of the trial. */
void hunt_unconfirmed(Hunt **ret, const TrialGround *ground, HuntCase of, const char *words, HuntDoneFunc *done,
                      void *userdata);
/* Ends it without a call. */
Hunt *hunt_free(Hunt *h);
DEFINE_CLEANUP(Hunt *, hunt_free);
