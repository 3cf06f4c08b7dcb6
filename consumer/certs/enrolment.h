/* Makes accounts known to their CAs, each once a process, before anything else is asked of these. */
#pragma once

#include "common/memory.h"
#include "consumer/certs/accounts.h"
#include "consumer/certs/budget.h"
#include "consumer/certs/client.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Enrolment Enrolment;

/* Called from the loop when a try has ended, well or not. */
typedef void EnrolmentEndedFunc(void *userdata, Account *account);

/* Borrows client and budget; `retry_sec` is the wait after a first failure. */
Enrolment *enrolment_new(const Client *client, Budget *budget, int64_t retry_sec, EnrolmentEndedFunc *ended,
                         void *userdata);
Enrolment *enrolment_free(Enrolment *e);
DEFINE_CLEANUP(Enrolment *, enrolment_free);

/* When the account may next be tried, in Unix seconds; `now` or earlier: at once. INT64_MAX: it is under way. */
int64_t enrolment_at(const Enrolment *e, const Account *a, int64_t now);
bool enrolment_is_busy(const Enrolment *e);
/* Begins to enrol it. */
void enrolment_begin(Enrolment *e, Account *a, const CertificateTerms *terms, int64_t now);
