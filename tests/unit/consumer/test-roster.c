/* All certificates: what fails does not hold up the others, what is installed stays in service, what is known of it is
 * forgotten in time. */
#include "consumer/certs/budget.h"
#include "consumer/certs/histories.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/roster-ground.h"

#include <unistd.h>

static Ground g;

/* The base that a name is served by; NULL: none. The caller owns it. */
static char *served_by(const char *name) {
        _cleanup_free_ char *file = xasprintf("%s.crt", name), *path = scratch_path(file);
        char target[256];
        ssize_t size = readlink(path, target, sizeof target - 1);

        if (size < 0)
                return NULL;
        target[size] = '\0';
        const char *cursor = target;
        free(next_word(&cursor, "/"));
        return next_word(&cursor, "/");
}

static void expect_served(const char *name, const char *base) {
        _cleanup_free_ char *served = served_by(name);

        ck_assert_str_eq(served ? served : "nobody", base);
}

/* As an order that has gone well leaves it. */
static void issued(const char *base, int64_t now) {
        Managed *m = ground_find(&g, base);

        history_issued(m->history, now, CA, NULL, NULL);
        managed_save(m, &g.roster->places);
}

START_TEST(a_name_that_fails_goes_on_by_itself_and_is_remembered) {
        ground_begin(&g);
        ground_wish(&g, "a.org b.org c.org", TEST_NOW);
        ground_isolate(&g, "a.org", "b.org", TEST_NOW);
        ground_expect(&g, "a.org c.org | b.org");
        ground_restart(&g);
        ground_wish(&g, "a.org b.org c.org", TEST_NOW);
        ground_expect(&g, "a.org c.org | b.org");
        ground_end(&g);
}
END_TEST

START_TEST(where_the_first_name_fails_the_others_go_by_their_next) {
        ground_begin(&g);
        ground_wish(&g, "a.org b.org c.org", TEST_NOW);
        ground_isolate(&g, "a.org", "a.org", TEST_NOW);
        ground_expect(&g, "a.org | b.org c.org");
        ground_isolate(&g, "b.org", "c.org", TEST_NOW);
        ground_expect(&g, "a.org | b.org | c.org");
        ground_end(&g);
}
END_TEST

START_TEST(an_installed_pair_serves_all_its_names_until_each_has_another) {
        static const struct { const char *failing, *rest; } cases[] = { { "b.org", "a.org" }, { "a.org", "b.org" } };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_pair_ TestPair old = test_pair("a.org b.org");
                ground_begin(&g);
                _cleanup_test_pair_ TestPair other = test_pair(cases[i].rest);
                ck_assert_int_eq(install(&old, NULL), 0);
                ground_wish(&g, "a.org b.org", TEST_NOW);
                ground_isolate(&g, "a.org", cases[i].failing, TEST_NOW);
                ck_assert(holds("a.org", &old) && holds("b.org", &old));
                expect_served("a.org", "a.org");
                expect_served("b.org", "b.org");

                Managed *rest = ground_find(&g, cases[i].rest);
                ck_assert_int_eq(
                        managed_install(rest, &g.roster->places, &other.names, other.chain, other.key, TEST_NOW, NULL),
                        0);
                ck_assert(holds(cases[i].rest, &other) && holds(cases[i].failing, &old));
                expect_served(cases[i].failing, cases[i].failing);
                ground_end(&g);
        }
}
END_TEST

START_TEST(a_name_comes_back_when_it_was_issued_since) {
        ground_begin(&g);
        ground_wish(&g, "a.org b.org c.org", TEST_NOW);
        ground_isolate(&g, "a.org", "b.org c.org", TEST_NOW);
        issued("b.org", TEST_NOW + MINUTE);
        _cleanup_free_ char *back = ground_rejoin(&g, "a.org", TEST_NOW + DAY);
        ck_assert_str_eq(back, "b.org");
        ground_expect(&g, "a.org b.org | c.org");
        ck_assert_ptr_null(roster_find(g.roster, "b.org"));
        ground_restart(&g);
        ground_wish(&g, "a.org b.org c.org", TEST_NOW);
        ground_expect(&g, "a.org b.org | c.org");
        ground_end(&g);
}
END_TEST

