/* The settings of sites: whose holds where containers disagree, what is said of it, and that no restriction is lost.
 */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/sites-ground.h"

START_TEST(each_setting_is_decided_by_the_first_that_gives_it) {
        static const Value values[] = {
                { "a", ROUTE("a.org", HTTP("10.0.0.1", 80) CREATED(1) SETTINGS(SETTING("hsts", "off"))) },
                { "b", ROUTE("a.org", HTTP("10.0.0.2", 80) CREATED(2)
                                              SETTINGS(SETTING("hsts", "max-age=60") "," SETTING("keepalive", "8"))) },
                { "c", ROUTE("a.org", HTTP("10.0.0.3", 80) CREATED(3) SETTINGS(
                                              SETTING("hsts", "max-age=61") "," SETTING("cert_name", "shared"))) },
                { "d", ROUTE("a.org", HTTP("10.0.0.4", 80) CREATED(4)
                                              SETTINGS(SETTING("hsts", "OFF") "," SETTING("keepalive", "auto"))) },
        };

        EXPECT_OF(values, "a.org: live serve cert_name=shared hsts=off keepalive=8 "
                          "clear[10.0.0.1:80 10.0.0.2:80 10.0.0.3:80 10.0.0.4:80] tls[] from(a, b, c, d) "
                          "note: a asks for hsts=off and b (and 1 more) for hsts=max-age=60: "
                          "a was created first and decides "
                          "note: b asks for keepalive=8 and d for keepalive=auto: b was created first and decides\n");
}
END_TEST

/* Each of its own value for each of two containers; of all types there are. */
START_TEST(a_disagreement_on_any_setting_is_named_with_both_values) {
        static const struct {
                const char *setting, *first, *second, *requires;
        } cases[] = {
                { "cert_name", "a", "b", "" },
                { "ssl_policy", "Mozilla-Modern", "Mozilla-Old", "" },
                { "hsts", "max-age=1; includeSubDomains", "off", "" },
                { "server_tokens", "on", "off", "" },
                { "acme_http_challenge_location", "legacy", "true", "" },
                { "http2", "true", "false", "" },
                { "http3", "false", "true", "" },
                { "trust_default_cert", "true", "false", "" },
                { "debug_endpoint", "true", "false", "" },
                { "non_get_redirect", "301", "308", "" },
                { "external_http_port", "8080", "8081", "\"ports\"" },
                { "external_https_port", "8443", "8444", "\"ports\"" },
                { "loadbalance", "hash $arg_id consistent", "hash $arg_id", "" },
                { "keepalive", "disabled", "auto", "" },
                { "virtual_root", "/srv/a", "/srv/b", "" },
                { "client_max_body_size", "10m", "0", "" },
                { "proxy_connect_timeout", "5s", "500ms", "" },
                { "proxy_read_timeout", "1h", "2h", "" },
                { "proxy_send_timeout", "1m", "2m", "" },
        };
        /* Those that restrict access have rules of their own. */
        ck_assert_uint_eq(sizeof cases / sizeof *cases + 2, _EDGE_SETTING_COUNT);

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                const char *name = cases[i].setting, *first = cases[i].first, *second = cases[i].second;
                static const char route[] = "[{\"domain\":\"a.org\",\"endpoint\":" AT(
                        "10.0.0.1",
                        80) ",\"schemes\":[\"http\"],\"requires\":[%s],\"settings\":{\"%s\":\"%s\"},\"created\":%d}]";
                _cleanup_free_ char *a = xasprintf(route, cases[i].requires, name, first, 1);
                _cleanup_free_ char *b = xasprintf(route, cases[i].requires, name, second, 2);
                _cleanup_free_ char *wanted = xasprintf(
                        "a.org: live serve %s=%s clear[10.0.0.1:80] tls[] from(a, b) note: a asks for %s=%s and b for "
                        "%s=%s: a was created first and decides\n",
                        name, first, name, first, name, second);
                expect_of((const Value[]){ { "a", a }, { "b", b } }, 2, wanted);
        }
}
END_TEST

