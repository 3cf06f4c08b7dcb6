/* Sites: what a domain is served as, from whom, and why not otherwise; the same for every order of arrival. */
#include "consumer/sites.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/sites-text.h"
#include "tests/unit/golden.h"

#include <glob.h>
#include <string.h>

enum { HOLD = 600, LINGER = 30 };

typedef struct Value {
        const char *instance, *value;
} Value;

static Table *new_table(void) {
        return table_new((TablePolicy){ HOLD, LINGER });
}

static void present(Table *t, const char *instance, const char *value) {
        _cleanup_free_ char *key = xasprintf("/beachhead/%s", instance);

        (void)table_present(t, key, value, strlen(value), 160, 100);
}

static void absent(Table *t, const char *instance, bool on_purpose) {
        _cleanup_free_ char *key = xasprintf("/beachhead/%s", instance);

        (void)table_absent(t, key, on_purpose, 100);
}

static void expect(const Table *t, const char *wanted) {
        _cleanup_(sites_freep) Sites *s = sites_from_table(t);
        _cleanup_free_ char *text = sites_text(s);

        ck_assert_str_eq(text, wanted);
}

static void expect_of(const Value *values, size_t count, const char *wanted) {
        _cleanup_(table_freep) Table *t = new_table();

        for (size_t i = 0; i < count; i++)
                present(t, values[i].instance, values[i].value);
        expect(t, wanted);
}

#define EXPECT_OF(values, wanted) expect_of(values, sizeof(values) / sizeof *(values), wanted)

/* A route without braces: ROUTE("a.org", HTTP("10.0.0.1", 80)). */
#define ROUTE(domain, ...) "[{\"domain\":\"" domain "\"," __VA_ARGS__ "}]"
#define AT(host, port) "{\"host\":\"" host "\",\"port\":" #port "}"
#define HTTP(host, port) "\"http\":" AT(host, port)
#define HTTPS(host, port) "\"https\":" AT(host, port)
#define IMPLIED(host) ",\"https\":{\"host\":\"" host "\",\"port\":443,\"implied\":true}"
#define CREATED(when) ",\"created\":" #when
#define METHOD(name) ",\"https_method\":\"" name "\""
#define NO_ENDPOINT(schemes) "\"schemes\":[" schemes "],\"requires\":[\"no-endpoint\"]"

