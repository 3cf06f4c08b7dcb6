/* Waiting between tries: soon at first, ever longer, never for ever, and not all at the same moment. */
#include "common/backoff.h"
#include "tests/unit/check-main.h"

enum { FIRST = 100000, LIMIT = 1000000 };

START_TEST(delays_double_up_to_the_limit) {
        static const uint64_t expected[] = { FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST, LIMIT, LIMIT, LIMIT };
        Backoff b = { .first_usec = FIRST, .limit_usec = LIMIT };

        for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
                uint64_t delay = backoff_next(&b);
                ck_assert_uint_ge(delay, expected[i] / 2);
                ck_assert_uint_le(delay, expected[i]);
        }
}
END_TEST

START_TEST(a_success_starts_over) {
        Backoff b = { .first_usec = FIRST, .limit_usec = LIMIT };

        for (int i = 0; i < 10; i++)
                (void)backoff_next(&b);
        backoff_reset(&b);
        ck_assert_uint_le(backoff_next(&b), FIRST);
}
END_TEST

START_TEST(many_clients_do_not_come_back_together) {
        Backoff b = { .first_usec = LIMIT, .limit_usec = LIMIT };
        uint64_t lowest = UINT64_MAX, highest = 0;

        for (int i = 0; i < 1000; i++) {
                uint64_t delay = backoff_next(&b);
                lowest = delay < lowest ? delay : lowest;
                highest = delay > highest ? delay : highest;
        }
        ck_assert_uint_lt(lowest, LIMIT * 6 / 10);
        ck_assert_uint_gt(highest, LIMIT * 9 / 10);
}
END_TEST

START_TEST(the_limit_bounds_the_first_delay_and_nothing_overflows) {
        Backoff small = { .first_usec = 10 * LIMIT, .limit_usec = LIMIT };
        Backoff large = { .first_usec = UINT64_MAX / 2 + 1, .limit_usec = UINT64_MAX };

        ck_assert_uint_le(backoff_next(&small), LIMIT);
        (void)backoff_next(&large);
        ck_assert_uint_ge(backoff_next(&large), UINT64_MAX / 2);
        ck_assert_uint_ge(backoff_next(&large), UINT64_MAX / 2);
}
END_TEST

TEST_MAIN("backoff", delays_double_up_to_the_limit, a_success_starts_over, many_clients_do_not_come_back_together,
          the_limit_bounds_the_first_delay_and_nothing_overflows)