START_TEST(settings_of_a_path_hold_for_that_path) {
        static const Value values[] = {
                { "a", ROUTE("a.org", PATH("/a", "10.0.0.1", 80) SETTINGS(SETTING("keepalive", "1")) CREATED(1)) },
                { "b", ROUTE("a.org", PATH("/b", "10.0.0.2", 80) SETTINGS(SETTING("keepalive", "2")) CREATED(2)) },
                { "c", ROUTE("a.org", PATH("/b", "10.0.0.3", 80) CREATED(3)
                                              SETTINGS(SETTING("keepalive", "3") "," SETTING("http2", "false"))) },
        };

        EXPECT_OF(values,
                  "a.org: live redirect-or-serve https http2=false "
                  "at /a live keepalive=1 clear[10.0.0.1:80] tls[] "
                  "at /b live keepalive=2 clear[10.0.0.2:80 10.0.0.3:80] tls[] from(a, b, c) "
                  "note: at /b: b asks for keepalive=2 and c for keepalive=3: b was created first and decides\n");
}
END_TEST

#define METHOD_IMPLIED METHOD("redirect") ",\"https_method_implied\":true"

START_TEST(a_method_that_nobody_chose_gives_way) {
        static const struct {
                const char *a, *b, *shape, *note;
        } cases[] = {
                { METHOD_IMPLIED, METHOD_IMPLIED, "redirect-or-serve https implied", "" },
                { METHOD_IMPLIED, METHOD("noredirect"), "serve https", "" },
                { METHOD("noredirect"), METHOD_IMPLIED, "serve https", "" },
                { METHOD_IMPLIED, "", "serve", "" },
                { METHOD("nohttps"), METHOD("noredirect"), "serve",
                  " note: a asks for HTTPS_METHOD=nohttps and b for HTTPS_METHOD=noredirect: "
                  "a was created first and decides" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *a = xasprintf(ROUTE("a.org", HTTP("10.0.0.1", 80) CREATED(1) "%s"), cases[i].a);
                _cleanup_free_ char *b = xasprintf(ROUTE("a.org", HTTP("10.0.0.1", 80) CREATED(2) "%s"), cases[i].b);
                _cleanup_free_ char *wanted = xasprintf("a.org: live %s clear[10.0.0.1:80] tls[] from(a, b)%s\n",
                                                        cases[i].shape, cases[i].note);
                expect_of((const Value[]){ { "a", a }, { "b", b } }, 2, wanted);
        }
}
END_TEST

/* With a verification or the opposite, as its value requires. */
static char *restricting_route(const char *host, int created, const char *setting, const char *value) {
        return xasprintf("[{\"domain\":\"a.org\",\"endpoint\":{\"host\":\"%s\",\"port\":80},\"schemes\":[\"http\"],"
                         "\"requires\":[\"client-certificate\",\"no-clear\"],\"settings\":{\"%s\":\"%s\"},"
                         "\"created\":%d}]",
                         host, setting, value, created);
}

START_TEST(the_stricter_setting_holds_where_access_is_restricted) {
        static const struct {
                const char *setting, *strict, *loose;
        } cases[] = {
                { "ssl_verify_client", "on", "optional" },
                { "ssl_verify_client", "on", "optional_no_ca" },
                { "ssl_verify_client", "on", "off" },
                { "ssl_verify_client", "optional", "optional_no_ca" },
                { "ssl_verify_client", "optional", "off" },
                { "ssl_verify_client", "optional_no_ca", "off" },
                { "enable_http_on_missing_cert", "false", "true" },
        };

        for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
                const char *setting = cases[i / 2].setting, *strict = cases[i / 2].strict, *loose = cases[i / 2].loose;
                int strict_is_late = i % 2;
                _cleanup_free_ char *a = restricting_route("10.0.0.1", 1 + strict_is_late, setting, strict);
                _cleanup_free_ char *b = restricting_route("10.0.0.1", 2 - strict_is_late, setting, loose);
                _cleanup_free_ char *wanted = xasprintf(
                        "a.org: live serve %s=%s clear[10.0.0.1:80] tls[] from(a, b) note: a asks for %s=%s and b for "
                        "%s=%s: the stricter one holds\n",
                        setting, strict, setting, strict, setting, loose);
                expect_of((const Value[]){ { "a", a }, { "b", b } }, 2, wanted);
        }
}
END_TEST

