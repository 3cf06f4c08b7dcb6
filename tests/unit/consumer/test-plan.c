/* What is done about a certificate, and when. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/plan-ground.h"

static Ground g;

static void expect_act(CertificateAct act, const char *why) {
        CertificateStep step = ground_plan(&g, NOW);

        ck_assert_str_eq(step.why, why);
        ck_assert_int_eq(step.act, act);
        ck_assert_int_ge(step.at, step.due);
        ck_assert(step.act == CERTIFICATE_KEEP ? step.due > NOW : step.due <= NOW);
}

START_TEST(what_is_not_there_is_issued_at_once) {
        ground_begin(&g, "a.org");
        expect_act(CERTIFICATE_ISSUE, "there is none");
        CertificateStep step = ground_plan(&g, NOW);
        ck_assert_int_eq(step.at, NOW);
        ck_assert(!step.is_renewal);
        ground_end(&g);
}
END_TEST

START_TEST(names_decide_whether_it_is_kept) {
        static const struct {
                const char *wanted, *installed;
                CertificateAct act;
        } cases[] = {
                { "a.org", "a.org", CERTIFICATE_KEEP },
                { "c.org a.org b.org", "a.org b.org c.org", CERTIFICATE_KEEP },
                { "a.org", "a.org b.org", CERTIFICATE_KEEP },
                { "a.org x.b.org", "a.org *.b.org", CERTIFICATE_KEEP },
                { "a.org b.org", "a.org", CERTIFICATE_REISSUE },
                { "a.org", "b.org", CERTIFICATE_REISSUE },
                { "*.a.org", "a.a.org b.a.org", CERTIFICATE_REISSUE },
                { "a.org x.y.b.org", "a.org *.b.org", CERTIFICATE_REISSUE },
                { "a.org", "", CERTIFICATE_REISSUE },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                ground_begin(&g, cases[i].wanted);
                ground_install(&g, cases[i].installed, NOW - DAY, NOW + 89 * DAY);
                expect_act(cases[i].act,
                           cases[i].act == CERTIFICATE_KEEP ? "it is as it is to be" : "its names have changed");
                ground_end(&g);
        }
}
END_TEST

START_TEST(what_was_asked_for_otherwise_is_issued_anew) {
        static const struct {
                const char *ca, *chain, *profile, *why;
                KeyType key_type;
        } cases[] = {
                { CA, "Root", "short", NULL, KEY_TYPE_EC_256 },
                { CA, "Root", "short", "its key is to be of another type", KEY_TYPE_RSA_2048 },
                { CA, "Root", "short", "its key is to be of another type", KEY_TYPE_UNSET },
                { "https://b/", "Root", "short", "it is to come from another CA", KEY_TYPE_EC_256 },
                { CA, NULL, "short", "it is to have another chain", KEY_TYPE_EC_256 },
                { CA, "root", "short", "it is to have another chain", KEY_TYPE_EC_256 },
                { CA, "Root", NULL, "it is to have another profile", KEY_TYPE_EC_256 },
                /* Taken over: nobody knows. */
                { NULL, NULL, NULL, NULL, KEY_TYPE_EC_256 },
                { NULL, NULL, NULL, "its key is to be of another type", KEY_TYPE_EC_384 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                ground_begin(&g, "a.org");
                g.wanted.terms.preferred_chain = "Root";
                g.wanted.terms.profile = "short";
                ground_install(&g, "a.org", NOW - DAY, NOW + 89 * DAY);
                g.installed.key_type = cases[i].key_type;
                if (cases[i].ca)
                        history_issued(g.history, NOW - DAY, cases[i].ca, cases[i].chain, cases[i].profile);
                expect_act(cases[i].why ? CERTIFICATE_REISSUE : CERTIFICATE_KEEP,
                           cases[i].why ? cases[i].why : "it is as it is to be");
                ck_assert(!ground_plan(&g, NOW).is_renewal);
                ground_end(&g);
        }
}
END_TEST

