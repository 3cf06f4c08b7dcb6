/* The budget: a mistake never uses up what a CA allows, and what works is renewed meanwhile. */
#include "consumer/certs/budget.h"

#include "tests/unit/check-main.h"

#include <string.h>

enum { NOW = 1700000000, HOUR = 3600, WEEK = 7 * 24 * HOUR };

#define NAMES(...) (&(StringList){ (char *[]){ __VA_ARGS__ }, sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *) })

static void expect_room(const Budget *b, const StringList *names, bool renewal, int64_t at, const char *limit) {
        const char *got = NULL;

        ck_assert_int_eq(budget_order_at(b, names, renewal, NOW, &got), at);
        ck_assert_pstr_eq(got, limit);
        ck_assert_int_eq(budget_order_at(b, names, renewal, NOW, NULL), at);
}

START_TEST(there_is_room_at_first) {
        _cleanup_(budget_freep) Budget *b = budget_new();
        const char *limit = NULL;

        expect_room(b, NAMES("a.org"), false, NOW, NULL);
        ck_assert_int_eq(budget_account_at(b, NOW, &limit), NOW);
        ck_assert_ptr_null(limit);
        ck_assert_ptr_null(budget_free(NULL));
}
END_TEST

START_TEST(orders_wait_and_some_are_kept_for_renewals) {
        static const char limit[] = "the limit of orders in 3 hours";
        _cleanup_(budget_freep) Budget *b = budget_new();
        int i = 0;

        for (; i < BUDGET_ORDERS - BUDGET_ORDERS_FOR_RENEWALS; i++) {
                expect_room(b, NAMES("a.org"), false, NOW, NULL);
                budget_count_order(b, NOW - HOUR + i);
        }
        expect_room(b, NAMES("a.org"), false, NOW + 2 * HOUR, limit);
        for (; i < BUDGET_ORDERS; i++) {
                expect_room(b, NAMES("a.org"), true, NOW, NULL);
                budget_count_order(b, NOW - HOUR + i);
        }
        expect_room(b, NAMES("a.org"), true, NOW + 2 * HOUR, limit);
        expect_room(b, NAMES("a.org"), false, NOW + 2 * HOUR + BUDGET_ORDERS_FOR_RENEWALS, limit);
        budget_count_order(b, NOW);
        expect_room(b, NAMES("a.org"), true, NOW + 2 * HOUR + 1, limit);
}
END_TEST

START_TEST(a_registered_domain_has_room_for_so_many) {
        static const char limit[] = "the limit of certificates in 7 days for its registered domain";
        _cleanup_(budget_freep) Budget *b = budget_new();

        for (int i = 0; i < BUDGET_REGISTERED; i++) {
                _cleanup_free_ char *name = xasprintf("n%d.example.co.uk", i);
                expect_room(b, NAMES(name), false, NOW, NULL);
                budget_count_issued(b, NAMES(name, "example.co.uk"), NOW - WEEK + 10 + i);
        }
        expect_room(b, NAMES("x.y.example.co.uk"), false, NOW + 10, limit);
        expect_room(b, NAMES("*.example.co.uk"), false, NOW + 10, limit);
        expect_room(b, NAMES("other.org", "example.co.uk"), false, NOW + 10, limit);
        expect_room(b, NAMES("other.co.uk"), false, NOW, NULL);
        expect_room(b, NAMES("x.example.co.uk"), true, NOW, NULL);
}
END_TEST

START_TEST(names_are_counted_for_what_is_registered) {
        static const struct {
                const char *issued, *asked;
                bool same;
        } cases[] = {
                { "a.b.example.org", "example.org", true },
                { "a.github.io", "b.github.io", false },
                { "x.a.github.io", "a.github.io", true },
                { "github.io", "a.github.io", false },
                { "co.uk", "*.co.uk", true },
                { "a.test", "b.test", false },
                { "a.xn--55qx5d.cn", "b.xn--55qx5d.cn", false },
                { "*.a.xn--55qx5d.cn", "b.a.xn--55qx5d.cn", true },
                { "localhost", "localhost", true },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(budget_freep) Budget *b = budget_new();
                for (int k = 0; k < BUDGET_REGISTERED; k++) {
                        _cleanup_free_ char *other = xasprintf("o%d.org", k);
                        budget_count_issued(b, NAMES((char *)cases[i].issued, other), NOW);
                }
                ck_assert_msg((budget_order_at(b, NAMES((char *)cases[i].asked), false, NOW, NULL) > NOW) ==
                                      cases[i].same,
                              "%s", cases[i].asked);
        }
}
END_TEST

START_TEST(a_certificate_with_many_names_of_a_domain_counts_once) {
        _cleanup_(budget_freep) Budget *b = budget_new();

        for (int i = 0; i < BUDGET_REGISTERED - 1; i++) {
                _cleanup_free_ char *name = xasprintf("n%d.example.org", i);
                budget_count_issued(b, NAMES(name, "a.example.org", "*.example.org"), NOW);
        }
        expect_room(b, NAMES("example.org"), false, NOW, NULL);
        budget_count_issued(b, NAMES("example.org"), NOW);
        expect_room(b, NAMES("example.org"), false, NOW + WEEK,
                    "the limit of certificates in 7 days for its registered domain");
}
END_TEST

