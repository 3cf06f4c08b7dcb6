/* When something may be begun about a certificate. */
#include "consumer/certs/timing.h"

static void wait_until(Timing *t, int64_t at, const char *what) {
        if (at <= t->at)
                return;
        t->at = at;
        t->waits_for = what;
}

Timing certificate_timing(const Managed *m, const Budget *budget, const Enrolment *enrolment, bool may_issue,
                          int64_t now) {
        Timing t = { .step = managed_step(m, now) };
        const char *limit = NULL;

        t.at = t.step.due;
        if (m->order)
                wait_until(&t, INT64_MAX, "the ACME client");
        else if (m->chain)
                t.at = managed_quiet_until(m, now);
        else if (m->is_refused)
                wait_until(&t, INT64_MAX, m->waits_for);
        if (t.step.act == CERTIFICATE_KEEP || m->order || m->chain || m->is_refused)
                return t;
        wait_until(&t, t.step.at, m->history->reason);
        wait_until(&t, managed_quiet_until(m, now), m->waits_for);
        if (!m->is_synced || !may_issue)
                wait_until(&t, INT64_MAX, "another edge, or Redis");
        else if (!m->account->thumbprint)
                wait_until(&t, INT64_MAX, "the key of its account");
        else if (!m->account->is_enrolled)
                wait_until(&t, enrolment_at(enrolment, m->account, now), "its account");
        int64_t room = budget_order_at(budget, &m->wanted->names, t.step.is_renewal, now, &limit);
        wait_until(&t, room, limit);
        return t;
}
