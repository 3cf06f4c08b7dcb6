/* The history of one certificate: how long a failure makes it wait, and that a restart changes nothing of it. */
#include "consumer/certs/history.h"

#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

enum { NOW = 1700000000, DAY = HISTORY_WAIT_MAX_SEC };

static void order_failed(History *h, const char *asked, int64_t now) {
        history_failed(h, asked, now, 60, 0, 0, "no answer");
}

/* Its twin after a restart. */
static History *restarted(const History *h) {
        _cleanup_free_ char *bytes = history_encode(h);
        History *again = NULL;

        ck_assert_int_eq(history_decode(&again, bytes, strlen(bytes)), 0);
        _cleanup_free_ char *bytes_again = history_encode(again);
        ck_assert_str_eq(bytes, bytes_again);
        return again;
}

START_TEST(each_failure_waits_twice_as_long_up_to_a_day) {
        static const int64_t waits[] = {
                60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 30720, 61440, DAY, DAY, DAY
        };
        _cleanup_(history_freep) History *h = history_new();
        int64_t now = NOW;

        ck_assert_int_eq(history_retry_at(h, "a", now), 0);
        for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
                order_failed(h, "a", now);
                ck_assert_int_eq(history_retry_at(h, "a", now), now + waits[i]);
                ck_assert_uint_eq(h->failures, i + 1);
                ck_assert_int_eq(h->failing_since, NOW);
                now = h->retry_at;
        }
}
END_TEST