START_TEST(each_kind_of_route_has_its_site) {
        static const struct {
                const char *golden, *sites;
        } cases[] = {
                { "companion", "app.example.org: live redirect-or-serve https tls-to-backend "
                               "clear[172.17.0.2:8080] tls[172.17.0.2:8043] from(web)\n" },
                { "domain-bare", "example.org: live redirect-or-serve https clear[172.17.0.2:80] tls[] from(web)\n" },
                { "domain-http", "plain.example.org: live serve clear[172.17.0.2:80] tls[] from(web)\n" },
                { "domain-https", "admin.example.org: live redirect-or-refuse https tls-to-backend "
                                  "clear[] tls[172.17.0.2:443] from(web)\n" },
                { "domain-ipv6", "six.example.org: live redirect-or-serve https clear[fd00::2:80] tls[] from(web)\n" },
                { "domain-ports", "app.example.org: live redirect-or-serve https tls-to-backend "
                                  "clear[172.17.0.2:8080] tls[172.17.0.2:8043] from(web)\n" },
                { "named-container", "plain.example.org: live serve clear[172.17.0.2:80] tls[] from(web)\n" },
                { "no-endpoint", "shop.example.org: live redirect-or-serve https clear[] tls[] from(web)\n" },
                { "readme", "admin.example.org: live redirect-or-refuse https tls-to-backend "
                            "clear[] tls[172.17.0.2:443] from(web)\n"
                            "app.example.org: live redirect-or-serve https tls-to-backend "
                            "clear[172.17.0.2:8080] tls[172.17.0.2:8043] from(web)\n"
                            "example.org: live redirect-or-serve https clear[172.17.0.2:80] tls[] from(web)\n" },
                { "virtual-host", "shop.example.org: live redirect-or-serve https "
                                  "clear[172.17.0.2:8080] tls[] from(web)\n" },
                { "virtual-host-nohttp", "shop.example.org: live refuse-or-serve https "
                                         "clear[172.17.0.2:8080] tls[] from(web)\n" },
                { "virtual-host-nohttps", "shop.example.org: live serve clear[172.17.0.2:8080] tls[] from(web)\n" },
                { "virtual-host-path", "aside: /beachhead/web shop.example.org "
                                       "requires \"path\", which this version does not serve\n" },
                { "virtual-host-proto", "aside: /beachhead/web shop.example.org "
                                        "requires \"proto\", which this version does not serve\n" },
                { "virtual-host-internal", "aside: /beachhead/web shop.example.org "
                                           "requires \"internal\", which this version does not serve\n" },
                { "virtual-host-wildcard", "aside: /beachhead/web *.example.org "
                                           "requires \"wildcard\", which this version does not serve\n" },
                { "virtual-host-redirect",
                  "shop.example.org: live redirect-or-serve https clear[172.17.0.2:80] tls[] from(web)\n" },
                { "virtual-host-site-settings",
                  "shop.example.org: live redirect-or-serve https clear[172.17.0.2:80] tls[] from(web)\n" },
                { "virtual-host-path-settings",
                  "shop.example.org: live redirect-or-serve https clear[172.17.0.2:80] tls[] from(web)\n" },
                { "virtual-host-international",
                  "xn--bcher-kva.example: live redirect-or-serve https clear[172.17.0.2:80] tls[] from(web)\n" },
                { "virtual-host-address",
                  "192.0.2.7: live redirect-or-serve https clear[172.17.0.2:80] tls[] from(web)\n"
                  "[2001:db8::7]: live redirect-or-serve https clear[172.17.0.2:80] tls[] from(web)\n" },
                { "virtual-host-regex", "aside: /beachhead/web ~^(www|app)\\.example\\.org$ "
                                        "requires \"regex\", which this version does not serve\n" },
                { "virtual-host-path-regex", "aside: /beachhead/web shop.example.org "
                                             "requires \"path\", which this version does not serve\n" },
                { "virtual-host-fastcgi", "aside: /beachhead/web shop.example.org "
                                          "requires \"proto\", which this version does not serve\n" },
                { "virtual-host-client-certificate",
                  "aside: /beachhead/web shop.example.org "
                  "requires \"client-certificate\", which this version does not serve\n" },
                { "virtual-host-ports", "aside: /beachhead/web shop.example.org "
                                        "requires \"ports\", which this version does not serve\n" },
                { "virtual-host-no-clear", "aside: /beachhead/web shop.example.org "
                                           "requires \"no-clear\", which this version does not serve\n" },
                { "domain-internal", "aside: /beachhead/web admin.example.org "
                                     "requires \"proto\", which this version does not serve\n"
                                     "aside: /beachhead/web example.org "
                                     "requires \"internal\", which this version does not serve\n" },
                { "virtual-host-multiports",
                  "shop.example.org: live redirect-or-serve https clear[172.17.0.2:8000] tls[] from(web)\n"
                  "www.example.org: live redirect-or-serve https clear[172.17.0.2:80] tls[] from(web)\n"
                  "aside: /beachhead/web shop.example.org "
                  "requires \"path\", which this version does not serve\n" },
                { "certificate",
                  "shop.example.org: live redirect-or-serve https clear[172.17.0.2:80] tls[] from(web)\n"
                  "certificate: names(shop.example.org, www.example.org) "
                  "email admin@example.org from(web)\n" },
                { "certificate-only", "certificate: names(mail.example.org) email - from(web)\n" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *value = golden_read(cases[i].golden);
                expect_of(&(Value){ "web", value }, 1, cases[i].sites);
        }
        glob_t all;
        ck_assert_int_eq(glob("tests/golden/*.json", 0, NULL, &all), 0);
        ck_assert_msg(all.gl_pathc == sizeof cases / sizeof *cases, "a golden value has no case here");
        globfree(&all);
}
END_TEST

START_TEST(an_unknown_requirement_is_set_aside_by_name) {
        static const Value values[] = {
                { "web", "[{\"domain\":\"x.org\",\"requires\":[\"path\",\"quan\\ntum\"],\"endpoint\":{}}]" },
                { "app", ROUTE("x.org", HTTP("10.0.0.1", 80)) },
        };

        EXPECT_OF(values, "x.org: live serve clear[10.0.0.1:80] tls[] from(app)\n"
                          "aside: /beachhead/web x.org requires \"quan\\x0atum\", which this version does not know\n");
}
END_TEST

START_TEST(containers_of_one_domain_are_one_upstream) {
        static const Value values[] = {
                { "b@n1", ROUTE("a.org", HTTP("10.0.0.2", 80) IMPLIED("10.0.0.2")) },
                { "a@n1", ROUTE("a.org", HTTP("10.0.0.1", 8080) IMPLIED("10.0.0.1")) },
                { "c@n2", ROUTE("a.org", HTTP("10.0.0.1", 80) IMPLIED("10.0.0.1")) },
                { "d@n2", ROUTE("a.org", HTTP("10.0.0.2", 80) IMPLIED("10.0.0.2")) },
        };

        EXPECT_OF(values, "a.org: live redirect-or-serve https clear[10.0.0.1:80 10.0.0.1:8080 10.0.0.2:80] tls[] "
                          "from(a@n1, b@n1, c@n2, d@n2)\n");
}
END_TEST

START_TEST(missing_endpoints_leave_a_site_that_has_others) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "a", ROUTE("a.org", HTTP("10.0.0.1", 80)));
        present(t, "b", ROUTE("a.org", HTTP("10.0.0.2", 80)));
        absent(t, "b", false);
        expect(t, "a.org: live serve clear[10.0.0.1:80] tls[] from(a)\n");
}
END_TEST

