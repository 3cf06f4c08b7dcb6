/* Says in the log what changes from one set of sites to the next: what comes, goes, is held, comes back, is set aside,
 * disagrees. */
#pragma once

#include "consumer/sites.h"

/* `before` may be NULL: then everything is new. */
void site_log_changes(const Sites *before, const Sites *after);
