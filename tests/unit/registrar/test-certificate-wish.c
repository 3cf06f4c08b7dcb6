/* What acme-companion reads on a container. */
#include "registrar/certificate-wish.h"

#include "tests/unit/check-main.h"
#include "tests/unit/routes.h"

static void add(const Container *c, Registration *r, StringList *problems, StringList *warnings) {
        (void)warnings;
        certificate_wishes(c, r, problems);
}

START_TEST(certificates_are_wished_for) {
        static const RouteCase cases[] = {
                { "\"LETSENCRYPT_HOST=a.org\"", "a.org certificate-only certificate=a.org", NULL },
                { "\"LETSENCRYPT_HOST= B.org, a.org ,,b.org\",\"LETSENCRYPT_EMAIL=me@a.org\"",
                  "b.org certificate-only certificate=b.org+a.org email=me@a.org", NULL },
                { "\"ACME_HOST=B\\u00fccher.example\"",
                  "xn--bcher-kva.example certificate-only certificate=xn--bcher-kva.example", NULL },
                { "\"ACME_HOST=a.org\",\"LETSENCRYPT_HOST=b.org\",\"LETSENCRYPT_EMAIL=l@a.org\","
                  "\"ACME_EMAIL=a@a.org\"",
                  "a.org certificate-only certificate=a.org email=a@a.org", NULL },
                { "\"ACME_HOST=a.org,b.org\",\"ACME_SINGLE_DOMAIN_CERTS=True\",\"ACME_EMAIL=me@a.org\"",
                  "a.org certificate-only certificate=a.org email=me@a.org | "
                  "b.org certificate-only certificate=b.org email=me@a.org",
                  NULL },
                { "\"ACME_HOST=a.org,b.org\",\"ACME_SINGLE_DOMAIN_CERTS=false\","
                  "\"LETSENCRYPT_SINGLE_DOMAIN_CERTS=true\"",
                  "a.org certificate-only certificate=a.org+b.org", NULL },
                { "\"ACME_HOST=*.a.org\"", "*.a.org certificate-only wildcard certificate=*.a.org", NULL },
                { "\"ACME_EMAIL=x\",\"ACME_SINGLE_DOMAIN_CERTS=false\"", "", NULL },
                { "\"ACME_HOST=../a,b.org\"", "b.org certificate-only certificate=b.org",
                  "ACME_HOST \"../a\" is no domain" },
                { "\"LETSENCRYPT_HOST=www.a.*\"", "", "LETSENCRYPT_HOST \"www.a.*\" is no domain" },
                { "\"ACME_HOST=~a\"", "", "ACME_HOST \"~a\" is no domain" },
                { "\"ACME_HOST=[::1]\"", "", "ACME_HOST \"[::1]\" is no domain" },
                { "\"ACME_HOST=a.org\",\"ACME_SINGLE_DOMAIN_CERTS=1\"", "a.org certificate-only certificate=a.org",
                  "ACME_SINGLE_DOMAIN_CERTS \"1\"" },
        };

        ASSERT_ROUTES(cases, add);
}
END_TEST

#define WISH "\"ACME_HOST=a.org\","
#define WISHED "a.org certificate-only certificate=a.org"

START_TEST(a_certificate_is_wanted_as_the_container_says) {
        static const RouteCase cases[] = {
                { WISH "\"ACME_KEYSIZE=4096\"", WISHED " key=4096", NULL },
                { WISH "\"LETSENCRYPT_KEYSIZE=EC-256\"", WISHED " key=ec-256", NULL },
                { WISH "\"LETSENCRYPT_KEYSIZE=2048\",\"ACME_KEYSIZE=ec-521\"", WISHED " key=ec-521", NULL },
                { WISH "\"LETSENCRYPT_TEST=true\"", WISHED " test=true", NULL },
                { WISH "\"ACME_TEST=True\"", WISHED " test=true", NULL },
                { WISH "\"ACME_TEST=false\",\"LETSENCRYPT_TEST=true\"", WISHED, NULL },
                { WISH "\"ACME_CA_URI= https://b.org:14000/dir \"", WISHED " ca=https://b.org:14000/dir", NULL },
                { WISH "\"ACME_CHALLENGE=HTTP-01\"", WISHED " challenge=http-01", NULL },
                { WISH "\"ACME_CHALLENGE=dns-01\"", WISHED " challenge=dns-01", NULL },
                { WISH "\"ACME_PREFERRED_CHAIN=ISRG Root X1\"", WISHED " chain=ISRG Root X1", NULL },
                { WISH "\"ACME_CERT_PROFILE=shortlived\"", WISHED " profile=shortlived", NULL },
                { "\"ACME_HOST=a.org,b.org\",\"ACME_SINGLE_DOMAIN_CERTS=true\",\"ACME_KEYSIZE=3072\"",
                  WISHED " key=3072 | b.org certificate-only certificate=b.org key=3072", NULL },
                { "\"ACME_KEYSIZE=x\",\"ACME_CA_URI=x\",\"ACME_CHALLENGE=x\"", "", NULL },
        };

        ASSERT_ROUTES(cases, add);
}
END_TEST

