/* Figures as Prometheus reads them. */
#include "common/metrics.h"
#include "tests/unit/check-main.h"

#include <math.h>
#include <string.h>

/* The text so far, owned by the caller. */
static char *taken(Metrics *m) {
        return text_take(&m->text);
}

START_TEST(a_family_says_what_it_is_before_its_samples) {
        Metrics m = { 0 };

        metrics_family(&m, METRIC_GAUGE, "sites", "Sites by state.");
        metrics_sample(&m, LABELS({ "state", "live" }), 2);
        metrics_sample(&m, LABELS({ "state", "held" }, { "node", "a" }), 0);
        metrics_single(&m, METRIC_COUNTER, "changes_total", "Changes seen.", 7);
        _cleanup_free_ char *text = taken(&m);
        ck_assert_str_eq(text, "# HELP sites Sites by state.\n"
                               "# TYPE sites gauge\n"
                               "sites{state=\"live\"} 2\n"
                               "sites{state=\"held\",node=\"a\"} 0\n"
                               "# HELP changes_total Changes seen.\n"
                               "# TYPE changes_total counter\n"
                               "changes_total 7\n");
}
END_TEST

START_TEST(a_label_that_is_not_there_is_left_out) {
        Metrics m = { .name = "x" };

        metrics_sample(&m, LABELS({ "a", NULL }, { "b", "1" }), 1);
        metrics_sample(&m, LABELS({ "a", NULL }), 1);
        _cleanup_free_ char *text = taken(&m);
        ck_assert_str_eq(text, "x{b=\"1\"} 1\nx 1\n");
}
END_TEST

START_TEST(no_value_of_a_label_breaks_out_of_it) {
        static const struct {
                const char *value, *shown;
        } cases[] = {
                { "", "x{a=\"\"} 1\n" },
                { "say \"hi\"", "x{a=\"say \\\"hi\\\"\"} 1\n" },
                { "back\\slash", "x{a=\"back\\\\slash\"} 1\n" },
                { "\"} 1\nevil 2", "x{a=\"\\\"} 1\\\\x0aevil 2\"} 1\n" },
                { "b\xc3\xbc", "x{a=\"b\\\\xc3\\\\xbc\"} 1\n" },
                { "\xff", "x{a=\"\\\\xff\"} 1\n" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Metrics m = { .name = "x" };
                metrics_sample(&m, LABELS({ "a", cases[i].value }), 1);
                _cleanup_free_ char *text = taken(&m);
                ck_assert_str_eq(text, cases[i].shown);
        }
}
END_TEST

START_TEST(a_value_of_a_label_may_not_fill_the_page) {
        Metrics m = { .name = "x" };
        char long_value[100000];

        memset(long_value, 'a', sizeof long_value - 1);
        long_value[sizeof long_value - 1] = '\0';
        metrics_sample(&m, LABELS({ "a", long_value }), 1);
        ck_assert_uint_lt(m.text.size, 400);
        metrics_done(&m);
}
END_TEST

START_TEST(numbers_are_written_so_that_they_are_read_as_they_were) {
        static const struct {
                double value;
                const char *text;
        } cases[] = {
                { 0, "x 0\n" },
                { -1, "x -1\n" },
                { 0.25, "x 0.25\n" },
                { 0.1, "x 0.1\n" },
                { 1700000000, "x 1700000000\n" },
                { 1700000000.5, "x 1700000000.5\n" },
                { 9007199254740991.0, "x 9007199254740991\n" },
                { NAN, "x NaN\n" },
                { INFINITY, "x +Inf\n" },
                { -INFINITY, "x -Inf\n" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Metrics m = { .name = "x" };
                metrics_sample(&m, NO_LABELS, cases[i].value);
                _cleanup_free_ char *text = taken(&m);
                ck_assert_str_eq(text, cases[i].text);
        }
}
END_TEST

START_TEST(an_observation_counts_in_its_bucket_and_in_all_above) {
        Histogram h = { .n_bounds = 2, .bounds = { 0.5, 1 } };
        Metrics m = { 0 };

        histogram_observe(&h, 0.25);
        histogram_observe(&h, 0.5); /* a bound is part of its bucket */
        histogram_observe(&h, 0.75);
        histogram_observe(&h, 5);
        ck_assert_uint_eq(histogram_count(&h), 4);
        metrics_family(&m, METRIC_HISTOGRAM, "x_seconds", "How long.");
        metrics_histogram(&m, LABELS({ "node", "a" }), &h);
        metrics_histogram(&m, NO_LABELS, &h);
        _cleanup_free_ char *text = taken(&m);
        ck_assert_str_eq(text, "# HELP x_seconds How long.\n"
                               "# TYPE x_seconds histogram\n"
                               "x_seconds_bucket{node=\"a\",le=\"0.5\"} 2\n"
                               "x_seconds_bucket{node=\"a\",le=\"1\"} 3\n"
                               "x_seconds_bucket{node=\"a\",le=\"+Inf\"} 4\n"
                               "x_seconds_sum{node=\"a\"} 6.5\n"
                               "x_seconds_count{node=\"a\"} 4\n"
                               "x_seconds_bucket{le=\"0.5\"} 2\n"
                               "x_seconds_bucket{le=\"1\"} 3\n"
                               "x_seconds_bucket{le=\"+Inf\"} 4\n"
                               "x_seconds_sum 6.5\n"
                               "x_seconds_count 4\n");
}
END_TEST

START_TEST(the_bounds_of_a_new_histogram_ascend) {
        Histogram h;

        histogram_init(&h);
        ck_assert_uint_gt(h.n_bounds, 5);
        ck_assert_uint_eq(histogram_count(&h), 0);
        for (size_t i = 1; i < h.n_bounds; i++)
                ck_assert_double_gt(h.bounds[i], h.bounds[i - 1]);
        histogram_observe(&h, 1e9);
        ck_assert_uint_eq(h.counts[h.n_bounds], 1);
}
END_TEST

TEST_MAIN("metrics", a_family_says_what_it_is_before_its_samples, a_label_that_is_not_there_is_left_out,
          no_value_of_a_label_breaks_out_of_it, a_value_of_a_label_may_not_fill_the_page,
          numbers_are_written_so_that_they_are_read_as_they_were, an_observation_counts_in_its_bucket_and_in_all_above,
          the_bounds_of_a_new_histogram_ascend)
