/* Who may ask CAs, as one edge believes at each moment. */
#include "consumer/certs/ownership.h"
#include "tests/unit/check-main.h"

#include <string.h>

enum { SECOND = 1000000, LEASE = 30 * SECOND };

static void hear(Ownership *o, uint64_t at, const char *holder, int64_t left_msec) {
        ownership_heard(o, at, at, holder, strlen(holder), left_msec);
}

static Ownership edge(bool alone) {
        return (Ownership){ .token = "edge1", .lease_usec = LEASE, .alone = alone };
}

START_TEST(nothing_is_known_before_redis_was_heard) {
        Ownership o = edge(false);

        ck_assert_int_eq(ownership_role(&o, 0), EXCHANGE_UNKNOWN);
        ck_assert_int_eq(ownership_role(&o, UINT64_MAX / 2), EXCHANGE_UNKNOWN);
        ck_assert_uint_eq(ownership_until(&o), UINT64_MAX);
        ck_assert(ownership_may_take(&o, 0));
}
END_TEST

START_TEST(who_holds_the_lock_owns_until_shortly_before_the_lease_ends_in_redis) {
        Ownership o = edge(false);

        /* a reply that took its time: the lease may have begun when the question was sent */
        ownership_heard(&o, 5 * SECOND, 25 * SECOND, "edge1", 5, 30000);
        ck_assert_int_eq(ownership_role(&o, 25 * SECOND), EXCHANGE_OWNER);
        ck_assert_int_eq(ownership_role(&o, ownership_until(&o)), EXCHANGE_UNKNOWN);
        ck_assert_uint_lt(ownership_until(&o), 5 * SECOND + LEASE);
        ck_assert_uint_gt(ownership_until(&o), 5 * SECOND + LEASE / 2);
        hear(&o, 34 * SECOND, "edge1", 30000);
        ck_assert_int_eq(ownership_role(&o, 60 * SECOND), EXCHANGE_OWNER);
}
END_TEST

START_TEST(an_edge_without_others_stays_the_owner_while_redis_is_silent) {
        Ownership o = edge(true);

        hear(&o, 0, "edge1", 30000);
        ck_assert_int_eq(ownership_role(&o, UINT64_MAX / 2), EXCHANGE_OWNER);
        hear(&o, 10 * LEASE, "edge2", 30000);
        ck_assert_int_eq(ownership_role(&o, 10 * LEASE), EXCHANGE_FOLLOWER);
        ck_assert_int_eq(ownership_role(&o, 12 * LEASE), EXCHANGE_UNKNOWN);
}
END_TEST

START_TEST(only_the_whole_token_is_ours) {
        static const char *const others[] = { "edge", "edge10", "Edge1", "edge1 ", "" };
        Ownership o = edge(false);

        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
                hear(&o, 0, others[i], 30000);
                ck_assert_msg(ownership_role(&o, 0) == EXCHANGE_FOLLOWER, "\"%s\" passed for edge1", others[i]);
        }
        ownership_heard(&o, 0, 0, "edge1\0x", 7, 30000);
        ck_assert_int_eq(ownership_role(&o, 0), EXCHANGE_FOLLOWER);
}
END_TEST

START_TEST(a_lock_that_vanished_before_its_time_is_left_to_its_owner_for_the_rest_of_it) {
        Ownership o = edge(false);

        hear(&o, 100 * SECOND, "edge2", 20000);
        hear(&o, 102 * SECOND, "", -2);
        ck_assert_int_eq(ownership_role(&o, 102 * SECOND), EXCHANGE_FOLLOWER);
        ck_assert(!ownership_may_take(&o, 102 * SECOND));
        ck_assert(!ownership_may_take(&o, 120 * SECOND - 1));
        ck_assert(ownership_may_take(&o, 120 * SECOND));
}
END_TEST

START_TEST(a_lock_that_lapsed_in_its_time_is_taken_at_once) {
        Ownership o = edge(false);

        hear(&o, 100 * SECOND, "edge2", 500);
        hear(&o, 102 * SECOND, "", -2);
        ck_assert(ownership_may_take(&o, 102 * SECOND));
}
END_TEST

START_TEST(the_owner_takes_its_own_vanished_lock_again) {
        Ownership o = edge(false);

        hear(&o, 100 * SECOND, "edge2", 20000);
        hear(&o, 101 * SECOND, "edge1", 30000);
        hear(&o, 102 * SECOND, "", -2);
        ck_assert(ownership_may_take(&o, 102 * SECOND));
}
END_TEST

START_TEST(an_absurd_lease_of_another_one_is_waited_for_no_longer_than_ours) {
        static const int64_t lefts[] = { INT64_MAX, INT64_C(10) * 365 * 86400 * 1000 };
        Ownership o = edge(false);

        for (size_t i = 0; i < sizeof lefts / sizeof *lefts; i++) {
                hear(&o, 100 * SECOND, "edge2", lefts[i]);
                ck_assert(!ownership_may_take(&o, 100 * SECOND + LEASE - 1));
                ck_assert(ownership_may_take(&o, 100 * SECOND + LEASE));
        }
        hear(&o, 200 * SECOND, "edge2", -1); /* set by hand, without any lease */
        ck_assert(ownership_may_take(&o, 200 * SECOND));
}
END_TEST

TEST_MAIN("ownership", nothing_is_known_before_redis_was_heard,
          who_holds_the_lock_owns_until_shortly_before_the_lease_ends_in_redis,
          an_edge_without_others_stays_the_owner_while_redis_is_silent, only_the_whole_token_is_ours,
          a_lock_that_vanished_before_its_time_is_left_to_its_owner_for_the_rest_of_it,
          a_lock_that_lapsed_in_its_time_is_taken_at_once, the_owner_takes_its_own_vanished_lock_again,
          an_absurd_lease_of_another_one_is_waited_for_no_longer_than_ours)
