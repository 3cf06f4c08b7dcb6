/* When results of checks are believed. */
#include "registrar/check-health.h"
#include "tests/unit/check-main.h"

#include <string.h>

/* What is known after each result: "?" nothing yet, "+" healthy, "-" unhealthy; results are "." passed, "x" failed. */
START_TEST(a_service_changes_when_enough_results_in_a_row_say_so) {
        static const struct {
                uint64_t fall, rise;
                const char *results, *known;
        } cases[] = {
                { 2, 2, "..x.x..", "+++++++" },
                { 2, 2, ".xx.x..", "++----+" },
                { 2, 2, "x.x..", "----+" },
                { 1, 1, ".x.x", "+-+-" },
                { 3, 1, ".xx.xxx.", "++++++-+" },
                { 1, 3, "x..x...", "------+" },
                { 3, 3, "x", "-" },
                { 3, 3, ".", "+" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                CheckSpec spec = { .fall = cases[i].fall, .rise = cases[i].rise };
                CheckHealth h = { .health = HEALTH_STARTING };
                for (size_t k = 0; cases[i].results[k]; k++) {
                        Health before = h.health;
                        bool told = check_health_take(&h, &spec, cases[i].results[k] == '.');
                        char known = h.health == HEALTH_HEALTHY ? '+' : h.health == HEALTH_UNHEALTHY ? '-' : '?';
                        ck_assert_msg(known == cases[i].known[k], "%s: %c after %zu", cases[i].results, known, k + 1);
                        ck_assert(told == (h.health != before));
                }
        }
}
END_TEST

TEST_MAIN("check-health", a_service_changes_when_enough_results_in_a_row_say_so)