START_TEST(a_first_name_comes_back_too) {
        ground_begin(&g);
        ground_wish(&g, "a.org b.org", TEST_NOW);
        ground_isolate(&g, "a.org", "a.org", TEST_NOW);
        issued("a.org", TEST_NOW + MINUTE);
        _cleanup_free_ char *back = ground_rejoin(&g, "b.org", TEST_NOW + DAY);
        ck_assert_str_eq(back, "a.org");
        ground_expect(&g, "a.org b.org");
        ground_end(&g);
}
END_TEST

/* It was fine once: the others would be kept from their renewal again and again. */
START_TEST(a_name_that_is_tried_in_vain_does_not_come_back) {
        ground_begin(&g);
        ground_wish(&g, "a.org b.org", TEST_NOW);
        ground_isolate(&g, "a.org", "b.org", TEST_NOW);
        issued("b.org", TEST_NOW);
        managed_wait(ground_find(&g, "b.org"), TEST_NOW, "it does not answer");
        _cleanup_free_ char *unreachable = ground_rejoin(&g, "a.org", TEST_NOW);
        ck_assert_str_eq(unreachable, "");
        ground_find(&g, "b.org")->quiet_times = 0;
        history_failed(ground_find(&g, "b.org")->history, NULL, TEST_NOW, 60, 0, 0, "no");
        _cleanup_free_ char *failing = ground_rejoin(&g, "a.org", TEST_NOW);
        ck_assert_str_eq(failing, "");
        ground_end(&g);
}
END_TEST

START_TEST(two_certificates_may_share_names) {
        ground_begin(&g);
        ground_wish(&g, "a.org c.org | b.org c.org", TEST_NOW);
        ground_isolate(&g, "a.org", "c.org", TEST_NOW);
        ground_expect(&g, "a.org | b.org | c.org");
        issued("c.org", TEST_NOW);
        _cleanup_free_ char *back = ground_rejoin(&g, "b.org", TEST_NOW);
        ck_assert_str_eq(back, "c.org");
        ground_expect(&g, "a.org c.org | b.org c.org");
        ground_end(&g);
}
END_TEST

START_TEST(what_nobody_wants_is_forgotten) {
        ground_begin(&g);
        ground_wish(&g, "a.org b.org | c.org", TEST_NOW);
        ground_isolate(&g, "a.org", "b.org", TEST_NOW);
        ground_wish(&g, "c.org", TEST_NOW);
        ck_assert_ptr_null(roster_find(g.roster, "a.org"));
        ck_assert_ptr_null(ground_find(&g, "b.org")->wanted);
        ground_end(&g);
}
END_TEST

static bool is_on_disk(const char *base) {
        _cleanup_free_ char *path = xasprintf("%s/%s.json", g.history_dir, base);

        return access(path, F_OK) == 0;
}

START_TEST(histories_go_when_they_limit_nothing_any_more) {
        ground_begin(&g);
        ground_wish(&g, "a.org b.org | c.org", TEST_NOW);
        ground_isolate(&g, "a.org", "b.org", TEST_NOW);
        issued("a.org", TEST_NOW);
        issued("b.org", TEST_NOW);
        issued("c.org", TEST_NOW);
        ground_wish(&g, "c.org", TEST_NOW);
        roster_prune(g.roster, TEST_NOW + DAY);
        ck_assert(is_on_disk("a.org") && is_on_disk("b.org") && is_on_disk("c.org"));
        roster_prune(g.roster, TEST_NOW + 8 * DAY);
        ck_assert(!is_on_disk("a.org") && !is_on_disk("b.org") && is_on_disk("c.org"));
        ck_assert_ptr_null(roster_find(g.roster, "b.org"));
        ck_assert_ptr_nonnull(roster_find(g.roster, "c.org"));
        ground_end(&g);
}
END_TEST