START_TEST(the_very_same_names_have_room_for_few) {
        static const char limit[] = "the limit of certificates in 7 days for its names";
        _cleanup_(budget_freep) Budget *b = budget_new();

        for (int i = 0; i < BUDGET_SAME_NAMES; i++) {
                expect_room(b, NAMES("a.org", "b.org"), false, NOW, NULL);
                budget_count_issued(b, i % 2 ? NAMES("a.org", "b.org") : NAMES("b.org", "a.org"), NOW - WEEK + 1 + i);
        }
        expect_room(b, NAMES("a.org", "b.org"), false, NOW + 1, limit);
        expect_room(b, NAMES("b.org", "a.org"), false, NOW + 1, limit);
        expect_room(b, NAMES("a.org", "b.org"), true, NOW, NULL);
        expect_room(b, NAMES("a.org"), false, NOW, NULL);
        expect_room(b, NAMES("a.org", "b.org", "c.org"), false, NOW, NULL);
}
END_TEST

START_TEST(accounts_wait_too) {
        _cleanup_(budget_freep) Budget *b = budget_new();
        const char *limit = NULL;

        for (int i = 0; i < BUDGET_ACCOUNTS; i++) {
                ck_assert_int_eq(budget_account_at(b, NOW, &limit), NOW);
                budget_count_account(b, NOW - i);
        }
        ck_assert_int_eq(budget_account_at(b, NOW, &limit), NOW - BUDGET_ACCOUNTS + 1 + 3 * HOUR);
        ck_assert_str_eq(limit, "the limit of new accounts in 3 hours");
        expect_room(b, NAMES("a.org"), false, NOW, NULL);
}
END_TEST

START_TEST(the_last_limit_to_end_is_what_it_waits_for) {
        _cleanup_(budget_freep) Budget *b = budget_new();

        for (int i = 0; i < BUDGET_ORDERS; i++)
                budget_count_order(b, NOW);
        for (int i = 0; i < BUDGET_SAME_NAMES; i++)
                budget_count_issued(b, NAMES("a.org"), NOW);
        expect_room(b, NAMES("a.org"), false, NOW + WEEK, "the limit of certificates in 7 days for its names");
        expect_room(b, NAMES("b.org"), false, NOW + 3 * HOUR, "the limit of orders in 3 hours");
}
END_TEST

START_TEST(a_clock_that_has_gone_back_stops_nothing) {
        _cleanup_(budget_freep) Budget *b = budget_new();

        for (int i = 0; i < BUDGET_ORDERS; i++) {
                budget_count_order(b, NOW + 500 * WEEK);
                budget_count_issued(b, NAMES("a.org"), NOW + 500 * WEEK);
        }
        expect_room(b, NAMES("a.org"), false, NOW, NULL);
}
END_TEST

/* As many as a CA would not have given, each for many domains: what was counted last is known, and memory has an end.
 */
START_TEST(memory_has_an_end) {
        _cleanup_(budget_freep) Budget *b = budget_new();

        for (int i = 0; i < BUDGET_KEYS_MAX + 1000; i++) {
                _cleanup_free_ char *name = xasprintf("example%d.org", i);
                for (int k = 0; k < BUDGET_SAME_NAMES && (i < 10 || i > BUDGET_KEYS_MAX); k++)
                        budget_count_issued(b, NAMES(name), NOW);
                budget_count_issued(b, NAMES(name), NOW);
        }
        expect_room(b, NAMES("example51.org"), false, NOW, NULL);
        expect_room(b, NAMES("example0.org"), false, NOW, NULL);
        expect_room(b, NAMES("example50999.org"), false, NOW + WEEK,
                    "the limit of certificates in 7 days for its names");
}
END_TEST

START_TEST(what_was_counted_out_of_order_counts) {
        _cleanup_(budget_freep) Budget *b = budget_new();

        for (int i = 0; i < BUDGET_SAME_NAMES; i++) {
                budget_count_issued(b, NAMES("a.org"), NOW - i * HOUR);
                budget_count_issued(b, NAMES("old.org"), NOW - 10 * WEEK);
        }
        budget_count_issued(b, NAMES("b.org"), NOW - 2 * WEEK);
        expect_room(b, NAMES("a.org"), false, NOW - (BUDGET_SAME_NAMES - 1) * HOUR + WEEK,
                    "the limit of certificates in 7 days for its names");
        expect_room(b, NAMES("old.org"), false, NOW, NULL);
}
END_TEST

TEST_MAIN("budget", there_is_room_at_first, orders_wait_and_some_are_kept_for_renewals,
          a_registered_domain_has_room_for_so_many, names_are_counted_for_what_is_registered,
          a_certificate_with_many_names_of_a_domain_counts_once, the_very_same_names_have_room_for_few,
          accounts_wait_too, the_last_limit_to_end_is_what_it_waits_for, a_clock_that_has_gone_back_stops_nothing,
          memory_has_an_end, what_was_counted_out_of_order_counts)
