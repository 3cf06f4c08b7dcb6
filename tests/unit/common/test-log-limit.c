/* The log's limits: a flood is counted, and hides nothing about others. */
#include "common/log-limit.h"
#include "tests/unit/check-main.h"

#include <stdio.h>

#define WINDOW (LOG_WINDOW_SECONDS * UINT64_C(1000000))

static const char kind[] = "%s is wrong", other_kind[] = "%s is odd";

/* Returns how many of so many lines are written. */
static unsigned write_lines(LogLimit *l, const char *format, const char *subject, unsigned count, uint64_t now) {
        unsigned written = 0;

        for (unsigned i = 0; i < count; i++)
                written += log_limit_take(l, format, subject, now) != LOG_PERMIT_LEAVE_OUT;
        return written;
}

START_TEST(one_container_that_floods_the_log_hides_nothing_about_another_one) {
        _cleanup_(log_limit_freep) LogLimit *l = log_limit_new();
        uint64_t count;

        ck_assert_uint_eq(write_lines(l, kind, "loud", LOG_SUBJECT_LINES * 5, 1), LOG_SUBJECT_LINES);
        ck_assert_uint_eq(write_lines(l, kind, "quiet", 1, 1), 1);
        ck_assert_uint_eq(write_lines(l, other_kind, "loud", 1, 1), 1);
        ck_assert_ptr_null(log_limit_left_out(l, WINDOW, &count));
        ck_assert_ptr_eq(log_limit_left_out(l, WINDOW + 1, &count), kind);
        ck_assert_uint_eq(count, LOG_SUBJECT_LINES * 4);
        ck_assert_ptr_null(log_limit_left_out(l, WINDOW + 1, &count));
}
END_TEST

START_TEST(many_subjects_together_have_an_end_too) {
        _cleanup_(log_limit_freep) LogLimit *l = log_limit_new();
        unsigned written = 0;
        char name[16];

        for (unsigned i = 0; i < LOG_KIND_LINES * 3; i++) {
                (void)snprintf(name, sizeof name, "c%u", i);
                written += write_lines(l, kind, name, 1, 1);
        }
        ck_assert_uint_eq(written, LOG_KIND_LINES);
        ck_assert_uint_eq(write_lines(l, other_kind, NULL, LOG_KIND_LINES * 2, 1), LOG_KIND_LINES);
}
END_TEST

START_TEST(the_last_line_of_a_window_is_told_once_and_the_next_window_begins_anew) {
        _cleanup_(log_limit_freep) LogLimit *l = log_limit_new();
        uint64_t count;

        ck_assert_uint_eq(write_lines(l, kind, "c", LOG_SUBJECT_LINES - 1, 1), LOG_SUBJECT_LINES - 1);
        ck_assert_int_eq(log_limit_take(l, kind, "c", 1), LOG_PERMIT_LAST);
        ck_assert_int_eq(log_limit_take(l, kind, "c", 1), LOG_PERMIT_LEAVE_OUT);
        ck_assert_int_eq(log_limit_take(l, kind, "c", WINDOW + 1), LOG_PERMIT_WRITE);
        ck_assert_ptr_null(log_limit_left_out(l, WINDOW + 1, &count)); /* the new window is not over */
        ck_assert_ptr_eq(log_limit_left_out(l, 2 * WINDOW + 1, &count), kind);
        ck_assert_uint_eq(count, 1);
}
END_TEST

TEST_MAIN("log-limit", one_container_that_floods_the_log_hides_nothing_about_another_one,
          many_subjects_together_have_an_end_too,
          the_last_line_of_a_window_is_told_once_and_the_next_window_begins_anew)