/* In clear nobody shows a certificate, and nothing waits for one. */
START_TEST(nobody_else_opens_in_clear_what_one_restricts) {
        static const struct {
                const char *strict, *method, *loose, *shape, *wish, *loose_wish;
        } cases[] = {
                { SETTINGS(SETTING("ssl_verify_client", "on")), METHOD("redirect"), METHOD("noredirect"),
                  "redirect-or-serve https ssl_verify_client=on", "HTTPS_METHOD=redirect", "HTTPS_METHOD=noredirect" },
                { SETTINGS(SETTING("ssl_verify_client", "on")), METHOD("nohttp"), METHOD("nohttps"),
                  "refuse-or-serve https ssl_verify_client=on", "HTTPS_METHOD=nohttp", "HTTPS_METHOD=nohttps" },
                { SETTINGS(SETTING("ssl_verify_client", "on")), "", "", "redirect-or-serve https ssl_verify_client=on",
                  "http and https", "http alone" },
                { SETTINGS(SETTING("enable_http_on_missing_cert", "false")), METHOD("redirect"), "",
                  "redirect-or-serve https enable_http_on_missing_cert=false", "HTTPS_METHOD=redirect", "http alone" },
                { SETTINGS(SETTING("enable_http_on_missing_cert", "false")), METHOD_IMPLIED, "",
                  "redirect-or-serve https implied enable_http_on_missing_cert=false", "HTTPS_METHOD=redirect",
                  "http alone" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *strict = xasprintf(ROUTE("a.org", REQUIRING("\"client-certificate\",\"no-clear\"",
                                                                                 "10.0.0.1", 80) CREATED(2) "%s%s"),
                                                        cases[i].strict, cases[i].method);
                _cleanup_free_ char *loose =
                        xasprintf(ROUTE("a.org", HTTP("10.0.0.2", 80) CREATED(1) "%s"), cases[i].loose);
                _cleanup_free_ char *wanted = xasprintf(
                        "a.org: live %s clear[10.0.0.1:80 10.0.0.2:80] tls[] from(loose, strict) note: strict "
                        "asks for %s and loose for %s: the stricter one holds\n",
                        cases[i].shape, cases[i].wish, cases[i].loose_wish);
                expect_of((const Value[]){ { "strict", strict }, { "loose", loose } }, 2, wanted);
        }
}
END_TEST

START_TEST(absence_lifts_no_restriction) {
        _cleanup_(table_freep) Table *t = new_table();
        _cleanup_free_ char *strict = restricting_route("10.0.0.1", 1, "ssl_verify_client", "on");

        present(t, "strict", strict);
        present(t, "api",
                ROUTE("a.org", PATH("/api", "10.0.0.2", 80) CREATED(2) SETTINGS(SETTING("cert_name", "api"))));
        absent(t, "strict", false);
        expect(t, "a.org: live redirect-or-serve https cert_name=api ssl_verify_client=on "
                  "at / held clear[10.0.0.1:80] tls[] at /api live clear[10.0.0.2:80] tls[] from(api, strict)\n");
        absent(t, "strict", true);
        expect(t, "a.org: live redirect-or-serve https cert_name=api "
                  "at / lingering clear[] tls[] at /api live clear[10.0.0.2:80] tls[] from(api, strict)\n");
}
END_TEST

START_TEST(a_site_that_lingers_keeps_its_settings_and_complains_no_more) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "a", ROUTE("a.org", HTTP("10.0.0.1", 80) CREATED(1) SETTINGS(SETTING("cert_name", "a"))));
        present(t, "b",
                ROUTE("a.org", HTTP("10.0.0.2", 80) CREATED(2) METHOD("redirect")
                                       SETTINGS(SETTING("cert_name", "b") "," SETTING("keepalive", "4"))));
        absent(t, "a", true);
        absent(t, "b", true);
        expect(t, "a.org: lingering serve cert_name=a keepalive=4 clear[] tls[] from(a, b)\n");
}
END_TEST

TEST_MAIN("sites-settings", each_setting_is_decided_by_the_first_that_gives_it,
          a_disagreement_on_any_setting_is_named_with_both_values, settings_of_a_path_hold_for_that_path,
          a_method_that_nobody_chose_gives_way, the_stricter_setting_holds_where_access_is_restricted,
          absence_lifts_no_restriction, nobody_else_opens_in_clear_what_one_restricts,
          a_site_that_lingers_keeps_its_settings_and_complains_no_more)
