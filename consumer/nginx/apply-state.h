/* The inside of an Apply: the change under way, and what came of those before. For apply.c and apply-report.c alone.
 */
#pragma once

#include "common/backoff.h"
#include "consumer/nginx/apply.h"
#include "consumer/nginx/disk-watch.h"
#include "consumer/nginx/gathering.h"
#include "consumer/nginx/hunt.h"
#include "consumer/nginx/set-aside.h"
#include "consumer/nginx/trial.h"
#include "consumer/nginx/vhosts.h"

typedef enum ApplyPhase {
        APPLY_IDLE,
        APPLY_GATHERING, /* `timer` ends it */
        APPLY_TRYING,
        APPLY_HUNTING,
        APPLY_WAITING, /* for nginx to start; `timer` looks */
        APPLY_FAILED,  /* `timer` tries again */
} ApplyPhase;

struct Apply {
        TrialGround ground;
        NginxPolicy *policy;
        void (*settled)(void *userdata);
        void *userdata;

        const Sites *sites;         /* borrowed, what was given last; NULL: nothing yet */
        Certificates *certificates; /* borrowed, as the notes */
        SiteNotes *notes;
        RefusedSites *refused;
        DiskWatch *watch;

        ApplyPhase phase, settled_phase; /* now, and after the last change */
        OutputState state;
        sd_event_source *timer; /* of the phase */
        sd_event_source *retry; /* of what is set aside */
        sd_event_source *again, *settle;
        uint64_t pending_usec; /* since when something may differ from what the change began with; 0: nothing does */
        bool files_are_due;    /* some that were there are missing: APPLY_GATHERING waits for them */

        bool disk_is_due;     /* the next look is at the disk as well, as a whole */
        uint64_t looked_usec; /* when it was looked at last */

        /* the change under way */
        Vhosts *vhosts;       /* without what is set aside; stays until the next look */
        Rendering *rendering; /* of them */
        StringList left_out;  /* by what the operator does not allow */
        Trial *trial;
        Hunt *hunt;
        uint64_t wanted_usec; /* when the first of what it is about came up; 0: it is nothing but a question */
        uint64_t began_usec;
        bool ground_is_good; /* nginx accepts what is not a site's */

        /* what came of the ones before */
        Fingerprints *confirmed;                /* of what nginx last took over; NULL: not known */
        char confirmed_generation[DIGEST_SIZE]; /* "": not known */
        char failed_generation[DIGEST_SIZE];    /* what APPLY_FAILED is about */
        char *failure;                          /* in words; NULL: none since the last success */
        uint64_t doubted_usec;                  /* since when all is looked at once more; 0: it is not */
        Gathering gathering;
        NginxFigures figures;
        size_t n_live;
        Backoff backoff;
};

static inline const char *plural(size_t n) {
        return n == 1 ? "" : "s";
}
