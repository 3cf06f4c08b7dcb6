/* --explain=DOMAIN: from registration to configuration, in words. */
#pragma once

#include "common/text.h"
#include "consumer/sites.h"
#include "consumer/table.h"

/* Adds who publishes the domain, what was decided and what stands in the way, as far as table and sites know.
 * `now_realtime_usec` and `now_monotonic_usec` are the clocks of the table's stamps and deadlines. Pure. */
void explain_domain(const Table *table, const Sites *sites, const char *domain, uint64_t now_realtime_usec,
                    uint64_t now_monotonic_usec, StringList *lines);
