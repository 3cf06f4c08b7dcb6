/* What is to be begun now. */
#include "consumer/certs/due.h"

#include <string.h>

static int compare(const void *a, const void *b) {
        const Due *x = a, *y = b;

        if (x->managed->is_installed != y->managed->is_installed)
                return x->managed->is_installed ? 1 : -1;
        if (managed_is_retry(x->managed) != managed_is_retry(y->managed))
                return managed_is_retry(x->managed) ? 1 : -1;
        return x->step.due == y->step.due ? strcmp(x->managed->base, y->managed->base)
                                          : (x->step.due > y->step.due ? 1 : -1);
}

Due *due_find(const Roster *r, const Budget *budget, const Enrolment *enrolment, bool may_issue, int64_t now,
              int64_t *next, size_t *ret_count) {
        Due *due = NULL;
        size_t count = 0;

        for (Managed *m = r->all; m; m = m->hh.next) {
                if (!m->wanted)
                        continue;
                Timing t = certificate_timing(m, budget, enrolment, may_issue, now);
                if (t.at > now) {
                        *next = t.at < *next ? t.at : *next;
                        continue;
                }
                array_grow(due, count);
                due[count++] = (Due){ m, t.step };
        }
        if (count > 1)
                qsort(due, count, sizeof *due, compare);
        *ret_count = count;
        return due;
}

void due_take_place(DuePlaces *p, const Managed *m) {
        p->taken += m->order != NULL;
        p->taken_by_retries += m->order && managed_is_retry(m);
}

DuePlaces due_places(const Roster *r, size_t all) {
        DuePlaces p = { .all = all };

        for (const Managed *m = r->all; m; m = m->hh.next)
                due_take_place(&p, m);
        return p;
}

bool due_has_place(const DuePlaces *p, const Managed *m) {
        return p->taken < p->all && (!managed_is_retry(m) || p->taken_by_retries < (p->all + 1) / 2);
}
