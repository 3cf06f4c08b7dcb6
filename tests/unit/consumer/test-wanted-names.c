/* Names that leave their certificates: one that fails does not fail the rest, and none is left without. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/wanted-ground.h"

typedef struct Case {
        const char *wishes[5]; /* the names of each */
        const char *leaving, *wanted;
} Case;

static void begin(Given *g, const Case *c) {
        given_begin(g);
        g->policy.has_dns = true;
        for (size_t k = 0; k < 5 && c->wishes[k]; k++) {
                _cleanup_free_ char *publisher = xasprintf("w%zu", k);
                given_wish(g, c->wishes[k], publisher)->key_type = (KeyType)(KEY_TYPE_RSA_2048 + k);
        }
}

static void expect(Given *g, const WantedCertificates *w, const char *wanted) {
        _cleanup_free_ char *text = wanted_text(w);

        ck_assert_str_eq(text, wanted);
        given_end(g);
}

START_TEST(names_that_fail_go_on_by_themselves) {
        static const Case cases[] = {
                { { "a.org b.org" }, "", "a.org b.org: ca 2048 from w0\n" },
                { { "a.org b.org" }, "b.org", "a.org: ca 2048 from w0\nb.org: ca 2048 from w0\n" },
                { { "a.org b.org c.org" },
                  "b.org c.org",
                  "a.org: ca 2048 from w0\nb.org: ca 2048 from w0\nc.org: ca 2048 from w0\n" },
                /* The base. */
                { { "a.org b.org c.org" }, "a.org", "a.org: ca 2048 from w0\nb.org c.org: ca 2048 from w0\n" },
                /* All. */
                { { "a.org b.org" }, "a.org b.org", "a.org: ca 2048 from w0\nb.org: ca 2048 from w0\n" },
                /* Alone already. */
                { { "a.org" }, "a.org", "a.org: ca 2048 from w0\n" },
                { { "a.org b.org", "b.org" }, "b.org", "a.org: ca 2048 from w0\nb.org: ca 3072 from w1\n" },
                /* In two certificates: one of its own. */
                { { "a.org c.org", "b.org c.org" },
                  "c.org",
                  "a.org: ca 2048 from w0\nb.org: ca 3072 from w1\nc.org: ca 2048 from w0\n" },
                /* The base of one, another name of the other. */
                { { "a.org b.org", "b.org c.org" },
                  "b.org",
                  "a.org: ca 2048 from w0\nb.org: ca 2048 from w0\nc.org: ca 3072 from w1\n" },
                /* The next name is somebody's base. */
                { { "a.org b.org c.org", "b.org d.org" },
                  "a.org",
                  "a.org: ca 2048 from w0\nb.org d.org: ca 3072 from w1\nc.org b.org: ca 2048 from w0\n" },
                /* And so is the last one: all its names have certificates. */
                { { "a.org b.org", "b.org d.org" },
                  "a.org",
                  "a.org: ca 2048 from w0\nb.org d.org: ca 3072 from w1\n" },
                /* Two that lose theirs: the first one takes the name. */
                { { "a.org x.org y.org", "b.org x.org y.org" },
                  "a.org b.org",
                  "a.org: ca 2048 from w0\nb.org: ca 3072 from w1\nx.org y.org: ca 2048 from w0\n"
                  "y.org x.org: ca 3072 from w1\n" },
                { { "*.a.org a.org" }, "a.org", "*.a.org: ca 2048 dns-01 from w0\na.org: ca 2048 dns-01 from w0\n" },
                /* It could have no folder: it stays. */
                { { "a.org b.crt" }, "b.crt", "a.org b.crt: ca 2048 from w0\n" },
                { { "a.org b.crt c.org" }, "a.org", "a.org: ca 2048 from w0\nc.org b.crt: ca 2048 from w0\n" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Given g;
                begin(&g, &cases[i]);
                _cleanup_(wanted_freep) WantedCertificates *w = wanted_from_sites(&g.sites, &g.policy);
                wanted_isolate(w, is_word_of, (void *)cases[i].leaving);
                expect(&g, w, cases[i].wanted);
        }
}
END_TEST

START_TEST(names_that_are_left_out_are_said_to_be) {
        static const Case cases[] = {
                { { "a.org b.org" }, "", "a.org b.org: ca 2048 from w0\n" },
                { { "a.org b.org" }, "b.org", "a.org: ca 2048 from w0\naside b.org of w0: it is foreign\n" },
                { { "a.org b.org" }, "a.org", "b.org: ca 2048 from w0\naside a.org of w0: it is foreign\n" },
                { { "a.org" }, "a.org", "aside a.org of w0: it is foreign\n" },
                { { "a.org b.org", "b.org c.org" },
                  "a.org b.org",
                  "c.org: ca 3072 from w1\naside a.org of w0: it is foreign\naside b.org of w0: it is foreign\n"
                  "aside b.org of w1: it is foreign\n" },
                { { "a.org b.crt", "c.org" }, "a.org", "c.org: ca 3072 from w1\naside a.org of w0: it is foreign\n" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Given g;
                begin(&g, &cases[i]);
                _cleanup_(wanted_freep) WantedCertificates *w = wanted_from_sites(&g.sites, &g.policy);
                wanted_drop(w, is_word_of, (void *)cases[i].leaving, "it is foreign");
                expect(&g, w, cases[i].wanted);
        }
}
END_TEST

START_TEST(nobody_is_told_of_a_site_that_needs_none) {
        Given g;

        given_begin(&g);
        g.policy.every_site = true;
        (void)given_site(&g, "a.org");
        (void)given_site(&g, "b.org");
        _cleanup_(wanted_freep) WantedCertificates *w = wanted_from_sites(&g.sites, &g.policy);
        wanted_drop(w, is_word_of, (void *)"a.org", "it is foreign");
        expect(&g, w, "auto b.org: ca from web\n");
}
END_TEST

/* Whatever leaves, each name that was wanted still is, bases differ, and doing it again changes nothing. */
static void expect_all_names_kept(const WantedCertificates *before, const WantedCertificates *after) {
        for (size_t i = 0; i < before->count; i++)
                for (size_t k = 0; k < before->items[i].names.count; k++) {
                        bool found = false;
                        for (size_t n = 0; n < after->count; n++)
                                found |= string_list_contains(&after->items[n].names, before->items[i].names.items[k]);
                        ck_assert_msg(found, "%s", before->items[i].names.items[k]);
                }
        for (size_t i = 1; i < after->count; i++)
                ck_assert_int_lt(strcmp(after->items[i - 1].names.items[0], after->items[i].names.items[0]), 0);
}

static char *random_names(int first, unsigned *seed) {
        Text t = { 0 };

        text_appendf(&t, "%c.org", 'a' + first);
        for (int i = 0; i < 10; i++)
                if (i != first && rand_r(seed) % 3 == 0)
                        text_appendf(&t, " %c.org", 'a' + i);
        return text_take(&t);
}

START_TEST(no_name_is_lost_whatever_fails) {
        for (unsigned seed = 1; seed <= 2000; seed++) {
                Given g;
                unsigned state = seed;
                given_begin(&g);
                for (int i = 0; i < 10; i++)
                        if (rand_r(&state) % 2) {
                                _cleanup_free_ char *names = random_names(i, &state);
                                (void)given_wish(&g, names, "web");
                        }
                _cleanup_(wanted_freep) WantedCertificates *before = wanted_from_sites(&g.sites, &g.policy);
                _cleanup_(wanted_freep) WantedCertificates *after = wanted_from_sites(&g.sites, &g.policy);
                _cleanup_free_ char *leaving = random_names((int)(seed % 10), &state);
                wanted_isolate(after, is_word_of, leaving);
                expect_all_names_kept(before, after);
                _cleanup_free_ char *once = wanted_text(after);
                wanted_isolate(after, is_word_of, leaving);
                _cleanup_free_ char *twice = wanted_text(after);
                ck_assert_str_eq(once, twice);
                given_end(&g);
        }
}
END_TEST

TEST_MAIN("wanted-names", names_that_fail_go_on_by_themselves, names_that_are_left_out_are_said_to_be,
          nobody_is_told_of_a_site_that_needs_none, no_name_is_lost_whatever_fails)
