/* Sites: what a domain is served as, from whom, and why not otherwise; the same for every order of arrival. */
#include "consumer/sites.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/sites-ground.h"
#include "tests/unit/golden.h"

#include <glob.h>
#include <string.h>

/* What most of the golden values come to, but for `what`. */
#define SITE_OF(domain, what) domain ": " what " tls[] from(web)\n"
#define SHOP(what) SITE_OF("shop.example.org", what)
#define IMPLIED_SHOP(what) SHOP("live redirect-or-serve https implied " what "clear[172.17.0.2:80]")
#define ADDRESS(address) SITE_OF(address, "address live redirect-or-serve https implied clear[172.17.0.2:80]")

START_TEST(each_kind_of_route_has_its_site) {
        static const struct {
                const char *golden, *sites;
        } cases[] = {
                { "companion", "app.example.org: live redirect-or-serve https tls-to-backend "
                               "clear[172.17.0.2:8080] tls[172.17.0.2:8043] from(web)\n" },
                { "domain-bare", SITE_OF("example.org", "live redirect-or-serve https clear[172.17.0.2:80]") },
                { "domain-http", SITE_OF("plain.example.org", "live serve clear[172.17.0.2:80]") },
                { "domain-https", "admin.example.org: live redirect-or-refuse https tls-to-backend "
                                  "clear[] tls[172.17.0.2:443] from(web)\n" },
                { "domain-internal",
                  SITE_OF("admin.example.org", "live redirect-or-refuse https https-backend internal "
                                               "clear[172.17.0.2:443]")
                          SITE_OF("example.org", "live redirect-or-serve https internal clear[172.17.0.2:80]") },
                { "domain-ipv6", SITE_OF("six.example.org", "live redirect-or-serve https clear[fd00::2:80]") },
                { "domain-ports", "app.example.org: live redirect-or-serve https tls-to-backend "
                                  "clear[172.17.0.2:8080] tls[172.17.0.2:8043] from(web)\n" },
                { "named-container", SITE_OF("plain.example.org", "live serve clear[172.17.0.2:80]") },
                { "no-endpoint", SHOP("live redirect-or-serve https implied clear[]") },
                { "readme", "admin.example.org: live redirect-or-refuse https tls-to-backend "
                            "clear[] tls[172.17.0.2:443] from(web)\n"
                            "app.example.org: live redirect-or-serve https tls-to-backend "
                            "clear[172.17.0.2:8080] tls[172.17.0.2:8043] from(web)\n"
                            "example.org: live redirect-or-serve https clear[172.17.0.2:80] tls[] from(web)\n" },
                { "virtual-host", SHOP("live redirect-or-serve https implied clear[172.17.0.2:8080]") },
                { "virtual-host-redirect", SHOP("live redirect-or-serve https clear[172.17.0.2:80]") },
                { "virtual-host-nohttp", SHOP("live refuse-or-serve https clear[172.17.0.2:8080]") },
                { "virtual-host-nohttps", SHOP("live serve clear[172.17.0.2:8080]") },
                { "virtual-host-path", SHOP("live redirect-or-serve https implied at /api/ live dest / "
                                            "clear[172.17.0.2:8080]") },
                { "virtual-host-path-regex", IMPLIED_SHOP("at ~^/(app1|app2)/ live ") },
                { "virtual-host-multiports",
                  SHOP("live redirect-or-serve https implied at / live clear[172.17.0.2:8000] tls[] "
                       "at /admin live dest / clear[172.17.0.2:8001]")
                          SITE_OF("www.example.org", "live redirect-or-serve https implied clear[172.17.0.2:80]") },
                { "virtual-host-proto", SHOP("live redirect-or-serve https implied https-backend "
                                             "clear[172.17.0.2:8443]") },
                { "virtual-host-fastcgi", SHOP("live redirect-or-serve https implied fastcgi-backend "
                                               "virtual_root=/srv/www clear[172.17.0.2:9000]") },
                { "virtual-host-internal", IMPLIED_SHOP("internal ") },
                { "virtual-host-client-certificate", IMPLIED_SHOP("ssl_verify_client=on ") },
                { "virtual-host-no-clear", IMPLIED_SHOP("enable_http_on_missing_cert=false ") },
                { "virtual-host-ports", IMPLIED_SHOP("external_http_port=8080 external_https_port=8443 ") },
                { "virtual-host-site-settings",
                  IMPLIED_SHOP("cert_name=shared ssl_policy=Mozilla-Modern hsts=max-age=600; includeSubDomains "
                               "server_tokens=off non_get_redirect=308 ") },
                { "virtual-host-path-settings",
                  IMPLIED_SHOP("loadbalance=hash $remote_addr consistent keepalive=auto client_max_body_size=100m "
                               "proxy_read_timeout=5m ") },
                { "virtual-host-wildcard",
                  SITE_OF("*.example.org", "wildcard live redirect-or-serve https implied clear[172.17.0.2:80]") },
                { "virtual-host-regex", SITE_OF("~^(www|app)\\.example\\.org$",
                                                "regex live redirect-or-serve https implied clear[172.17.0.2:80]") },
                { "virtual-host-address", ADDRESS("192.0.2.7") ADDRESS("[2001:db8::7]") },
                { "virtual-host-international",
                  SITE_OF("xn--bcher-kva.example", "live redirect-or-serve https implied clear[172.17.0.2:80]") },
                { "certificate", IMPLIED_SHOP("") "certificate: names(shop.example.org, www.example.org) "
                                                  "email=admin@example.org from(web)\n" },
                { "certificate-terms",
                  IMPLIED_SHOP("") "certificate: names(shop.example.org, *.shop.example.org) "
                                   "email=admin@example.org key=ec-384 challenge=dns-01 test=true "
                                   "ca=https://acme.example.net/directory chain=Example Root X1 profile=shortlived "
                                   "from(web)\n" },
                { "certificate-only", "certificate: names(mail.example.org) from(web)\n" },
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
        _cleanup_(sites_freep) Sites *s = sites_from_table(t, NULL);
        ck_assert_uint_eq(s->items[0]->locations[0].endpoints.count, SITE_ENDPOINTS_MAX);
        ck_assert_uint_eq(s->items[0]->publishers.count, SITE_ENDPOINTS_MAX + 2);
        ck_assert_uint_eq(s->items[0]->notes.count, 1);
        ck_assert_str_eq(s->items[0]->notes.items[0], "there are 1002 endpoints, of which the first 1000 are used");
}
END_TEST

/* 60 registrations that meet in 7 domains and disagree on nearly everything. */
static char *mixed_value(int i) {
        static const char *const routes[] = {
                HTTP("10.0.0.1", 80),
                HTTPS("10.0.0.2", 443),
                HTTP("10.0.0.3", 80) IMPLIED("10.0.0.3"),
                HTTP("10.0.0.4", 80) "," HTTPS("10.0.0.4", 443),
                HTTP("10.0.0.5", 80) METHOD("noredirect") SETTINGS(SETTING("hsts", "max-age=1")),
                NO_ENDPOINT("\"http\",\"https\"") METHOD("nohttp"),
                PATH("/api", "10.0.0.8", 80) DEST("/") SETTINGS(SETTING("keepalive", "4") "," SETTING("hsts", "off")),
                HTTP("10.0.0.6", 80) CERTIFICATE("\"a.org\",\"b.org\"", EMAIL("a@b.org")),
                HTTP("10.0.0.7", 80) CERTIFICATE("\"a.org\",\"c.org\"", EMAIL("b@b.org")),
                REQUIRING("\"path\",\"proto\",\"internal\"", "10.0.0.9", 80) ",\"path\":\"/api\",\"proto\":\"grpc\"",
                PATH("/api", "10.0.0.10", 80) SETTINGS(SETTING("keepalive", "5") "," SETTING("cert_name", "c")),
                REQUIRING("\"client-certificate\"", "10.0.0.11", 80)
                        METHOD("redirect") ",\"https_method_implied\":true" SETTINGS(
                                SETTING("ssl_verify_client", "optional") "," SETTING("cert_name", "d")),
                REQUIRING("\"client-certificate\",\"path\"", "10.0.0.12", 80) ",\"path\":\"/api/v2\"" SETTINGS(
                        SETTING("ssl_verify_client", "on") "," SETTING("loadbalance", "ip_hash")),
        };
        enum { N = sizeof routes / sizeof *routes };

        return xasprintf("[{\"domain\":\"d%d.org\",%s,\"created\":%d},{\"domain\":\"d%d.org\",%s}]", i % 7,
                         routes[i % N], i % 3, i % 5, routes[(i + 4) % N]);
}

START_TEST(any_order_of_arrival_gives_the_same_sites) {
        enum { COUNT = 60, SHUFFLES = 50 };
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
                _cleanup_(sites_freep) Sites *s = sites_from_table(t, NULL);
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
        _cleanup_(sites_freep) Sites *none = sites_from_table(t, NULL);

        ck_assert_ptr_null(sites_find(none, "a.org"));
        present(t, "a", ROUTE("a.org", HTTP("h", 80)));
        present(t, "b", ROUTE("b.org", HTTP("h", 80)));
        present(t, "c", ROUTE("c.org", HTTP("h", 80)));
        _cleanup_(sites_freep) Sites *s = sites_from_table(t, NULL);
        ck_assert_str_eq(sites_find(s, "b.org")->domain, "b.org");
        ck_assert_ptr_null(sites_find(s, "d.org"));
}
END_TEST

static size_t count_sites(Table *t) {
        _cleanup_(sites_freep) Sites *s = sites_from_table(t, NULL);

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
        _cleanup_(sites_freep) Sites *before = sites_from_table(t, NULL), *after = sites_from_table(t, NULL);
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
          any_order_of_arrival_gives_the_same_sites, a_site_is_found_by_its_domain,
          a_hundred_thousand_registrations_are_as_many_sites_as_domains,
          what_is_set_aside_is_told_apart_from_what_was_before)
