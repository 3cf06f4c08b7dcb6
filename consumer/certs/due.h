/* What is to be begun now, in which order, and how much of it at once. Does no I/O. */
#pragma once

#include "consumer/certs/roster.h"
#include "consumer/certs/timing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Due {
        Managed *managed;
        CertificateStep step;
} Due;

/* What may be begun now, in an array that the caller owns: first what has no certificate, then what was not tried in
 * vain, then what has been due longest. *next becomes earlier where something may be begun before it. */
Due *due_find(const Roster *r, const Budget *budget, const Enrolment *enrolment, bool may_issue, int64_t now,
              int64_t *next, size_t *ret_count);

/* Orders that may run side by side. Those for what was tried in vain may take half of the places, so that what is new
 * never waits for what hangs. */
typedef struct DuePlaces {
        size_t all, taken, taken_by_retries;
} DuePlaces;

DuePlaces due_places(const Roster *r, size_t all);
bool due_has_place(const DuePlaces *p, const Managed *m);
/* Where an order has been begun for it. */
void due_take_place(DuePlaces *p, const Managed *m);