START_TEST(a_site_is_never_emptied_by_absence_alone) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "a", ROUTE("a.org", HTTP("10.0.0.1", 80)));
        present(t, "b", ROUTE("a.org", HTTP("10.0.0.2", 80)));
        absent(t, "a", false);
        absent(t, "b", false);
        expect(t, "a.org: held serve clear[10.0.0.1:80 10.0.0.2:80] tls[] from(a, b)\n");
        absent(t, "a", true);
        expect(t, "a.org: held serve clear[10.0.0.2:80] tls[] from(b)\n");
        absent(t, "b", true);
        expect(t, "a.org: lingering serve clear[] tls[] from(a, b)\n");
        table_expire(t, 100 + LINGER);
        expect(t, "");
}
END_TEST

START_TEST(a_domain_that_a_container_no_longer_names_lingers) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "a", ROUTE("old.org", HTTP("10.0.0.1", 80)));
        present(t, "a", ROUTE("new.org", HTTP("10.0.0.1", 80)));
        expect(t, "new.org: live serve clear[10.0.0.1:80] tls[] from(a)\n"
                  "old.org: lingering serve clear[] tls[] from(a)\n");
}
END_TEST

START_TEST(the_first_created_decides_and_both_are_named) {
        static const Value values[] = {
                { "anew", ROUTE("a.org", HTTP("10.0.0.1", 80) METHOD("noredirect") CREATED(200)) },
                { "unknown", ROUTE("a.org", HTTP("10.0.0.2", 80) METHOD("nohttps")) },
                { "zold", ROUTE("a.org", HTTP("10.0.0.3", 80) METHOD("redirect") CREATED(100)) },
        };

        EXPECT_OF(values, "a.org: live redirect-or-serve https clear[10.0.0.1:80 10.0.0.2:80 10.0.0.3:80] tls[] "
                          "from(anew, unknown, zold) note: zold asks for HTTPS_METHOD=redirect and anew (and 1 more) "
                          "for HTTPS_METHOD=noredirect: zold was created first and decides\n");
}
END_TEST

START_TEST(at_one_time_the_lower_instance_decides) {
        static const Value values[] = {
                { "b", ROUTE("a.org", HTTP("10.0.0.1", 80) CREATED(100)) },
                { "a", ROUTE("a.org", HTTP("10.0.0.2", 80) IMPLIED("10.0.0.2") CREATED(100)) },
        };

        EXPECT_OF(values, "a.org: live redirect-or-serve https clear[10.0.0.1:80 10.0.0.2:80] tls[] from(a, b) "
                          "note: a asks for http and https and b for http alone: a was created first and decides\n");
}
END_TEST

START_TEST(different_words_for_one_shape_are_no_conflict) {
        static const Value values[] = {
                { "a", ROUTE("a.org", HTTP("10.0.0.1", 80) METHOD("redirect")) },
                { "b", ROUTE("a.org", HTTP("10.0.0.2", 80) IMPLIED("10.0.0.2")) },
        };

        EXPECT_OF(values, "a.org: live redirect-or-serve https clear[10.0.0.1:80 10.0.0.2:80] tls[] from(a, b)\n");
}
END_TEST

