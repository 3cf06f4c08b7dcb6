/* One certificate: a change of mind, a sudden end, a clock that steps, and what a person is told. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/roster-ground.h"

static Ground g;

static Managed *begin(const char *wish) {
        ground_begin(&g);
        ground_wish(&g, wish, TEST_NOW);
        return ground_find(&g, "a.org");
}

/* As an order that has failed leaves it. */
static void order_failed(Managed *m, const char *reason) {
        char asked[DIGEST_SIZE];

        wanted_digest(&m->wanted->names, &m->wanted->terms, asked);
        history_failed(m->history, asked, TEST_NOW, MINUTE, 0, 0, reason);
}

START_TEST(a_sudden_end_counts_as_a_failure) {
        Managed *m = begin("a.org");

        managed_asked(m, &g.roster->places, TEST_NOW, MINUTE);
        ck_assert_uint_eq(m->history->failures, 0);
        ground_restart(&g);
        ground_wish(&g, "a.org", TEST_NOW);
        m = ground_find(&g, "a.org");
        ck_assert_uint_eq(m->history->n_orders, 1);
        ck_assert_int_eq(managed_step(m, TEST_NOW).at, TEST_NOW + MINUTE);
        ck_assert_str_eq(managed_trouble(m, TEST_NOW), "its order was broken off");
        ground_end(&g);
}
END_TEST

START_TEST(what_ends_with_a_result_is_no_failure) {
        Managed *m = begin("a.org");

        managed_asked(m, &g.roster->places, TEST_NOW, MINUTE);
        managed_order_ended(m);
        managed_break_off(m);
        ck_assert_uint_eq(m->history->failures, 0);
        ck_assert_uint_eq(m->history->n_orders, 1);
        ground_end(&g);
}
END_TEST

/* A container may change its wish every second. */
START_TEST(changing_a_wish_all_the_time_has_no_ca_asked_all_the_time) {
        Managed *m = begin("a.org b.org");
        int orders = 0;

        for (int i = 0; i < 100; i++) {
                int64_t now = TEST_NOW + i;
                if (managed_step(m, now).at <= now) {
                        managed_asked(m, &g.roster->places, now, DAY);
                        orders++;
                }
                ground_wish(&g, i % 2 ? "a.org b.org" : "a.org c.org", now);
        }
        ck_assert_int_gt(orders, 1);
        ck_assert_int_le(orders, HISTORY_CHANGES_MAX);
        ground_end(&g);
}
END_TEST

START_TEST(what_was_issued_for_other_names_is_not_put_in_place) {
        Managed *m = begin("a.org b.org");

        managed_keep_pair(m, "chain", "key");
        ground_wish(&g, "a.org b.org", TEST_NOW);
        ck_assert_ptr_nonnull(m->chain);
        ground_wish(&g, "a.org c.org", TEST_NOW);
        ck_assert(!m->chain && !m->key);
        ground_end(&g);
}
END_TEST

START_TEST(a_refusal_holds_until_the_wish_changes) {
        Managed *m = begin("a.org b.org");

        m->is_refused = true;
        ground_wish(&g, "a.org b.org", TEST_NOW);
        ck_assert(m->is_refused);
        ground_wish(&g, "a.org", TEST_NOW);
        ck_assert(!m->is_refused);
        ground_end(&g);
}
END_TEST

START_TEST(waits_grow_and_end_with_a_clock_that_goes_back) {
        Managed *m = begin("a.org");
        int64_t last = 0;

        for (int i = 0; i < 20; i++) {
                managed_wait(m, TEST_NOW, "it does not answer");
                ck_assert_int_ge(managed_quiet_until(m, TEST_NOW), last);
                last = managed_quiet_until(m, TEST_NOW);
        }
        ck_assert_int_eq(last, TEST_NOW + 10 * MINUTE);
        ck_assert_int_le(managed_quiet_until(m, TEST_NOW - 365 * DAY), TEST_NOW - 365 * DAY);
        ground_end(&g);
}
END_TEST