START_TEST(what_was_issued_counts_though_it_is_not_there) {
        const StringList names = { (char *[]){ (char *)"a.org" }, 1 };
        _cleanup_(budget_freep) Budget *b = budget_new();
        const char *limit = NULL;

        ground_begin(&g);
        ground_wish(&g, "a.org", TEST_NOW);
        for (int i = 0; i < BUDGET_SAME_NAMES; i++)
                issued("a.org", TEST_NOW);
        histories_count(g.history_dir, scratch, b, TEST_NOW);
        ck_assert_int_gt(budget_order_at(b, &names, false, TEST_NOW, &limit), TEST_NOW);
        ck_assert_str_eq(limit, "the limit of certificates in 7 days for its names");
        ground_end(&g);
}
END_TEST

static void make_keys(void) {
        for (Managed *m = g.roster->all; m; m = m->hh.next) {
                char *message = NULL;
                ck_assert_int_eq(account_make_key(m->account, &message), 0);
        }
}

static char *thumbprint_of(const char *file) {
        _cleanup_free_ char *path = scratch_path(file);
        char *text = NULL;
        size_t size;

        return file_read(path, 100, &text, &size) == 0 ? text : NULL;
}

START_TEST(a_name_of_two_accounts_is_answered_for_one_and_always_the_same) {
        ground_begin(&g);
        (void)given_wish(&g.given, "a.org c.org", "web");
        given_wish(&g.given, "b.org c.org", "web")->email = (char *)"b@b.org";
        given_wish(&g.given, "d.org", "web")->email = (char *)"b@b.org";
        roster_settle(g.roster, &g.given.sites, TEST_NOW);
        make_keys();
        roster_write_thumbprints(g.roster);
        _cleanup_free_ char *first = thumbprint_of("c.org.thumbprint"),
                            *standard = thumbprint_of("default.thumbprint");
        roster_write_thumbprints(g.roster);
        _cleanup_free_ char *second = thumbprint_of("c.org.thumbprint");
        ck_assert_ptr_nonnull(standard);
        ck_assert(streq_or_null(first, second));
        ground_end(&g);
}
END_TEST

/* Many accounts, as where each container has an email of its own. */
START_TEST(ten_thousand_certificates_of_as_many_accounts_are_no_burden) {
        enum { COUNT = 10000 };
        CertificateRequest *requests = xcalloc(COUNT, sizeof *requests);
        _cleanup_free_ CertificateRequest **all = xcalloc(COUNT, sizeof *all);
        char *(*names)[1] = xcalloc(COUNT, sizeof *names);

        ground_begin(&g);
        for (size_t i = 0; i < COUNT; i++) {
                names[i][0] = xasprintf("n%05zu.org", i);
                requests[i].names = (StringList){ names[i], 1 };
                all[i] = &requests[i];
                requests[i].terms.email = xasprintf("%zu@example.org", i);
        }
        Sites sites = { .requests = all, .n_requests = COUNT };
        roster_settle(g.roster, &sites, TEST_NOW);
        roster_settle(g.roster, &sites, TEST_NOW);
        ck_assert_uint_eq(HASH_COUNT(g.roster->all), COUNT);
        for (size_t i = 0; i < COUNT; i++) {
                free(names[i][0]);
                free(requests[i].terms.email);
        }
        free(names);
        free(requests);
        ground_end(&g);
}
END_TEST

TEST_MAIN("roster", a_name_that_fails_goes_on_by_itself_and_is_remembered,
          where_the_first_name_fails_the_others_go_by_their_next,
          an_installed_pair_serves_all_its_names_until_each_has_another, a_name_comes_back_when_it_was_issued_since,
          a_first_name_comes_back_too, a_name_that_is_tried_in_vain_does_not_come_back,
          two_certificates_may_share_names, what_nobody_wants_is_forgotten,
          histories_go_when_they_limit_nothing_any_more, what_was_issued_counts_though_it_is_not_there,
          a_name_of_two_accounts_is_answered_for_one_and_always_the_same,
          ten_thousand_certificates_of_as_many_accounts_are_no_burden)