START_TEST(a_backend_that_only_speaks_tls_gets_nothing_in_clear) {
        static const Value values[] = {
                { "a", ROUTE("a.org", HTTP("10.0.0.1", 80) CREATED(1)) },
                { "b", ROUTE("a.org", HTTPS("10.0.0.2", 443) CREATED(2)) },
        };

        EXPECT_OF(values, "a.org: live serve clear[10.0.0.1:80] tls[] from(a, b) "
                          "note: a asks for http alone and b for https alone: a was created first and decides "
                          "note: nothing is sent to b, which can only be reached by TLS: "
                          "a decides for clear\n");
}
END_TEST

START_TEST(https_alone_uses_no_endpoint_in_clear) {
        static const Value values[] = {
                { "a", ROUTE("a.org", HTTPS("10.0.0.1", 443) CREATED(1)) },
                { "b", ROUTE("a.org", HTTP("10.0.0.2", 80) "," HTTPS("10.0.0.2", 443) CREATED(2)) },
                { "c", ROUTE("a.org", HTTP("10.0.0.3", 80) IMPLIED("10.0.0.3") CREATED(3)) },
        };

        EXPECT_OF(values, "a.org: live redirect-or-refuse https tls-to-backend clear[] "
                          "tls[10.0.0.1:443 10.0.0.2:443] from(a, b, c) "
                          "note: a asks for https alone and b (and 1 more) for http and https: "
                          "a was created first and decides "
                          "note: nothing is sent to c, which can only be reached in clear: "
                          "a decides for TLS\n");
}
END_TEST

START_TEST(a_disagreement_on_tls_to_the_backend_is_named) {
        static const Value values[] = {
                { "a", ROUTE("a.org", HTTP("10.0.0.1", 80) "," HTTPS("10.0.0.1", 443) CREATED(1)) },
                { "b", ROUTE("a.org", HTTP("10.0.0.2", 80) IMPLIED("10.0.0.2") CREATED(2)) },
        };

        EXPECT_OF(values, "a.org: live redirect-or-serve https tls-to-backend clear[10.0.0.1:80 10.0.0.2:80] "
                          "tls[10.0.0.1:443] from(a, b) "
                          "note: over HTTPS a is to be reached by TLS and b in clear: a decides\n");
}
END_TEST

START_TEST(a_container_without_address_does_not_say_how_others_are_reached) {
        static const Value values[] = {
                { "a", ROUTE("a.org", NO_ENDPOINT("\"https\"") CREATED(1)) },
                { "b", ROUTE("a.org", HTTPS("10.0.0.2", 443) CREATED(2)) },
        };

        EXPECT_OF(values, "a.org: live redirect-or-refuse https tls-to-backend clear[] tls[10.0.0.2:443] "
                          "from(a, b)\n");
}
END_TEST

START_TEST(a_container_without_address_decides_that_there_is_no_https) {
        static const Value values[] = {
                { "a", ROUTE("a.org", NO_ENDPOINT("\"http\"") CREATED(1)) },
                { "b", ROUTE("a.org", HTTPS("10.0.0.2", 443) CREATED(2)) },
        };

        EXPECT_OF(values, "a.org: live serve clear[] tls[] from(a, b) "
                          "note: a asks for http alone and b for https alone: a was created first and decides "
                          "note: nothing is sent to b, which can only be reached by TLS: a decides for clear\n");
}
END_TEST

