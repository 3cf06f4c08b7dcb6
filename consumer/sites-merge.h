/* The routes of one domain into its site. Pure. */
#pragma once

#include "consumer/candidate.h"
#include "consumer/sites.h"

/* `items` are all routes of a domain in the order of candidates_sort(), ranked by the state of their entries; there is
 * at least one. Those of the first one's state decide on the site, and on each path those of its most alive state. */
void site_merge(Site *ret, const Candidate *items, size_t count);
void site_done(Site *site);