START_TEST(a_wrong_wish_is_ignored_by_name) {
        static const RouteCase cases[] = {
                { WISH "\"ACME_KEYSIZE=1024\",\"ACME_CERT_PROFILE=p\"", WISHED " profile=p",
                  "ACME_KEYSIZE \"1024\" must be 2048, 3072, 4096, 8192, ec-256, ec-384 or ec-521: it is ignored" },
                { WISH "\"LETSENCRYPT_KEYSIZE=ec256\"", WISHED, "LETSENCRYPT_KEYSIZE \"ec256\" must be" },
                { WISH "\"ACME_TEST=yes\"", WISHED, "ACME_TEST \"yes\" must be true or false: it is ignored" },
                { WISH "\"LETSENCRYPT_TEST=1\"", WISHED, "LETSENCRYPT_TEST \"1\" must be" },
                { WISH "\"ACME_CHALLENGE=TLS-ALPN-01\"", WISHED, "ACME_CHALLENGE \"TLS-ALPN-01\" must be" },
                { WISH "\"ACME_PREFERRED_CHAIN=--x\"", WISHED, "ACME_PREFERRED_CHAIN \"--x\" must be" },
                { WISH "\"ACME_CERT_PROFILE=a b\"", WISHED, "ACME_CERT_PROFILE \"a b\" must be" },
                { WISH "\"ACME_EMAIL=-me@a.org\"", WISHED, "ACME_EMAIL \"-me@a.org\" must be" },
        };

        ASSERT_ROUTES(cases, add);
}
END_TEST

START_TEST(no_other_ca_is_asked_where_that_of_the_container_is_none) {
        static const char *const bad[] = { "http://b.org/dir", "b.org", "https://", "-https://b.org/",
                                           "https://b.org/ --x" };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                _cleanup_free_ char *env = xasprintf(WISH "\"ACME_CA_URI=%s\"", bad[i]);
                _cleanup_free_ char *problem =
                        xasprintf("ACME_CA_URI \"%s\" must be the https:// URL of a CA's directory: "
                                  "no certificate is asked for",
                                  bad[i]);
                const RouteCase none[] = { { env, "", problem } };
                ASSERT_ROUTES(none, add);
        }
}
END_TEST

START_TEST(a_wish_goes_with_the_first_route_of_its_name) {
        _cleanup_(container_freep) Container *c = INSPECT(.env = "\"ACME_HOST=b.org,a.org,c.org\"");
        _cleanup_(registration_freep) Registration *r = registration_new();
        _cleanup_string_list_ StringList problems = { 0 };
        const char *const domains[] = { "a.org", "b.org", "b.org" };

        for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
                registration_add_route(r)->domain = xstrdup(domains[i]);
        certificate_wishes(c, r, &problems);
        _cleanup_free_ char *found = routes_describe(r);
        ck_assert_str_eq(found, "a.org | b.org certificate=b.org+a.org+c.org | b.org");
}
END_TEST

START_TEST(what_is_no_email_is_left_out) {
        static const char *const bad[] = { "x",         "@",          "a@",          "@a",       "a@b@c",
                                           "a b@c.org", "a\\n@c.org", "a\\\"@c.org", "a'@c.org", "a\\u00e4@c.org" };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                _cleanup_free_ char *env = xasprintf("\"ACME_HOST=a.org\",\"ACME_EMAIL=%s\"", bad[i]);
                const RouteCase no_email[] = { { env, "a.org certificate-only certificate=a.org", "ACME_EMAIL \"" } };
                ASSERT_ROUTES(no_email, add);
        }
        _cleanup_free_ char *longest = xcalloc(254 + 1, 1), *longer = xcalloc(255 + 1, 1);
        memset(longest, 'a', 254);
        memset(longer, 'a', 255);
        longest[100] = longer[100] = '@';
        _cleanup_free_ char *good = xasprintf("\"ACME_HOST=a\",\"ACME_EMAIL=%s\"", longest);
        _cleanup_free_ char *expected = xasprintf("a certificate-only certificate=a email=%s", longest);
        _cleanup_free_ char *over = xasprintf("\"ACME_HOST=a\",\"ACME_EMAIL=%s\"", longer);
        const RouteCase lengths[] = { { good, expected, NULL },
                                      { over, "a certificate-only certificate=a", "ACME_EMAIL" } };
        ASSERT_ROUTES(lengths, add);
}
END_TEST

START_TEST(one_certificate_has_no_more_names_than_a_ca_takes) {
        Text t = { 0 };
        text_append(&t, "\"ACME_HOST=");
        for (int i = 0; i <= REGISTRATION_NAMES_MAX; i++)
                text_appendf(&t, "n%d.org,", i);
        text_append(&t, "\"");
        _cleanup_free_ char *env = text_take(&t), *single = xasprintf("%s,\"ACME_SINGLE_DOMAIN_CERTS=true\"", env);
        _cleanup_(container_freep) Container *c = INSPECT(.env = env), *each = INSPECT(.env = single);
        _cleanup_(registration_freep) Registration *r = registration_new(), *all = registration_new();
        _cleanup_string_list_ StringList problems = { 0 };

        certificate_wishes(each, all, &problems);
        ck_assert_uint_eq(problems.count, 0);
        ck_assert_uint_eq(all->n_routes, REGISTRATION_NAMES_MAX + 1);
        certificate_wishes(c, r, &problems);
        ck_assert_uint_eq(r->routes[0].certificate.n_names, REGISTRATION_NAMES_MAX);
        ck_assert_uint_eq(problems.count, 1);
        ck_assert_str_eq(problems.items[0], "ACME_HOST \"n100.org\" is one name too many and is left out");
}
END_TEST

TEST_MAIN("certificate-wish", certificates_are_wished_for, a_certificate_is_wanted_as_the_container_says,
          a_wrong_wish_is_ignored_by_name, no_other_ca_is_asked_where_that_of_the_container_is_none,
          a_wish_goes_with_the_first_route_of_its_name, what_is_no_email_is_left_out,
          one_certificate_has_no_more_names_than_a_ca_takes)
