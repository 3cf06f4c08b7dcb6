/* Which certificates are to be there: what containers wish for, as far as the operator lets them. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/wanted-ground.h"

#define LABEL "a2345678901234567890123456789012345678901234567890123456789"
#define TOO_LONG LABEL "." LABEL "." LABEL "." LABEL

static Given g;

START_TEST(a_wish_is_for_a_certificate_on_the_operators_terms) {
        given_begin(&g);
        g.policy.key_type = KEY_TYPE_RSA_4096;
        g.policy.preferred_chain = "Root";
        g.policy.profile = "short";
        (void)given_wish(&g, "a.org b.org", "web@n1 api@n2");
        expect_wanted(&g, "a.org b.org: ca 4096 chain Root profile short from web@n1 api@n2\n");
        given_end(&g);
}
END_TEST

START_TEST(what_a_container_says_goes_before_but_for_the_email) {
        given_begin(&g);
        g.policy.preferred_chain = "Root";
        g.policy.profile = "short";
        g.policy.has_dns = true;
        *given_wish(&g, "a.org", "web") = (CertificateTerms){ .email = "web@a.org",
                                                              .key_type = KEY_TYPE_EC_384,
                                                              .challenge = CHALLENGE_DNS_01,
                                                              .preferred_chain = "Mine",
                                                              .profile = "long" };
        expect_wanted(&g, "a.org: ca ec-384 dns-01 web@a.org chain Mine profile long from web\n");
        g.policy.email = "op@b.org";
        expect_wanted(&g, "a.org: ca ec-384 dns-01 op@b.org chain Mine profile long from web\n");
        given_end(&g);
}
END_TEST

START_TEST(a_test_is_from_the_test_ca_unless_a_ca_is_named) {
        given_begin(&g);
        g.policy.profile = "short";
        given_wish(&g, "a.org", "web")->test = true;
        *given_wish(&g, "b.org", "web") = (CertificateTerms){ .test = true, .ca = OTHER_CA };
        *given_wish(&g, "c.org", "web") = (CertificateTerms){ .test = true, .ca = CA };
        expect_wanted(&g, "a.org: test-ca profile short from web\n"
                          "b.org: " OTHER_CA " from web\n"
                          "c.org: ca profile short from web\n");
        given_end(&g);
}
END_TEST

START_TEST(a_ca_that_the_operator_does_not_allow_is_not_asked) {
        given_begin(&g);
        given_wish(&g, "a.org", "web")->ca = "https://evil.example/";
        given_wish(&g, "b.org", "web")->ca = CA "/";
        given_wish(&g, "c.org", "web")->ca = TEST_CA;
        given_wish(&g, "d.org", "web")->ca = OTHER_CA;
        expect_wanted(&g, "c.org: test-ca from web\n"
                          "d.org: " OTHER_CA " from web\n"
                          "aside a.org of web: it is to come from a CA that is not allowed here; "
                          "--acme-allow-ca=https://evil.example/ allows it\n"
                          "aside b.org of web: it is to come from a CA that is not allowed here; "
                          "--acme-allow-ca=" CA "/ allows it\n");
        string_list_clear(&g.allowed_cas);
        g.policy.test_ca = NULL;
        expect_wanted(&(Given){ .sites = { .requests = &g.all_requests[3], .n_requests = 1 }, .policy = g.policy },
                      "aside d.org of web: it is to come from a CA that is not allowed here; "
                      "--acme-allow-ca=" OTHER_CA " allows it\n");
        given_end(&g);
}
END_TEST

START_TEST(a_wildcard_takes_dns_01_for_the_whole_certificate) {
        given_begin(&g);
        g.policy.has_dns = true;
        (void)given_wish(&g, "*.a.org a.org", "web");
        given_wish(&g, "b.org *.b.org", "web")->challenge = CHALLENGE_DNS_01;
        given_wish(&g, "c.org *.c.org", "web one")->challenge = CHALLENGE_HTTP_01;
        (void)given_wish(&g, "d.org", "web");
        expect_wanted(&g, "*.a.org a.org: ca dns-01 from web\n"
                          "b.org *.b.org: ca dns-01 from web\n"
                          "d.org: ca from web\n"
                          "aside c.org of web, one: a wildcard needs the challenge DNS-01, and HTTP-01 is asked "
                          "for: leave that out\n");
        g.policy.has_dns = false;
        expect_wanted(&g, "d.org: ca from web\n"
                          "aside *.a.org of web: a wildcard needs the challenge DNS-01, for which --acme-dns has to "
                          "name a provider\n"
                          "aside b.org of web: it needs the challenge DNS-01, for which --acme-dns has to name a "
                          "provider\n"
                          "aside c.org of web, one: a wildcard needs the challenge DNS-01, and HTTP-01 is asked "
                          "for: leave that out\n");
        given_end(&g);
}
END_TEST

START_TEST(a_name_that_no_ca_certifies_costs_the_others_nothing) {
#define NONE "no CA certifies a name of one label, or an address\n"
        given_begin(&g);
        (void)given_wish(&g, "192.0.2.1", "web");
        (void)given_wish(&g, "[2001:db8::1] a.org", "web");
        (void)given_wish(&g, "b.org *.org localhost", "web");
        (void)given_wish(&g, "~^x$ c.org", "web");
        g.policy.has_dns = true;
        expect_wanted(&g,
                      "a.org: ca from web\n"
                      "b.org: ca dns-01 from web\n"
                      "c.org: ca from web\n"
                      "aside *.org of web: " NONE "aside 192.0.2.1 of web: " NONE "aside [2001:db8::1] of web: " NONE
                      "aside localhost of web: " NONE "aside ~^x$ of web: " NONE);
        given_end(&g);
}
END_TEST

START_TEST(a_certificate_that_loses_its_first_name_takes_no_other_ones_place) {
        given_begin(&g);
        (void)given_wish(&g, "a.org", "one");
        (void)given_wish(&g, "localhost a.org b.org", "two");
        (void)given_wish(&g, "other a.org b.org", "three");
        expect_wanted(&g, "a.org: ca from one\n"
                          "b.org a.org: ca from two\n"
                          "aside localhost of two: " NONE "aside other of three: " NONE);
        given_end(&g);
}
END_TEST

START_TEST(a_base_that_can_be_no_folder_is_set_aside) {
        given_begin(&g);
        g.policy.every_site = true;
        (void)given_wish(&g, "_wildcard.a.org", "web");
        (void)given_wish(&g, "a.org " TOO_LONG, "web");
        (void)given_wish(&g, "c.org.crt", "web");
        (void)given_wish(&g, "d " TOO_LONG, "web");
        (void)given_site(&g, TOO_LONG "a");
        expect_wanted(&g, "a.org " TOO_LONG ": ca from web\n"
                          "aside _wildcard.a.org of web: its file would be that of the wildcard's certificate\n"
                          "aside " TOO_LONG "a of web: its first name is too long for a file's name\n"
                          "aside c.org.crt of web: its file would be that of another name's certificate or key\n"
                          "aside d of web: " NONE);
        given_end(&g);
}
END_TEST

START_TEST(every_site_gets_one_where_the_operator_says_so) {
        given_begin(&g);
        g.policy.email = "op@b.org";
        g.policy.has_dns = true;
        (void)given_wish(&g, "a.org b.org", "one");
        (void)given_wish(&g, "x.org *.x.org", "one");
        (void)given_site(&g, "*.w.org");
        (void)given_site(&g, "192.0.2.1");
        (void)given_site(&g, "a.a.org");
        (void)given_site(&g, "a.x.org");
        (void)given_site(&g, "b.a.x.org");
        (void)given_site(&g, "b.org");
        given_site(&g, "c.org")->shape.https = false;
        given_site(&g, "d.org")->state = SITE_HELD;
        given_site(&g, "e.org")->state = SITE_LINGERING;
        given_site(&g, "f.org")->shape.settings.given = 1U << EDGE_CERT_NAME;
        (void)given_site(&g, "localhost");
        (void)given_site(&g, "www.y.*");
        (void)given_site(&g, "x.org");
        (void)given_site(&g, "~^z$");
        expect_wanted(&g, "a.org b.org: ca op@b.org from one\n"
                          "x.org *.x.org: ca dns-01 op@b.org from one\n");
        g.policy.every_site = true;
        expect_wanted(&g, "auto a.a.org: ca op@b.org from web\n"
                          "a.org b.org: ca op@b.org from one\n"
                          "auto b.a.x.org: ca op@b.org from web\n"
                          "auto d.org: ca op@b.org from web\n"
                          "x.org *.x.org: ca dns-01 op@b.org from one\n");
        given_end(&g);
}
END_TEST

START_TEST(a_wish_that_is_set_aside_leaves_its_site_to_the_operators_choice) {
        given_begin(&g);
        g.policy.every_site = true;
        (void)given_wish(&g, "*.a.org", "web");
        given_wish(&g, "b.org", "web")->ca = "https://evil.example/";
        (void)given_site(&g, "a.a.org");
        (void)given_site(&g, "b.org");
        expect_wanted(&g, "auto a.a.org: ca from web\n"
                          "auto b.org: ca from web\n"
                          "aside *.a.org of web: a wildcard needs the challenge DNS-01, for which --acme-dns has to "
                          "name a provider\n"
                          "aside b.org of web: it is to come from a CA that is not allowed here; "
                          "--acme-allow-ca=https://evil.example/ allows it\n");
        given_end(&g);
}
END_TEST

START_TEST(thousands_of_sites_are_no_more_work_each) {
        enum { COUNT = 100000 };
        Site *items = xcalloc(COUNT, sizeof *items);
        _cleanup_free_ Site **all = xcalloc(COUNT, sizeof *all);

        given_begin(&g);
        g.policy.every_site = true;
        for (int i = 0; i < COUNT; i++) {
                all[i] = &items[i];
                items[i] = (Site){ .domain = xasprintf("d%06d.example.org", i), .shape = { .https = true } };
        }
        Sites sites = { .items = all, .count = COUNT };
        _cleanup_(wanted_freep) WantedCertificates *w = wanted_from_sites(&sites, &g.policy);
        ck_assert_uint_eq(w->count, COUNT);
        wanted_isolate(w, is_word_of, (void *)"d000001.example.org");
        ck_assert_uint_eq(w->count, COUNT);
        ck_assert_ptr_nonnull(wanted_find(w, "d099999.example.org"));
        for (int i = 0; i < COUNT; i++)
                free(items[i].domain);
        free(items);
        given_end(&g);
}
END_TEST

START_TEST(nothing_is_wanted_where_nobody_wishes) {
        given_begin(&g);
        g.policy.every_site = true;
        expect_wanted(&g, "");
        _cleanup_(wanted_freep) WantedCertificates *w = wanted_from_sites(&g.sites, &g.policy);
        ck_assert_ptr_null(wanted_find(w, "a.org"));
        ck_assert(!wanted_has_set_aside(w, &(SetAside){ "a", "b", "c" }));
        ck_assert_ptr_null(wanted_free(NULL));
        given_end(&g);
}
END_TEST

static void digest_of(const char *names, const CertificateTerms *terms, char ret[static DIGEST_SIZE]) {
        _cleanup_string_list_ StringList list = { 0 };
        char *name;

        while ((name = next_word(&names, " ")))
                string_list_take(&list, name);
        wanted_digest(&list, terms, ret);
}

START_TEST(what_is_asked_differs_where_any_of_it_differs) {
        static const struct {
                const char *names;
                CertificateTerms terms;
        } cases[] = {
                { "a.org", { 0 } },
                { "a.org b.org", { 0 } },
                { "b.org a.org", { 0 } },
                { "a.org", { .ca = "x" } },
                { "a.org", { .email = "x" } },
                { "a.org", { .preferred_chain = "x" } },
                { "a.org", { .profile = "x" } },
                { "a.org", { .key_type = KEY_TYPE_EC_256 } },
                { "a.org", { .challenge = CHALLENGE_DNS_01 } },
        };
        enum { COUNT = sizeof cases / sizeof *cases };
        char digests[COUNT][DIGEST_SIZE], again[DIGEST_SIZE];

        for (size_t i = 0; i < COUNT; i++) {
                digest_of(cases[i].names, &cases[i].terms, digests[i]);
                digest_of(cases[i].names, &cases[i].terms, again);
                ck_assert_str_eq(digests[i], again);
                for (size_t k = 0; k < i; k++)
                        ck_assert_str_ne(digests[i], digests[k]);
        }
}
END_TEST

TEST_MAIN("wanted", a_wish_is_for_a_certificate_on_the_operators_terms,
          what_a_container_says_goes_before_but_for_the_email, a_test_is_from_the_test_ca_unless_a_ca_is_named,
          a_ca_that_the_operator_does_not_allow_is_not_asked, a_wildcard_takes_dns_01_for_the_whole_certificate,
          a_name_that_no_ca_certifies_costs_the_others_nothing,
          a_certificate_that_loses_its_first_name_takes_no_other_ones_place, a_base_that_can_be_no_folder_is_set_aside,
          every_site_gets_one_where_the_operator_says_so,
          a_wish_that_is_set_aside_leaves_its_site_to_the_operators_choice, thousands_of_sites_are_no_more_work_each,
          nothing_is_wanted_where_nobody_wishes, what_is_asked_differs_where_any_of_it_differs)