START_TEST(a_wait_is_spread_and_never_shorter_than_the_ca_says) {
        static const struct {
                int64_t first_wait, retry_after;
                double random;
                int64_t wait;
        } cases[] = {
                { 60, 0, 0, 60 },        { 60, 0, 1, 66 },         { 60, 0, 0.5, 63 },
                { 60, 30, 0, 60 },       { 60, 3600, 0, 3600 },    { 60, 3600, 1, 3960 },
                { 60, DAY - 1, 1, DAY }, { 60, 7 * DAY, 0, DAY },  { 60, INT64_MAX, 1, DAY },
                { 60, -1, 0, 60 },       { INT64_MAX, 0, 1, DAY }, { 0, 0, 0, 1 },
                { 1, 0, 1, 1 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(history_freep) History *h = history_new();
                history_failed(h, "a", NOW, cases[i].first_wait, cases[i].retry_after, cases[i].random, "x");
                ck_assert_int_eq(h->retry_at, NOW + cases[i].wait);
        }
}
END_TEST

START_TEST(success_ends_the_waiting) {
        _cleanup_(history_freep) History *h = history_new();

        order_failed(h, "a", NOW);
        h->isolated = true;
        history_issued(h, NOW + 100, "https://ca/dir", "Root", "short");
        ck_assert_int_eq(history_retry_at(h, "a", NOW + 100), 0);
        ck_assert_uint_eq(h->failures, 0);
        ck_assert_int_eq(h->failing_since, 0);
        ck_assert_ptr_null(h->reason);
        ck_assert(h->isolated);
        ck_assert_int_eq(h->issued[0], NOW + 100);
        ck_assert_str_eq(h->ca, "https://ca/dir");
        ck_assert_str_eq(h->preferred_chain, "Root");
        ck_assert_str_eq(h->profile, "short");
        history_issued(h, NOW + 200, "https://ca/dir", NULL, NULL);
        ck_assert_ptr_null(h->preferred_chain);
        ck_assert_ptr_null(h->profile);
        order_failed(h, "a", NOW + 300);
        ck_assert_int_eq(h->retry_at, NOW + 360);
}
END_TEST

START_TEST(a_restart_asks_no_sooner) {
        _cleanup_(history_freep) History *h = history_new();

        history_issued(h, NOW - 100, "https://ca/dir", "Root \"X\"", "short");
        for (int i = 0; i < 10; i++) {
                history_ordered(h, NOW + i);
                order_failed(h, "a", NOW + i);
        }
        h->isolated = true;
        _cleanup_(history_freep) History *again = restarted(h);
        ck_assert_int_eq(again->retry_at, h->retry_at);
        ck_assert_int_eq(again->failing_since, h->failing_since);
        ck_assert_uint_eq(again->failures, 10);
        ck_assert_str_eq(again->reason, "no answer");
        ck_assert_str_eq(again->asked, "a");
        ck_assert(again->isolated);
        ck_assert_uint_eq(again->n_orders, 10);
        ck_assert_mem_eq(again->orders, h->orders, sizeof h->orders);
        ck_assert_mem_eq(again->issued, h->issued, sizeof h->issued);
        ck_assert_str_eq(again->preferred_chain, "Root \"X\"");
}
END_TEST

START_TEST(a_corrected_wish_is_tried_at_once) {
        _cleanup_(history_freep) History *h = history_new();

        for (int i = 0; i < 12; i++)
                order_failed(h, "wrong", NOW);
        ck_assert_int_eq(history_retry_at(h, "wrong", NOW), NOW + DAY);
        ck_assert_int_le(history_retry_at(h, "right", NOW), NOW);
        order_failed(h, "right", NOW + 1);
        ck_assert_int_eq(history_retry_at(h, "right", NOW + 1), NOW + 61);
        ck_assert_uint_eq(h->failures, 1);
        ck_assert_int_eq(h->failing_since, NOW + 1);
}
END_TEST

START_TEST(a_wish_that_keeps_changing_is_tried_a_few_times_in_a_while) {
        _cleanup_(history_freep) History *h = history_new();
        int64_t now = NOW;
        int orders = 0;

        for (; now < NOW + DAY; now += 10) {
                _cleanup_free_ char *asked = xasprintf("%d", (int)now);
                if (history_retry_at(h, asked, now) > now)
                        continue;
                history_ordered(h, now);
                order_failed(h, asked, now);
                orders++;
        }
        ck_assert_int_eq(orders, HISTORY_CHANGES_MAX * DAY / HISTORY_CHANGES_SEC);
}
END_TEST

START_TEST(a_failure_of_nobody_knows_what_holds_for_everything) {
        _cleanup_(history_freep) History *h = history_new();

        order_failed(h, NULL, NOW);
        ck_assert_int_eq(history_retry_at(h, "a", NOW), NOW + 60);
        order_failed(h, NULL, NOW);
        ck_assert_int_eq(history_retry_at(h, "b", NOW), NOW + 120);
        _cleanup_(history_freep) History *again = restarted(h);
        ck_assert_int_eq(history_retry_at(again, "a", NOW), NOW + 120);
}
END_TEST

START_TEST(a_clock_that_has_gone_back_stops_nothing) {
        enum { LATER = NOW + 1000 * DAY };
        _cleanup_(history_freep) History *h = history_new();

        for (int i = 0; i < HISTORY_ORDERS_MAX; i++)
                history_ordered(h, LATER);
        order_failed(h, "a", LATER);
        ck_assert_int_eq(history_retry_at(h, "a", NOW), 0);
        ck_assert_int_le(history_retry_at(h, "b", NOW), NOW);
        history_ordered(h, NOW);
        ck_assert_uint_eq(h->n_orders, 1);
        ck_assert_int_eq(h->orders[0], NOW);
        order_failed(h, "a", NOW);
        ck_assert_int_eq(history_retry_at(h, "a", NOW), NOW + 120);
}
END_TEST

START_TEST(only_the_last_orders_are_kept) {
        _cleanup_(history_freep) History *h = history_new();

        for (int i = 0; i < HISTORY_ORDERS_MAX + 5; i++) {
                history_ordered(h, NOW + i);
                history_issued(h, NOW + i, "https://ca/dir", NULL, NULL);
        }
        ck_assert_uint_eq(h->n_orders, HISTORY_ORDERS_MAX);
        ck_assert_int_eq(h->orders[0], NOW + 5);
        ck_assert_int_eq(h->issued[HISTORY_ORDERS_MAX - 1], NOW + HISTORY_ORDERS_MAX + 4);
        _cleanup_(history_freep) History *again = restarted(h);
        ck_assert_mem_eq(again->orders, h->orders, sizeof h->orders);
}
END_TEST

START_TEST(a_reason_is_one_printable_line) {
        static const char *const reasons[] = { "a\nb", "\xff\x01", "\x7f", "plain \\x0a \"quoted\"" };
        static const char *const kept[] = { "a\\x0ab", "\\xff\\x01", "\\x7f", "plain \\x0a \"quoted\"" };
        _cleanup_(history_freep) History *h = history_new();

        for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
                history_failed(h, "a", NOW, 60, 0, 0, reasons[i]);
                ck_assert_str_eq(h->reason, kept[i]);
                (void)history_free(restarted(h));
        }
        for (char c = '\n'; c <= 'a'; c += 'a' - '\n') {
                char reason[5000] = { 0 };
                memset(reason, c, sizeof reason - 1);
                history_failed(h, "a", NOW, 60, 0, 0, reason);
                ck_assert_uint_le(strlen(h->reason), HISTORY_REASON_MAX);
                ck_assert_uint_gt(strlen(h->reason), HISTORY_REASON_MAX - 10);
                (void)history_free(restarted(h));
        }
}
END_TEST

