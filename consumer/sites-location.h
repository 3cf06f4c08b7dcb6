/* The routes of one path into its location. Pure. */
#pragma once

#include "consumer/contest.h"
#include "consumer/sites.h"

/* What is decided for the site as a whole before its paths are looked at. */
typedef struct SiteDecision {
        const SiteShape *shape;
        const Candidate *shape_decider;
} SiteDecision;

/* `contest` is that of the path. What is decided against somebody is added to `notes`. */
void location_merge(Location *ret, const SiteDecision *site, const Contest *contest, StringList *notes);
void location_done(Location *l);
