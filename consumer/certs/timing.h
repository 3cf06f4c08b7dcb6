/* When something may be begun about a certificate: the plan, and all that makes it wait. Does no I/O. */
#pragma once

#include "consumer/certs/budget.h"
#include "consumer/certs/enrolment.h"
#include "consumer/certs/managed.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Timing {
        CertificateStep step;
        int64_t at;            /* Unix seconds; INT64_MAX: something else has to happen first */
        const char *waits_for; /* borrowed; NULL: nothing but its time */
} Timing;

/* `m` is wanted. */
Timing certificate_timing(const Managed *m, const Budget *budget, const Enrolment *enrolment, bool may_issue,
                          int64_t now);