static void expect_trouble(const Managed *m, int64_t now, const char *trouble) {
        const char *got = managed_trouble(m, now);

        ck_assert_str_eq(got ? got : "none", trouble);
}

START_TEST(trouble_is_whatever_keeps_a_certificate_that_is_due_from_coming) {
        Managed *m = begin("a.org");

        expect_trouble(m, TEST_NOW, "none");
        managed_wait(m, TEST_NOW, "it does not answer");
        expect_trouble(m, TEST_NOW, "it does not answer");
        history_failed(m->account->history, NULL, TEST_NOW, MINUTE, 0, 0, "the CA is down");
        expect_trouble(m, TEST_NOW, "the CA is down");
        m->account->is_enrolled = true;
        expect_trouble(m, TEST_NOW, "it does not answer");
        order_failed(m, "no such name");
        expect_trouble(m, TEST_NOW, "no such name");
        m->is_refused = true;
        expect_trouble(m, TEST_NOW, "it does not answer");
        managed_unwant(m);
        expect_trouble(m, TEST_NOW, "none");
        ground_end(&g);
}
END_TEST

START_TEST(a_failure_from_before_is_no_trouble_for_a_certificate_that_is_as_wanted) {
        _cleanup_test_pair_ TestPair pair = test_pair("a.org");

        ground_begin(&g);
        ck_assert_int_eq(install(&pair, NULL), 0);
        ground_wish(&g, "a.org", TEST_NOW);
        Managed *m = ground_find(&g, "a.org");
        order_failed(m, "no such name");
        expect_trouble(m, TEST_NOW, "none");
        expect_trouble(m, m->installed.not_after - 1, "no such name");
        ground_end(&g);
}
END_TEST

START_TEST(the_end_is_warned_of_once_a_day_whatever_the_clock_does) {
        _cleanup_test_pair_ TestPair pair = test_pair("a.org");

        ground_begin(&g);
        ck_assert_int_eq(install(&pair, NULL), 0);
        ground_wish(&g, "a.org", TEST_NOW);
        Managed *m = ground_find(&g, "a.org");
        managed_warn_of_end(m, TEST_NOW);
        ck_assert_int_eq(m->warned_at, 0);
        history_failed(m->account->history, NULL, TEST_NOW, MINUTE, 0, 0, "the CA is down");
        int64_t late = m->installed.not_after - 10;
        managed_warn_of_end(m, late);
        ck_assert_int_eq(m->warned_at, late);
        managed_warn_of_end(m, late + 5);
        ck_assert_int_eq(m->warned_at, late);
        managed_warn_of_end(m, late - 5);
        ck_assert_int_eq(m->warned_at, late - 5);
        managed_warn_of_end(m, late + DAY);
        ck_assert_int_eq(m->warned_at, late + DAY);
        ground_end(&g);
}
END_TEST

START_TEST(a_broken_pair_counts_as_none) {
        ground_begin(&g);
        _cleanup_free_ char *folder = scratch_path("a.org");
        ck_assert_int_eq(mkdir(folder, 0755), 0);
        scratch_write("a.org/fullchain.pem", "garbage");
        scratch_write("a.org/key.pem", "garbage");
        ground_wish(&g, "a.org", TEST_NOW);
        ck_assert(!ground_find(&g, "a.org")->is_installed);
        ck_assert_int_eq(managed_step(ground_find(&g, "a.org"), TEST_NOW).act, CERTIFICATE_ISSUE);
        ground_end(&g);
}
END_TEST

TEST_MAIN("managed", a_sudden_end_counts_as_a_failure, what_ends_with_a_result_is_no_failure,
          changing_a_wish_all_the_time_has_no_ca_asked_all_the_time,
          what_was_issued_for_other_names_is_not_put_in_place, a_refusal_holds_until_the_wish_changes,
          waits_grow_and_end_with_a_clock_that_goes_back,
          trouble_is_whatever_keeps_a_certificate_that_is_due_from_coming,
          a_failure_from_before_is_no_trouble_for_a_certificate_that_is_as_wanted,
          the_end_is_warned_of_once_a_day_whatever_the_clock_does, a_broken_pair_counts_as_none)
