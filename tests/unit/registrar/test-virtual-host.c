/* What nginx-proxy and acme-companion read on a container, and what becomes of values that are wrong. */
#include "registrar/virtual-host.h"

#include "tests/unit/check-main.h"
#include "tests/unit/inspect.h"

DEFINE_CLEANUP(Registration *, registration_free);

static void append_endpoint(Text *t, const char *name, const Endpoint *e) {
        if (e->host)
                text_appendf(t, " %s=%s:%u", name, e->host, e->port);
}

static void append_text(Text *t, const char *name, const char *text) {
        if (text)
                text_appendf(t, " %s=%s", name, text);
}

static void append_route(Text *t, const Route *route) {
        text_append(t, route->domain);
        append_endpoint(t, "http", &route->http);
        append_endpoint(t, "endpoint", &route->endpoint);
        if (!route->http.host && route->schemes)
                text_appendf(t, " schemes=%s%s", route->schemes & SCHEME_HTTP ? "h" : "",
                             route->schemes & SCHEME_HTTPS ? "s" : "");
        for (unsigned i = 0; i < _REQUIREMENT_COUNT; i++)
                if (route->requirements & (1u << i))
                        text_appendf(t, " %s", requirement_name(1u << i));
        append_text(t, "path", route->path);
        append_text(t, "dest", route->dest);
        append_text(t, "proto", route->proto == PROTOCOL_HTTP ? NULL : protocol_name(route->proto));
        append_text(t, "method", https_method_name(route->https_method));
        for (size_t i = 0; i < route->certificate.n_names; i++)
                text_appendf(t, "%s%s", i > 0 ? "+" : " certificate=", route->certificate.names[i]);
        append_text(t, "email", route->certificate.email);
}

/* All routes of a container in one line, its problems and warnings in lists. */
static char *routes(const Container *c, const AddressPolicy *policy, StringList *problems, StringList *warnings) {
        _cleanup_(registration_freep) Registration *r = registration_new();
        Text t = { 0 };

        virtual_host_routes(c, policy, r, problems, warnings);
        certificate_wishes(c, r, problems);
        for (size_t i = 0; i < r->n_routes; i++) {
                text_append(&t, i > 0 ? " | " : "");
                append_route(&t, &r->routes[i]);
        }
        return text_take(&t);
}

typedef struct Case {
        const char *env, *routes;
        const char *problem; /* how the only one begins; NULL: there is none */
} Case;

static void assert_cases(const Case *cases, size_t count) {
        for (size_t i = 0; i < count; i++) {
                _cleanup_(container_freep) Container *c = INSPECT(.env = cases[i].env);
                _cleanup_string_list_ StringList problems = { 0 }, warnings = { 0 };
                _cleanup_free_ char *found = routes(c, &(AddressPolicy){ 0 }, &problems, &warnings);
                _cleanup_free_ char *said = string_list_join(&problems, " | ");
                ck_assert_msg(strcmp(found, cases[i].routes) == 0, "%s:\n%s instead of\n%s", cases[i].env, found,
                              cases[i].routes);
                ck_assert_msg(cases[i].problem ? problems.count == 1 && has_prefix(said, cases[i].problem)
                                               : problems.count == 0,
                              "%s: %s", cases[i].env, said);
                ck_assert_uint_eq(warnings.count, 0);
        }
}
#define ASSERT_CASES(cases) assert_cases(cases, sizeof(cases) / sizeof *(cases))

START_TEST(hosts_become_routes) {
        static const Case cases[] = {
                { "", "", NULL },
                { "\"VIRTUAL_HOST=\"", "", NULL },
                { "\"VIRTUAL_HOST= , ,\"", "", NULL },
                { "\"VIRTUAL_HOST=a.org\"", "a.org http=172.17.0.2:80 method=redirect", NULL },
                { "\"VIRTUAL_HOST= B.org. ,,a.org\\t,b.org\"",
                  "b.org http=172.17.0.2:80 method=redirect | a.org http=172.17.0.2:80 method=redirect", NULL },
                { "\"VIRTUAL_HOST=192.0.2.7\"", "192.0.2.7 http=172.17.0.2:80 method=redirect", NULL },
                { "\"VIRTUAL_HOST=*.A.org\"", "*.a.org endpoint=172.17.0.2:80 schemes=hs wildcard method=redirect",
                  NULL },
                { "\"VIRTUAL_HOST=www.a.*\"", "www.a.* endpoint=172.17.0.2:80 schemes=hs wildcard method=redirect",
                  NULL },
                { "\"VIRTUAL_HOST=a b.org,c.org\"", "c.org http=172.17.0.2:80 method=redirect",
                  "VIRTUAL_HOST \"a b.org\" is no domain" },
                { "\"VIRTUAL_HOST=~^x\\\\.org$\"", "", "VIRTUAL_HOST \"~^x\\x5c.org$\" is a regular expression" },
                { "\"VIRTUAL_HOST=[fd00::1]\"", "", "VIRTUAL_HOST \"[fd00::1]\" is an IPv6 address" },
                { "\"VIRTUAL_HOST=*.a.*\"", "", "VIRTUAL_HOST \"*.a.*\" is no domain" },
                { "\"VIRTUAL_HOST=a.org;}\"", "", "VIRTUAL_HOST \"a.org;}\" is no domain" },
        };

        ASSERT_CASES(cases);
}
END_TEST