START_TEST(what_no_address_says_goes_by_schemes_and_method) {
        static const struct {
                const char *route, *shape;
        } cases[] = {
                { ROUTE("a.org", NO_ENDPOINT("\"http\"")), "serve" },
                { ROUTE("a.org", NO_ENDPOINT("\"https\"")), "redirect-or-refuse https" },
                { ROUTE("a.org", NO_ENDPOINT("\"http\",\"https\"")), "redirect-or-serve https" },
                { ROUTE("a.org", NO_ENDPOINT("\"http\",\"https\"") METHOD("noredirect")), "serve https" },
                { ROUTE("a.org", NO_ENDPOINT("\"https\"") METHOD("nohttp")), "refuse-or-serve https" },
                { ROUTE("a.org", NO_ENDPOINT("\"http\"") METHOD("nohttps")), "serve" },
                { ROUTE("a.org", NO_ENDPOINT("\"https\"") METHOD("redirect")), "redirect-or-refuse https" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *wanted = xasprintf("a.org: live %s clear[] tls[] from(a)\n", cases[i].shape);
                expect_of(&(Value){ "a", cases[i].route }, 1, wanted);
        }
}
END_TEST

START_TEST(an_implied_https_without_http_is_reached_by_tls) {
        static const Value values[] = {
                { "a", "[{\"domain\":\"a.org\",\"https\":{\"host\":\"h\",\"port\":443,\"implied\":true}}]" },
        };

        EXPECT_OF(values, "a.org: live redirect-or-refuse https tls-to-backend clear[] tls[h:443] from(a)\n");
}
END_TEST

START_TEST(endpoints_beyond_the_cap_are_left_out) {
        _cleanup_(table_freep) Table *t = new_table();

        for (int i = 0; i < SITE_ENDPOINTS_MAX + 2; i++) {
                _cleanup_free_ char *instance = xasprintf("web%d", i);
                _cleanup_free_ char *value =
                        xasprintf(ROUTE("a.org", "\"http\":{\"host\":\"10.0.%d.%d\",\"port\":80}"), i / 256, i % 256);
                present(t, instance, value);
        }
        _cleanup_(sites_freep) Sites *s = sites_from_table(t);
        ck_assert_uint_eq(s->items[0].endpoints.count, SITE_ENDPOINTS_MAX);
        ck_assert_uint_eq(s->items[0].publishers.count, SITE_ENDPOINTS_MAX + 2);
        ck_assert_uint_eq(s->items[0].notes.count, 1);
        ck_assert_str_eq(s->items[0].notes.items[0], "there are 1002 endpoints, of which the first 1000 are used");
}
END_TEST

#define CERTIFICATE(names, email) ",\"certificate\":{\"names\":[" names "]" email "}"
#define EMAIL(address) ",\"email\":\"" address "\""

START_TEST(wishes_for_one_certificate_are_one_request) {
        static const Value values[] = {
                { "b", ROUTE("a.org", HTTP("h", 1) CERTIFICATE("\"a.org\",\"z.org\",\"c.org\"", EMAIL("b@a.org"))) },
                { "a", ROUTE("b.org", HTTP("h", 1) CERTIFICATE("\"a.org\",\"*.b.org\",\"c.org\"", EMAIL("a@a.org"))) },
                { "c", ROUTE("c.org", HTTP("h", 1) CERTIFICATE("\"d.org\"", "")) },
        };
        _cleanup_(table_freep) Table *t = new_table();

        for (size_t i = 0; i < 3; i++)
                present(t, values[i].instance, values[i].value);
        _cleanup_(sites_freep) Sites *s = sites_from_table(t);
        ck_assert_uint_eq(s->n_requests, 2);
        _cleanup_free_ char *names = string_list_join(&s->requests[0].names, " ");
        ck_assert_str_eq(names, "a.org *.b.org c.org z.org");
        ck_assert_str_eq(s->requests[0].email, "a@a.org");
        ck_assert_uint_eq(s->requests[0].publishers.count, 2);
        ck_assert_str_eq(s->requests[1].names.items[0], "d.org");
        ck_assert_ptr_null(s->requests[1].email);
}
END_TEST

START_TEST(a_certificate_is_wanted_while_its_container_is_held) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "a", ROUTE("a.org", "\"requires\":[\"certificate-only\"]" CERTIFICATE("\"a.org\"", "")));
        absent(t, "a", false);
        expect(t, "certificate: names(a.org) email - from(a)\n");
        absent(t, "a", true);
        expect(t, "");
}
END_TEST

START_TEST(what_no_ca_takes_is_not_asked_for) {
        static const Value values[] = {
                { "a",
                  ROUTE("a.org", "\"requires\":[\"certificate-only\"]" CERTIFICATE("\"www.a.*\",\"a.org\"", "")) },
                { "b", ROUTE("b.org", "\"requires\":[\"certificate-only\"]" CERTIFICATE("\"www.b.*\"", "")) },
        };

        EXPECT_OF(values, "certificate: names(a.org) email - from(a)\n"
                          "aside: /beachhead/a a.org its certificate is to have a name that ends in \"*\", "
                          "which no CA gives\n"
                          "aside: /beachhead/b b.org no CA gives the certificate that it asks for\n");
}
END_TEST

