/* How the certificates stand, for people and their tools. Pure. */
#pragma once

#include "common/metrics.h"
#include "common/text.h"
#include "consumer/certs/issuance.h"
#include "consumer/certs/roster.h"

#include <stdint.h>

/* One phrase for the status line, owned by the caller: how many are there, and the one that is nearest to its end
 * while it cannot be renewed. */
char *report_state(const Roster *r, IssuanceCounts n, int64_t now);
/* Appends what would be done about a certificate that is wanted, one line without its end. */
void report_plan(const Managed *m, int64_t now, Text *t);
/* Adds a line for each certificate that is wanted for the domain, or set aside. The roster is settled. */
void report_domain(const Roster *r, const char *domain, int64_t now, StringList *lines);
void report_measure(const Roster *r, IssuanceCounts n, int64_t now, Metrics *m);