START_TEST(companions_of_the_host_apply) {
        static const Case cases[] = {
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PORT= 8080 \"", "a http=172.17.0.2:8080 method=redirect", NULL },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=/\",\"VIRTUAL_DEST=/\",\"VIRTUAL_PROTO=HTTP\"",
                  "a http=172.17.0.2:80 method=redirect", NULL },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=/api/\"",
                  "a endpoint=172.17.0.2:80 schemes=hs path path=/api/ method=redirect", NULL },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=/api/\",\"VIRTUAL_DEST=/\"",
                  "a endpoint=172.17.0.2:80 schemes=hs path path=/api/ dest=/ method=redirect", NULL },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_DEST=/public\"",
                  "a endpoint=172.17.0.2:80 schemes=hs path path=/ dest=/public method=redirect", NULL },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PROTO=GRPCS\"",
                  "a endpoint=172.17.0.2:80 schemes=hs proto proto=grpcs method=redirect", NULL },
                { "\"VIRTUAL_HOST=a\",\"HTTPS_METHOD=noredirect\"", "a http=172.17.0.2:80 method=noredirect", NULL },
                { "\"VIRTUAL_HOST=a\",\"HTTPS_METHOD=NoHttps\"", "a http=172.17.0.2:80 method=nohttps", NULL },
                { "\"VIRTUAL_HOST=a\",\"HTTPS_METHOD=nohttp\"",
                  "a endpoint=172.17.0.2:80 schemes=s schemes method=nohttp", NULL },
                { "\"VIRTUAL_HOST=a\",\"HTTPS_METHOD=nohttps\",\"VIRTUAL_PATH=/x\"",
                  "a endpoint=172.17.0.2:80 schemes=h path path=/x method=nohttps", NULL },
                { "\"VIRTUAL_HOST=a\",\"NETWORK_ACCESS=external\"", "a http=172.17.0.2:80 method=redirect", NULL },
                { "\"VIRTUAL_HOST=a\",\"NETWORK_ACCESS=Internal\"",
                  "a endpoint=172.17.0.2:80 schemes=hs internal method=redirect", NULL },
                { "\"VIRTUAL_HOST=*.a\",\"NETWORK_ACCESS=internal\",\"HTTPS_METHOD=nohttp\",\"VIRTUAL_PROTO=https\","
                  "\"VIRTUAL_PATH=/p\"",
                  "*.a endpoint=172.17.0.2:80 schemes=s schemes path proto internal wildcard path=/p proto=https "
                  "method=nohttp",
                  NULL },
        };

        ASSERT_CASES(cases);
}
END_TEST

START_TEST(a_wrong_value_never_publishes_more_than_was_asked) {
        static const Case cases[] = {
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PORT=0\"", "a http=172.17.0.2:80 method=redirect",
                  "VIRTUAL_PORT \"0\" is no number from 1 to 65535: port 80 is taken" },
                { "\"VIRTUAL_HOST=a\",\"HTTPS_METHOD=always\"", "a http=172.17.0.2:80 method=redirect",
                  "HTTPS_METHOD \"always\"" },
                { "\"VIRTUAL_HOST=a\",\"NETWORK_ACCESS=intern\"", "",
                  "NETWORK_ACCESS \"intern\" is neither internal nor external: VIRTUAL_HOST is left out" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PROTO=ftp\"", "", "VIRTUAL_PROTO \"ftp\"" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=api\"", "", "VIRTUAL_PATH \"api\" does not begin" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=~^/api\"", "", "VIRTUAL_PATH \"~^/api\" does not begin" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=/a b\"", "", "VIRTUAL_PATH \"/a b\" holds a character" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=/a{}\"", "", "VIRTUAL_PATH \"/a{}\" holds a character" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=/\\u00e4\"", "", "VIRTUAL_PATH \"/\\xc3\\xa4\" holds" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=/a\",\"VIRTUAL_DEST=x\"", "", "VIRTUAL_DEST \"x\"" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_HOST_MULTIPORTS=a: {}\"", "", "VIRTUAL_HOST_MULTIPORTS is not" },
                { "\"VIRTUAL_PORT=x\",\"HTTPS_METHOD=x\",\"NETWORK_ACCESS=x\"", "", NULL },
        };

        ASSERT_CASES(cases);
}
END_TEST