START_TEST(an_email_that_is_none_is_left_out) {
        static const char *const bad[] = { "",          "a",        "@a.org",      "a@",         "a@b@c",
                                           "a b@c.org", "-a@b.org", "$(id)@a.org", "a\\n@b.org", "\\u00e4@a.org",
                                           "a'@b.org" };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                _cleanup_free_ char *value = xasprintf(
                        ROUTE("a.org", "\"requires\":[\"certificate-only\"]" CERTIFICATE("\"a.org\"", EMAIL("%s"))),
                        bad[i]);
                expect_of(&(Value){ "a", value }, 1,
                          "certificate: names(a.org) email - from(a)\n"
                          "aside: /beachhead/a a.org the email of its certificate is no address and is left out\n");
        }
}
END_TEST

START_TEST(a_certificate_has_no_more_names_than_a_ca_takes) {
        _cleanup_(table_freep) Table *t = new_table();

        for (int k = 0; k < 2; k++) {
                _cleanup_free_ char *instance = xasprintf("web%d", k);
                Text names = { 0 };
                for (int i = 0; i < 60; i++)
                        text_appendf(&names, ",\"d%d-%d.org\"", k, i);
                _cleanup_free_ char *list = text_take(&names);
                _cleanup_free_ char *value = xasprintf(
                        ROUTE("a.org", "\"requires\":[\"certificate-only\"]" CERTIFICATE("\"a.org\"%s", "")), list);
                present(t, instance, value);
        }
        _cleanup_(sites_freep) Sites *s = sites_from_table(t);
        ck_assert_uint_eq(s->requests[0].names.count, REGISTRATION_NAMES_MAX);
        ck_assert_uint_eq(s->n_set_aside, 1);
        ck_assert_str_eq(s->set_aside[0].key, "/beachhead/web1");
}
END_TEST

/* 30 registrations that meet in 7 domains and disagree on nearly everything. */
static char *mixed_value(int i) {
        static const char *const routes[] = {
                HTTP("10.0.0.1", 80),
                HTTPS("10.0.0.2", 443),
                HTTP("10.0.0.3", 80) IMPLIED("10.0.0.3"),
                HTTP("10.0.0.4", 80) "," HTTPS("10.0.0.4", 443),
                HTTP("10.0.0.5", 80) METHOD("noredirect"),
                NO_ENDPOINT("\"http\",\"https\"") METHOD("nohttp"),
                "\"requires\":[\"path\"],\"endpoint\":" AT("h", 1) ",\"schemes\":[\"http\"]",
                HTTP("10.0.0.6", 80) CERTIFICATE("\"a.org\",\"b.org\"", EMAIL("a@b.org")),
                HTTP("10.0.0.7", 80) CERTIFICATE("\"a.org\",\"c.org\"", EMAIL("b@b.org")),
        };

        return xasprintf("[{\"domain\":\"d%d.org\",%s,\"created\":%d},{\"domain\":\"d%d.org\",%s}]", i % 7,
                         routes[i % 9], i % 3, i % 5, routes[(i + 4) % 9]);
}

START_TEST(any_order_of_arrival_gives_the_same_sites) {
        enum { COUNT = 30, SHUFFLES = 50 };
        _cleanup_free_ char *first = NULL;
        int order[COUNT];

        srand(7);
        for (int i = 0; i < COUNT; i++)
                order[i] = i;
        for (int k = 0; k < SHUFFLES; k++) {
                _cleanup_(table_freep) Table *t = new_table();
                for (int i = 0; i < COUNT; i++) {
                        _cleanup_free_ char *instance = xasprintf("web%d@n%d", order[i], order[i] % 3);
                        _cleanup_free_ char *value = mixed_value(order[i]);
                        present(t, instance, value);
                        if (order[i] % 4 == 0)
                                absent(t, instance, order[i] % 8 == 0);
                }
                _cleanup_(sites_freep) Sites *s = sites_from_table(t);
                char *text = sites_text(s);
                if (first)
                        ck_assert_str_eq(text, first);
                REPLACE_PTR(first, text);
                for (int i = COUNT - 1; i > 0; i--) {
                        int other = rand() % (i + 1), swapped = order[i];
                        order[i] = order[other];
                        order[other] = swapped;
                }
        }
}
END_TEST

