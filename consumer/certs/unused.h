/* Certificates in the store that nobody asks for: said now and then, removed by a command alone. */
#pragma once

#include "consumer/certs/roster.h"

#include <stddef.h>

/* Says which there are, in one line of the log. The roster is settled. */
void unused_report(const Roster *r);
/* Removes them, each with a line on standard output. Returns the exit status. */
int unused_remove(const Roster *r);