START_TEST(a_path_longer_than_a_reader_takes_is_refused) {
        _cleanup_free_ char *path = xcalloc(REGISTRATION_TEXT_MAX + 2, 1);
        memset(path, '/', REGISTRATION_TEXT_MAX + 1);
        _cleanup_free_ char *env = xasprintf("\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=%s\"", path);
        const Case too_long[] = { { env, "", "VIRTUAL_PATH \"//" } };

        ASSERT_CASES(too_long);
}
END_TEST

START_TEST(certificates_are_wished_for) {
        static const Case cases[] = {
                { "\"LETSENCRYPT_HOST=a.org\"", "a.org certificate-only certificate=a.org", NULL },
                { "\"LETSENCRYPT_HOST= B.org, a.org ,,b.org\",\"LETSENCRYPT_EMAIL=me@a.org\"",
                  "b.org certificate-only certificate=b.org+a.org email=me@a.org", NULL },
                { "\"VIRTUAL_HOST=a.org,b.org\",\"ACME_HOST=b.org,a.org\"",
                  "a.org http=172.17.0.2:80 method=redirect | b.org http=172.17.0.2:80 method=redirect "
                  "certificate=b.org+a.org",
                  NULL },
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
                { "\"ACME_HOST=a.org\",\"ACME_SINGLE_DOMAIN_CERTS=1\"", "a.org certificate-only certificate=a.org",
                  "ACME_SINGLE_DOMAIN_CERTS \"1\"" },
        };

        ASSERT_CASES(cases);
}
END_TEST

START_TEST(what_is_no_email_is_left_out) {
        static const char *const bad[] = { "x",         "@",          "a@",          "@a",       "a@b@c",
                                           "a b@c.org", "a\\n@c.org", "a\\\"@c.org", "a'@c.org", "a\\u00e4@c.org" };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                _cleanup_free_ char *env = xasprintf("\"ACME_HOST=a.org\",\"ACME_EMAIL=%s\"", bad[i]);
                const Case no_email[] = { { env, "a.org certificate-only certificate=a.org", "ACME_EMAIL \"" } };
                ASSERT_CASES(no_email);
        }
        _cleanup_free_ char *longest = xcalloc(254 + 1, 1), *longer = xcalloc(255 + 1, 1);
        memset(longest, 'a', 254);
        memset(longer, 'a', 255);
        longest[100] = longer[100] = '@';
        _cleanup_free_ char *good = xasprintf("\"ACME_HOST=a\",\"ACME_EMAIL=%s\"", longest);
        _cleanup_free_ char *expected = xasprintf("a certificate-only certificate=a email=%s", longest);
        _cleanup_free_ char *over = xasprintf("\"ACME_HOST=a\",\"ACME_EMAIL=%s\"", longer);
        const Case lengths[] = { { good, expected, NULL },
                                 { over, "a certificate-only certificate=a", "ACME_EMAIL" } };
        ASSERT_CASES(lengths);
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

START_TEST(without_an_address_the_routes_say_so) {
        _cleanup_(container_freep) Container *c =
                INSPECT(.env = "\"VIRTUAL_HOST=a,*.b\",\"HTTPS_METHOD=nohttp\"", .networks = "{\"none\":{}}");
        _cleanup_string_list_ StringList problems = { 0 }, warnings = { 0 };
        _cleanup_free_ char *found = routes(c, &(AddressPolicy){ 0 }, &problems, &warnings);

        ck_assert_str_eq(found, "a schemes=s schemes no-endpoint method=nohttp | "
                                "*.b schemes=s schemes no-endpoint wildcard method=nohttp");
        ck_assert_uint_eq(problems.count, 0);
        ck_assert_uint_eq(warnings.count, 1);
        ck_assert_msg(strstr(warnings.items[0], "no address"), "%s", warnings.items[0]);
}
END_TEST

START_TEST(a_port_that_is_ruled_out_leaves_the_hosts_out) {
        _cleanup_(container_freep) Container *c =
                INSPECT(.env = "\"VIRTUAL_HOST=a\",\"VIRTUAL_PORT=81\"", .exposed = "{\"80/tcp\":{}}");
        _cleanup_string_list_ StringList problems = { 0 }, warnings = { 0 };
        _cleanup_free_ char *found = routes(c, &(AddressPolicy){ .only_exposed = true }, &problems, &warnings);

        ck_assert_str_eq(found, "");
        ck_assert_uint_eq(problems.count, 0);
        ck_assert_uint_eq(warnings.count, 1);
        ck_assert_msg(strstr(warnings.items[0], "port 81 is not exposed"), "%s", warnings.items[0]);
}
END_TEST

TEST_MAIN("virtual-host", hosts_become_routes, companions_of_the_host_apply,
          a_wrong_value_never_publishes_more_than_was_asked, a_path_longer_than_a_reader_takes_is_refused,
          certificates_are_wished_for, what_is_no_email_is_left_out, one_certificate_has_no_more_names_than_a_ca_takes,
          without_an_address_the_routes_say_so, a_port_that_is_ruled_out_leaves_the_hosts_out)