START_TEST(a_third_before_its_end_it_is_renewed) {
        static const int64_t lifetimes[] = { MINUTE, 10 * MINUTE, 6 * DAY, 90 * DAY, 398 * DAY };

        for (size_t i = 0; i < sizeof lifetimes / sizeof *lifetimes; i++) {
                int64_t lifetime = lifetimes[i];
                ground_begin(&g, "a.org");
                ground_install(&g, "a.org", NOW, NOW + lifetime);
                CertificateStep keep = ground_plan(&g, NOW + 1);
                ck_assert_int_eq(keep.act, CERTIFICATE_KEEP);
                ck_assert_int_ge(keep.due, NOW + lifetime - lifetime / 3 - lifetime / 10);
                ck_assert_int_le(keep.due, NOW + lifetime - lifetime / 3);
                ck_assert_int_eq(keep.at, keep.due);
                ck_assert_int_eq(ground_plan(&g, keep.due - 1).act, CERTIFICATE_KEEP);
                CertificateStep renew = ground_plan(&g, keep.due);
                ck_assert_int_eq(renew.act, CERTIFICATE_RENEW);
                ck_assert_int_eq(renew.at, keep.due);
                ck_assert_str_eq(renew.why, "it comes to its end");
                ck_assert(renew.is_renewal);
                ground_end(&g);
        }
}
END_TEST

START_TEST(what_has_expired_is_renewed_at_once) {
        ground_begin(&g, "a.org");
        ground_install(&g, "a.org", NOW - 90 * DAY, NOW - 1);
        expect_act(CERTIFICATE_RENEW, "it has expired");
        ck_assert_int_le(ground_plan(&g, NOW).at, NOW);
        ground_end(&g);
}
END_TEST

START_TEST(a_renewal_for_fewer_names_is_a_new_certificate_for_the_ca) {
        static const struct {
                const char *wanted, *installed;
                bool is_renewal;
        } cases[] = {
                { "b.org a.org", "a.org b.org", true },
                { "a.org", "a.org b.org", false },
                { "a.org x.b.org", "a.org *.b.org", false },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                ground_begin(&g, cases[i].wanted);
                ground_install(&g, cases[i].installed, NOW - 89 * DAY, NOW + DAY);
                ck_assert_int_eq(ground_plan(&g, NOW).act, CERTIFICATE_RENEW);
                ck_assert(ground_plan(&g, NOW).is_renewal == cases[i].is_renewal);
                ground_end(&g);
        }
}
END_TEST

START_TEST(renewals_spread) {
        enum { COUNT = 1000, TENTHS = 10 };
        int found[TENTHS] = { 0 };

        for (int i = 0; i < COUNT; i++) {
                _cleanup_free_ char *name = xasprintf("shop%d.example.org", i);
                ground_begin(&g, name);
                ground_install(&g, name, NOW, NOW + 90 * DAY);
                int64_t early = NOW + 60 * DAY - ground_plan(&g, NOW).due;
                ck_assert_int_ge(early, 0);
                ck_assert_int_le(early, 9 * DAY);
                found[early == 9 * DAY ? TENTHS - 1 : early * TENTHS / (9 * DAY)]++;
                ck_assert_int_eq(ground_plan(&g, NOW).due, ground_plan(&g, NOW + DAY).due);
                ground_end(&g);
        }
        for (int i = 0; i < TENTHS; i++)
                ck_assert_int_gt(found[i], COUNT / TENTHS / 2);
}
END_TEST

START_TEST(what_the_ca_dates_back_is_not_renewed_at_once) {
        ground_begin(&g, "a.org");
        history_issued(g.history, NOW, CA, NULL, NULL);
        ground_install(&g, "a.org", NOW - HOUR, NOW + MINUTE);
        ck_assert_int_eq(ground_plan(&g, NOW).act, CERTIFICATE_KEEP);
        ck_assert_int_eq(ground_plan(&g, NOW).due, NOW + MINUTE / 2);
        ground_end(&g);
}
END_TEST