START_TEST(it_is_spent_when_it_limits_nothing_any_more) {
        enum { WEEK = HISTORY_KEPT_SEC };
        _cleanup_(history_freep) History *h = history_new();

        ck_assert(history_is_spent(h, NOW));
        history_ordered(h, NOW);
        ck_assert(!history_is_spent(h, NOW + WEEK));
        ck_assert(history_is_spent(h, NOW + WEEK + 1));
        history_issued(h, NOW + 10, "https://ca/dir", NULL, NULL);
        ck_assert(!history_is_spent(h, NOW + WEEK + 10));
        order_failed(h, "a", NOW + 20);
        ck_assert(!history_is_spent(h, NOW + WEEK + 80));
        ck_assert(history_is_spent(h, NOW + WEEK + 81));
}
END_TEST

START_TEST(an_empty_history_is_an_empty_object) {
        _cleanup_(history_freep) History *h = history_new();
        _cleanup_free_ char *bytes = history_encode(h);

        ck_assert_str_eq(bytes, "{}\n");
        (void)history_free(restarted(h));
        ck_assert_ptr_null(history_free(NULL));
}
END_TEST

START_TEST(the_file_can_be_read_by_people) {
        _cleanup_(history_freep) History *h = history_new();

        history_ordered(h, NOW);
        history_issued(h, NOW + 3, "https://ca/dir", NULL, NULL);
        history_ordered(h, NOW + 90);
        order_failed(h, "0123", NOW + 100);
        _cleanup_free_ char *bytes = history_encode(h);
        ck_assert_str_eq(bytes, "{\"ca\":\"https://ca/dir\",\"failures\":1,\"failing_since\":1700000100,"
                                "\"retry_at\":1700000160,\"asked\":\"0123\",\"reason\":\"no answer\","
                                "\"orders\":[1700000000,1700000090],\"issued\":[1700000003]}\n");
}
END_TEST

START_TEST(what_is_no_history_is_not_taken_for_one) {
        static const char *const bad[] = {
                "",
                "null",
                "[]",
                "{",
                "{} {}",
                "{\"ca\":1}",
                "{\"ca\":\"a\\nb\"}",
                "{\"profile\":null}",
                "{\"preferred_chain\":\"\\u00e4\"}",
                "{\"isolated\":1}",
                "{\"failures\":-1}",
                "{\"failures\":1.5}",
                "{\"failures\":1000001}",
                "{\"failures\":\"1\"}",
                "{\"failures\":1,\"retry_at\":-1}",
                "{\"failures\":1,\"failing_since\":1e300}",
                "{\"failures\":1,\"reason\":\"a\\u0007\"}",
                "{\"failures\":1,\"asked\":\"01234567890123456789012345678901234567890123456789012345678901234\"}",
                "{\"orders\":{}}",
                "{\"orders\":[1,\"2\"]}",
                "{\"orders\":[-1]}",
                "{\"issued\":1}",
                "{\"issued\":[null]}",
        };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                History *h = NULL;
                ck_assert_msg(history_decode(&h, bad[i], strlen(bad[i])) == -EBADMSG, "%s", bad[i]);
                ck_assert_ptr_null(h);
        }
}
END_TEST

START_TEST(a_file_of_absurd_size_is_not_read) {
        _cleanup_free_ char *bytes = xcalloc(HISTORY_BYTES_MAX + 1, 1);
        _cleanup_(history_freep) History *h = NULL;

        memset(bytes, ' ', HISTORY_BYTES_MAX + 1);
        memcpy(bytes, "{}", 2);
        ck_assert_int_eq(history_decode(&h, bytes, HISTORY_BYTES_MAX + 1), -EBADMSG);
        ck_assert_int_eq(history_decode(&h, bytes, HISTORY_BYTES_MAX), 0);
}
END_TEST

START_TEST(members_of_a_later_version_are_ignored) {
        static const char text[] = "{\"later\":[{}],\"orders\":[5,3],\"reason\":1,\"isolated\":false}";
        _cleanup_(history_freep) History *h = NULL;

        ck_assert_int_eq(history_decode(&h, text, strlen(text)), 0);
        ck_assert_uint_eq(h->n_orders, 2);
        ck_assert_int_eq(h->orders[0], 3);
        ck_assert_ptr_null(h->reason);
}
END_TEST

TEST_MAIN("history", each_failure_waits_twice_as_long_up_to_a_day, a_wait_is_spread_and_never_shorter_than_the_ca_says,
          success_ends_the_waiting, a_restart_asks_no_sooner, a_corrected_wish_is_tried_at_once,
          a_wish_that_keeps_changing_is_tried_a_few_times_in_a_while,
          a_failure_of_nobody_knows_what_holds_for_everything, a_clock_that_has_gone_back_stops_nothing,
          only_the_last_orders_are_kept, a_reason_is_one_printable_line, it_is_spent_when_it_limits_nothing_any_more,
          an_empty_history_is_an_empty_object, the_file_can_be_read_by_people, what_is_no_history_is_not_taken_for_one,
          a_file_of_absurd_size_is_not_read, members_of_a_later_version_are_ignored)
