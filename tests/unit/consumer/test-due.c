/* When something may be begun about a certificate, in which order, and how much at once. */
#include "consumer/certs/due.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/roster-ground.h"

static Ground g;
static Budget *budget;
static Enrolment *enrolment;

static void ended(void *userdata, Account *account) {
        (void)userdata, (void)account;
}

/* All that certificates wait for has come. */
static void let_all(void) {
        for (Managed *m = g.roster->all; m; m = m->hh.next) {
                m->is_synced = true;
                m->account->is_enrolled = true;
                if (!m->account->thumbprint)
                        m->account->thumbprint = xstrdup("thumbprint");
        }
}

static Managed *begin(const char *wish) {
        ground_begin(&g);
        budget = budget_new();
        enrolment = enrolment_new(NULL, budget, MINUTE, ended, NULL);
        ground_wish(&g, wish, TEST_NOW);
        let_all();
        return ground_find(&g, "a.org");
}

static void end(void) {
        enrolment = enrolment_free(enrolment);
        budget = budget_free(budget);
        ground_end(&g);
}

static Timing timing(const Managed *m, bool may_issue) {
        return certificate_timing(m, budget, enrolment, may_issue, TEST_NOW);
}

static void expect_waits(const Managed *m, bool may_issue, const char *what) {
        Timing t = timing(m, may_issue);

        ck_assert_int_eq(t.at, INT64_MAX);
        ck_assert_str_eq(t.waits_for, what);
}

START_TEST(nothing_is_begun_before_all_that_it_needs_has_come) {
        Managed *m = begin("a.org");
        char *thumbprint = m->account->thumbprint;

        ck_assert_int_eq(timing(m, true).at, TEST_NOW);
        expect_waits(m, false, "another edge, or Redis");
        m->is_synced = false;
        expect_waits(m, true, "another edge, or Redis");
        m->is_synced = true;
        m->account->thumbprint = NULL;
        expect_waits(m, true, "the key of its account");
        m->account->thumbprint = thumbprint;
        m->is_refused = true;
        m->waits_for = xstrdup("it wants the moon");
        expect_waits(m, true, "it wants the moon");
        end();
}
END_TEST

START_TEST(an_account_that_fails_is_waited_for_but_not_for_ever) {
        Managed *m = begin("a.org");

        m->account->is_enrolled = false;
        ck_assert_int_eq(timing(m, true).at, TEST_NOW);
        history_failed(m->account->history, NULL, TEST_NOW, MINUTE, 0, 0, "the CA is down");
        ck_assert_int_eq(timing(m, true).at, TEST_NOW + MINUTE);
        ck_assert_str_eq(timing(m, true).waits_for, "its account");
        /* The clock was years ahead when it failed. */
        history_failed(m->account->history, NULL, TEST_NOW + 1000 * DAY, MINUTE, 0, 0, "the CA is down");
        ck_assert_int_eq(timing(m, true).at, TEST_NOW);
        end();
}
END_TEST

START_TEST(waits_that_cost_nothing_are_kept_but_not_for_ever) {
        Managed *m = begin("a.org");

        managed_wait(m, TEST_NOW, "it does not answer");
        ck_assert_int_gt(timing(m, true).at, TEST_NOW);
        ck_assert_str_eq(timing(m, true).waits_for, "it does not answer");
        m->quiet_until = TEST_NOW + 1000 * DAY;
        ck_assert_int_eq(timing(m, true).at, TEST_NOW);
        end();
}
END_TEST

START_TEST(what_was_issued_is_put_in_place_whoever_may_ask) {
        Managed *m = begin("a.org");

        managed_keep_pair(m, "chain", "key");
        ck_assert_int_le(timing(m, false).at, TEST_NOW);
        managed_wait(m, TEST_NOW, "the disk is full");
        ck_assert_int_gt(timing(m, false).at, TEST_NOW);
        end();
}
END_TEST

START_TEST(a_limit_of_the_ca_is_waited_for) {
        Managed *m = begin("a.org");

        for (int i = 0; i < BUDGET_ORDERS; i++)
                budget_count_order(budget, TEST_NOW);
        ck_assert_int_gt(timing(m, true).at, TEST_NOW);
        ck_assert_str_eq(timing(m, true).waits_for, "the limit of orders in 3 hours");
        end();
}
END_TEST

/* The bases that may be begun, in order; *next as due_find() leaves it. */
static char *found(int64_t *next) {
        size_t count;
        _cleanup_free_ Due *due = due_find(g.roster, budget, enrolment, true, TEST_NOW, next, &count);
        Text t = { 0 };

        for (size_t i = 0; i < count; i++)
                text_appendf(&t, "%s%s", i > 0 ? " " : "", due[i].managed->base);
        return text_take(&t);
}

START_TEST(what_has_none_goes_first_and_what_failed_or_is_not_reached_last) {
        int64_t next = INT64_MAX;

        (void)begin("a.org | b.org | c.org | d.org | e.org | f.org");
        ground_find(&g, "f.org")->is_installed = true; /* with no name that is wanted */
        history_failed(ground_find(&g, "a.org")->history, NULL, TEST_NOW - DAY, MINUTE, 0, 0, "no");
        managed_wait(ground_find(&g, "c.org"), TEST_NOW - DAY, "it does not answer");
        managed_wait(ground_find(&g, "e.org"), TEST_NOW, "it does not answer");
        _cleanup_free_ char *bases = found(&next);
        ck_assert_str_eq(bases, "b.org d.org a.org c.org f.org");
        ck_assert_int_eq(next, ground_find(&g, "e.org")->quiet_until);
        end();
}
END_TEST

START_TEST(what_is_tried_in_vain_takes_half_of_the_places) {
        static const struct {
                size_t all, taken, retries;
                bool for_new, for_retry;
        } cases[] = {
                { 8, 0, 0, true, true },   { 8, 4, 4, true, false }, { 8, 8, 4, false, false },
                { 8, 7, 3, true, true },   { 1, 0, 0, true, true },  { 1, 1, 1, false, false },
                { 1, 1, 0, false, false }, { 3, 2, 2, true, false },
        };
        Managed *m = begin("a.org");

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                DuePlaces p = { cases[i].all, cases[i].taken, cases[i].retries };
                m->quiet_times = 0;
                ck_assert(due_has_place(&p, m) == cases[i].for_new);
                m->quiet_times = 1;
                ck_assert(due_has_place(&p, m) == cases[i].for_retry);
        }
        end();
}
END_TEST

TEST_MAIN("due", nothing_is_begun_before_all_that_it_needs_has_come,
          an_account_that_fails_is_waited_for_but_not_for_ever, waits_that_cost_nothing_are_kept_but_not_for_ever,
          what_was_issued_is_put_in_place_whoever_may_ask, a_limit_of_the_ca_is_waited_for,
          what_has_none_goes_first_and_what_failed_or_is_not_reached_last,
          what_is_tried_in_vain_takes_half_of_the_places)