START_TEST(a_history_of_another_certificate_delays_no_renewal) {
        static const int64_t issued[] = { NOW - 91 * DAY, NOW + DAY, NOW + 3 * DAY, NOW + 1000 * DAY };

        for (size_t i = 0; i < sizeof issued / sizeof *issued; i++) {
                ground_begin(&g, "a.org");
                history_issued(g.history, issued[i], CA, NULL, NULL);
                ground_install(&g, "a.org", NOW - 88 * DAY, NOW + 2 * DAY);
                ck_assert_int_eq(ground_plan(&g, NOW).act, CERTIFICATE_RENEW);
                ground_end(&g);
        }
}
END_TEST

START_TEST(absurd_times_are_no_trouble) {
        static const int64_t times[][2] = {
                { NOW, NOW },         { NOW, NOW - DAY }, { NOW - 1, NOW + 1 },
                { NOW + 1, NOW + 2 }, { 0, 0 },           { -DAY, INT64_C(253402300799) }
        };

        for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
                ground_begin(&g, "a.org");
                ground_install(&g, "a.org", times[i][0], times[i][1]);
                CertificateStep step = ground_plan(&g, NOW);
                ck_assert_int_eq(step.act, times[i][1] > NOW ? CERTIFICATE_KEEP : CERTIFICATE_RENEW);
                ck_assert_int_le(step.due, times[i][0] > times[i][1] ? times[i][0] : times[i][1]);
                ground_end(&g);
        }
}
END_TEST

START_TEST(a_failure_makes_it_wait) {
        ground_begin(&g, "a.org");
        ground_fail(&g, NOW - 10, 60, 0);
        CertificateStep issue = ground_plan(&g, NOW);
        ck_assert_int_eq(issue.due, NOW);
        ck_assert_int_eq(issue.at, NOW + 50);
        ground_install(&g, "a.org", NOW - 90 * DAY, NOW - 1);
        ck_assert_int_eq(ground_plan(&g, NOW).at, NOW + 50);
        ground_install(&g, "a.org", NOW, NOW + 90 * DAY);
        ck_assert_int_eq(ground_plan(&g, NOW).at, ground_plan(&g, NOW).due);
        ground_end(&g);
}
END_TEST

START_TEST(a_corrected_wish_does_not_wait_for_the_old_ones_failures) {
        ground_begin(&g, "a.org b.org");
        for (int i = 0; i < 12; i++)
                ground_fail(&g, NOW - DAY, 60, 0);
        ground_fail(&g, NOW - 10, 60, 0);
        ck_assert_int_eq(ground_plan(&g, NOW).at, NOW - 10 + DAY);
        ground_set_names(&g.wanted.names, "a.org");
        ck_assert_int_le(ground_plan(&g, NOW).at, NOW);
        ground_set_names(&g.wanted.names, "a.org b.org");
        ck_assert_int_eq(ground_plan(&g, NOW).at, NOW - 10 + DAY);
        g.wanted.terms.email = "new@a.org";
        ck_assert_int_le(ground_plan(&g, NOW).at, NOW);
        ground_end(&g);
}
END_TEST

START_TEST(acts_have_names) {
        ck_assert_str_eq(certificate_act_name(CERTIFICATE_KEEP), "keep");
        ck_assert_str_eq(certificate_act_name(CERTIFICATE_ISSUE), "issue");
        ck_assert_str_eq(certificate_act_name(CERTIFICATE_RENEW), "renew");
        ck_assert_str_eq(certificate_act_name(CERTIFICATE_REISSUE), "reissue");
}
END_TEST

TEST_MAIN("plan", what_is_not_there_is_issued_at_once, names_decide_whether_it_is_kept,
          what_was_asked_for_otherwise_is_issued_anew, a_third_before_its_end_it_is_renewed,
          what_has_expired_is_renewed_at_once, a_renewal_for_fewer_names_is_a_new_certificate_for_the_ca,
          renewals_spread, what_the_ca_dates_back_is_not_renewed_at_once,
          a_history_of_another_certificate_delays_no_renewal, absurd_times_are_no_trouble, a_failure_makes_it_wait,
          a_corrected_wish_does_not_wait_for_the_old_ones_failures, acts_have_names)
