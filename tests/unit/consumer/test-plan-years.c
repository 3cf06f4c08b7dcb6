/* Years of one certificate, whatever it lives, whoever dates it back, and however late anybody looks: the plan by the
 * properties that it is to have. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/plan-ground.h"

#include <stdlib.h>

enum {
        YEARS = 3 * 365 * DAY,
        ORDERS_MAX = 1000, /* of one run: three years of certificates that live for minutes take too long */
        RUNS = 40,
};

typedef struct Run {
        Ground ground;
        int64_t now, lifetime, dated_back;
        int64_t last_order;
        int orders, changes;
        unsigned seed;
} Run;

static double chance(Run *r) {
        return (double)rand_r(&r->seed) / RAND_MAX;
}

/* From a minute to a year, each order of magnitude alike. */
static int64_t random_lifetime(Run *r) {
        return (int64_t)((double)(MINUTE << rand_r(&r->seed) % 19) * (1 + chance(r)));
}

static void begin(Run *r, unsigned seed) {
        _cleanup_free_ char *base = xasprintf("base%u.org", seed);

        *r = (Run){ .now = NOW, .seed = seed };
        ground_begin(&r->ground, base);
        r->lifetime = random_lifetime(r);
        if (seed % 2)
                r->dated_back = (int64_t)(chance(r) * HOUR);
}

/* The process ends and another one reads what it knew. */
static void restart(Run *r) {
        _cleanup_free_ char *bytes = history_encode(r->ground.history);
        History *again;

        ck_assert_int_eq(history_decode(&again, bytes, strlen(bytes)), 0);
        (void)history_free(r->ground.history);
        r->ground.history = again;
}

static void issue(Run *r) {
        Ground *g = &r->ground;
        _cleanup_free_ char *names = string_list_join(&g->wanted.names, " ");

        history_ordered(g->history, r->now);
        history_issued(g->history, r->now, CA, NULL, NULL);
        ground_install(g, names, r->now - r->dated_back, r->now + r->lifetime);
        r->last_order = r->now;
        r->orders++;
}

/* Somebody adds a name, or takes those away that were added. */
static void change_names(Run *r) {
        StringList *names = &r->ground.wanted.names;

        if (names->count < 5) {
                string_list_addf(names, "www%zu.org", names->count);
                r->changes++;
        } else {
                _cleanup_free_ char *base = xstrdup(names->items[0]);
                ground_set_names(names, base);
        }
}

/* Sleeps until the plan says so, and perhaps a little longer. */
static void sleep_until(Run *r, int64_t at) {
        int64_t slept = at - r->now;

        ck_assert_int_gt(slept, 0);
        if (chance(r) < 0.1)
                r->now += (int64_t)(chance(r) * (double)slept);
        else
                r->now = at + (int64_t)(chance(r) * (double)r->lifetime / 20);
}

START_TEST(while_a_ca_gives_them_there_is_always_one_that_is_valid) {
        for (unsigned seed = 1; seed <= RUNS; seed++) {
                Run r;
                begin(&r, seed);
                while (r.now < NOW + YEARS && r.orders < ORDERS_MAX) {
                        CertificateStep step = ground_plan(&r.ground, r.now);
                        ck_assert(r.orders == 0 || r.now < r.ground.installed.not_after);
                        if (step.at > r.now) {
                                ck_assert_int_eq(step.act, CERTIFICATE_KEEP);
                                ck_assert_int_lt(step.at, r.ground.installed.not_after);
                                sleep_until(&r, step.at);
                                if (chance(&r) < 0.01)
                                        change_names(&r);
                                continue;
                        }
                        ck_assert_int_ne(step.act, CERTIFICATE_KEEP);
                        if (step.act == CERTIFICATE_RENEW)
                                ck_assert_int_ge(r.now - r.last_order, r.lifetime / 2);
                        issue(&r);
                        if (chance(&r) < 0.1)
                                restart(&r);
                }
                ck_assert_int_gt(r.orders, 1);
                ck_assert_int_le(r.orders - r.changes - 1, (r.now - NOW) / (r.lifetime / 2));
                ground_end(&r.ground);
        }
}
END_TEST

START_TEST(while_no_ca_does_the_tries_become_one_a_day) {
        enum { UNTIL_A_DAY = 18 }; /* doublings from a second, and one for what was waited before */

        for (unsigned seed = 1; seed <= RUNS; seed++) {
                Run r;
                int64_t wait = 0;
                begin(&r, seed);
                if (seed % 3)
                        issue(&r);
                int64_t first_wait = 1 + (int64_t)(chance(&r) * 600), failed_at = 0;
                for (int tries = 0; r.now < NOW + YEARS;) {
                        CertificateStep step = ground_plan(&r.ground, r.now);
                        if (step.at > r.now) {
                                r.now = step.at;
                                if (chance(&r) < 0.1)
                                        restart(&r);
                                continue;
                        }
                        if (tries > 1)
                                ck_assert_int_ge(r.now - failed_at, wait - wait / 10);
                        if (tries > 0) {
                                wait = r.now - failed_at;
                                ck_assert_int_ge(wait, first_wait);
                                ck_assert_int_le(wait, DAY);
                                ck_assert(tries < UNTIL_A_DAY || wait == DAY);
                        }
                        failed_at = r.now;
                        ground_fail(&r.ground, r.now, first_wait, chance(&r));
                        tries++;
                        r.orders++;
                }
                ck_assert_int_ge(r.orders, (YEARS - r.lifetime) / DAY - 1);
                ck_assert_int_le(r.orders, YEARS / DAY + UNTIL_A_DAY);
                ground_end(&r.ground);
        }
}
END_TEST

/* Names that change every minute do not get around it. */
START_TEST(names_that_keep_changing_come_to_few_tries) {
        Run r;

        begin(&r, 1);
        for (; r.now < NOW + DAY; r.now += MINUTE) {
                _cleanup_free_ char *names = xasprintf("base.org www%d.org", (int)r.now);
                ground_set_names(&r.ground.wanted.names, names);
                if (ground_plan(&r.ground, r.now).at > r.now)
                        continue;
                ground_fail(&r.ground, r.now, 60, 0);
                r.orders++;
        }
        ck_assert_int_le(r.orders, HISTORY_CHANGES_MAX * (DAY / HISTORY_CHANGES_SEC + 1));
        ground_end(&r.ground);
}
END_TEST

TEST_MAIN("plan-years", while_a_ca_gives_them_there_is_always_one_that_is_valid,
          while_no_ca_does_the_tries_become_one_a_day, names_that_keep_changing_come_to_few_tries)