START_TEST(a_site_is_found_by_its_domain) {
        _cleanup_(table_freep) Table *t = new_table();
        _cleanup_(sites_freep) Sites *none = sites_from_table(t);

        ck_assert_ptr_null(sites_find(none, "a.org"));
        present(t, "a", ROUTE("a.org", HTTP("h", 80)));
        present(t, "b", ROUTE("b.org", HTTP("h", 80)));
        present(t, "c", ROUTE("c.org", HTTP("h", 80)));
        _cleanup_(sites_freep) Sites *s = sites_from_table(t);
        ck_assert_str_eq(sites_find(s, "b.org")->domain, "b.org");
        ck_assert_ptr_null(sites_find(s, "d.org"));
}
END_TEST

static size_t count_sites(const Table *t) {
        _cleanup_(sites_freep) Sites *s = sites_from_table(t);

        return s->count;
}

START_TEST(a_hundred_thousand_registrations_are_as_many_sites_as_domains) {
        enum { COUNT = 100000 };
        _cleanup_(table_freep) Table *t = new_table(), *one_domain = new_table();

        for (int i = 0; i < COUNT; i++) {
                _cleanup_free_ char *instance = xasprintf("web%d@n%d", i * 7919 % COUNT, i % 100);
                _cleanup_free_ char *value =
                        xasprintf(ROUTE("d%d.org", HTTP("10.0.0.%d", 80) CERTIFICATE("\"a.org\",\"d%d.org\"", "")),
                                  i / 2, i % 256, i % 90);
                present(t, instance, value);
                present(one_domain, instance, ROUTE("a.org", HTTP("10.0.0.1", 80)));
        }
        ck_assert_uint_eq(count_sites(t), COUNT / 2);
        ck_assert_uint_eq(count_sites(one_domain), 1);
}
END_TEST

START_TEST(what_is_set_aside_is_told_apart_from_what_was_before) {
        enum { KEYS = 50 };
        _cleanup_(table_freep) Table *t = new_table();
        _cleanup_text_ Text value = { 0 };

        for (int i = 0; i < REGISTRATION_ROUTES_MAX; i++)
                text_appendf(&value, "%s{\"domain\":\"d%d.org\",\"requires\":[\"x\"]}", i ? "," : "[", i);
        text_append(&value, "]");
        for (int i = 0; i < KEYS; i++) {
                _cleanup_free_ char *instance = xasprintf("web%d", i);
                present(t, instance, value.data);
        }
        _cleanup_(sites_freep) Sites *before = sites_from_table(t), *after = sites_from_table(t);
        ck_assert_uint_eq(after->n_set_aside, KEYS * REGISTRATION_ROUTES_MAX);
        SetAside other = after->set_aside[7];
        ck_assert(sites_has_set_aside(before, &other));
        other.reason = (char *)"another";
        ck_assert(!sites_has_set_aside(before, &other));
}
END_TEST

TEST_MAIN("sites", each_kind_of_route_has_its_site, an_unknown_requirement_is_set_aside_by_name,
          containers_of_one_domain_are_one_upstream, missing_endpoints_leave_a_site_that_has_others,
          a_site_is_never_emptied_by_absence_alone, a_domain_that_a_container_no_longer_names_lingers,
          the_first_created_decides_and_both_are_named, at_one_time_the_lower_instance_decides,
          different_words_for_one_shape_are_no_conflict, a_backend_that_only_speaks_tls_gets_nothing_in_clear,
          https_alone_uses_no_endpoint_in_clear, a_disagreement_on_tls_to_the_backend_is_named,
          a_container_without_address_does_not_say_how_others_are_reached,
          a_container_without_address_decides_that_there_is_no_https, what_no_address_says_goes_by_schemes_and_method,
          an_implied_https_without_http_is_reached_by_tls, endpoints_beyond_the_cap_are_left_out,
          wishes_for_one_certificate_are_one_request, a_certificate_is_wanted_while_its_container_is_held,
          what_no_ca_takes_is_not_asked_for, an_email_that_is_none_is_left_out,
          a_certificate_has_no_more_names_than_a_ca_takes, any_order_of_arrival_gives_the_same_sites,
          a_site_is_found_by_its_domain, a_hundred_thousand_registrations_are_as_many_sites_as_domains,
          what_is_set_aside_is_told_apart_from_what_was_before)
