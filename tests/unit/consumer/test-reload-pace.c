/* Changes are gathered longer while many workers of nginx are still shutting down. */
#include "consumer/nginx/reload-pace.h"

#include "tests/unit/check-main.h"

enum { MSEC = 1000, SECOND = 1000 * MSEC };

START_TEST(the_window_grows_with_the_workers_that_linger) {
        static const struct {
                uint64_t interval;
                size_t serving, ending;
                uint64_t window;
        } cases[] = {
                { 250 * MSEC, 1, 0, 250 * MSEC },
                { 250 * MSEC, 1, 3, 250 * MSEC }, /* a few */
                { 250 * MSEC, 1, 4, 500 * MSEC },
                { 250 * MSEC, 1, 5, 1000 * MSEC },
                { 250 * MSEC, 1, 11, 60 * SECOND },
                { 250 * MSEC, 1, 1000000, 60 * SECOND },
                { 250 * MSEC, 8, 24, 250 * MSEC }, /* as many generations */
                { 250 * MSEC, 8, 25, 500 * MSEC },
                { 250 * MSEC, 8, 32, 500 * MSEC },
                { 250 * MSEC, 8, 33, 1000 * MSEC },
                { 250 * MSEC, 0, 4, 500 * MSEC }, /* between two generations */
                { 0, 1, 3, 0 },
                { 0, 1, 4, 500 * MSEC },
                { 60 * SECOND, 1, 0, 60 * SECOND },
                { 60 * SECOND, 1, 9, 60 * SECOND },
                { 90 * SECOND, 1, 9, 90 * SECOND },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                NginxWorkers workers = { cases[i].serving, cases[i].ending };
                ck_assert_uint_eq(reload_pace(cases[i].interval, workers), cases[i].window);
        }
}
END_TEST

TEST_MAIN("reload-pace", the_window_grows_with_the_workers_that_linger)
