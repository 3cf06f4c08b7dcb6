/* What may be chosen at the edge: which texts are taken, how they are written back, and who must understand them. */
#include "beachhead/edge-settings.h"
#include "beachhead/registration.h"
#include "common/memory.h"
#include "common/text.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

#define _cleanup_settings_ _cleanup_(edge_settings_done)

static void set(EdgeSettings *e, EdgeSetting setting, const char *text) {
        const char *rule = NULL;

        ck_assert_msg(edge_settings_set(e, setting, text, &rule) == 0, "%s: \"%s\" %s", edge_setting_name(setting),
                      text, rule);
}

START_TEST(a_setting_is_written_in_its_one_form) {
        static const struct {
                EdgeSetting setting;
                const char *text, *canonical;
        } cases[] = {
                { EDGE_CERT_NAME, "shared", "shared" },
                { EDGE_CERT_NAME, " *.example.org\t", "*.example.org" },
                { EDGE_TLS_POLICY, "Mozilla-Modern", "Mozilla-Modern" },
                { EDGE_TLS_POLICY, "aws-tls13-1-2-RES-2021-06", "AWS-TLS13-1-2-Res-2021-06" },
                { EDGE_TLS_POLICY, "AWS-2015-02", "AWS-2015-02" },
                { EDGE_HSTS, "OFF", "off" },
                { EDGE_HSTS, "max-age=31536000", "max-age=31536000" },
                { EDGE_HSTS, "max-age=4294967295;", "max-age=4294967295" },
                { EDGE_HSTS, "preload;INCLUDESUBDOMAINS ;Max-Age=0", "max-age=0; includeSubDomains; preload" },
                { EDGE_SERVER_TOKENS, "off", "off" },
                { EDGE_SERVER_TOKENS, "True", "on" },
                { EDGE_ACME_LOCATION, "legacy", "legacy" },
                { EDGE_ACME_LOCATION, "0", "false" },
                { EDGE_ACME_LOCATION, "YES", "true" },
                { EDGE_HTTP2, "no", "false" },
                { EDGE_HTTP3, "1", "true" },
                { EDGE_TRUST_DEFAULT_CERT, "f", "false" },
                { EDGE_HTTP_ON_MISSING_CERT, "off", "false" },
                { EDGE_DEBUG_ENDPOINT, "t", "true" },
                { EDGE_NON_GET_REDIRECT, "301", "301" },
                { EDGE_NON_GET_REDIRECT, "307", "307" },
                { EDGE_NON_GET_REDIRECT, "308", "308" },
                { EDGE_VERIFY_CLIENT, "Optional_No_CA", "optional_no_ca" },
                { EDGE_VERIFY_CLIENT, "on", "on" },
                { EDGE_HTTP_PORT, "8080", "8080" },
                { EDGE_HTTPS_PORT, "65535", "65535" },
                { EDGE_BALANCE, "round_robin", "round_robin" },
                { EDGE_BALANCE, "least_conn;", "least_conn" },
                { EDGE_BALANCE, "ip_hash ;", "ip_hash" },
                { EDGE_BALANCE, "random", "random" },
                { EDGE_BALANCE, "random  two", "random two" },
                { EDGE_BALANCE, "random two least_conn", "random two least_conn" },
                { EDGE_BALANCE, "hash $remote_addr", "hash $remote_addr" },
                { EDGE_BALANCE, "hash\t$cookie_session_1 consistent;", "hash $cookie_session_1 consistent" },
                { EDGE_BALANCE, "hash $http_x_user", "hash $http_x_user" },
                { EDGE_BALANCE, "hash $arg_id", "hash $arg_id" },
                { EDGE_KEEPALIVE, "auto", "auto" },
                { EDGE_KEEPALIVE, "Disabled", "disabled" },
                { EDGE_KEEPALIVE, "0", "disabled" },
                { EDGE_KEEPALIVE, "1000", "1000" },
                { EDGE_ROOT, "/var/www/public", "/var/www/public" },
                { EDGE_ROOT, "/", "/" },
                { EDGE_BODY_MAX, "0", "0" },
                { EDGE_BODY_MAX, "0m", "0" },
                { EDGE_BODY_MAX, "1000", "1000" },
                { EDGE_BODY_MAX, "1024", "1k" },
                { EDGE_BODY_MAX, "10M", "10m" },
                { EDGE_BODY_MAX, "1536k", "1536k" },
                { EDGE_BODY_MAX, "1024G", "1024g" },
                { EDGE_CONNECT_TIMEOUT, "5", "5s" },
                { EDGE_READ_TIMEOUT, "90s", "90s" },
                { EDGE_READ_TIMEOUT, "120", "2m" },
                { EDGE_READ_TIMEOUT, "24h", "1d" },
                { EDGE_SEND_TIMEOUT, "1500ms", "1500ms" },
                { EDGE_SEND_TIMEOUT, "0001m", "1m" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_settings_ EdgeSettings e = { 0 };
                set(&e, cases[i].setting, cases[i].text);
                _cleanup_free_ char *canonical = edge_settings_text(&e, cases[i].setting);
                ck_assert_str_eq(canonical, cases[i].canonical);
                ck_assert_uint_eq(e.given, 1u << cases[i].setting);
        }
}
END_TEST

START_TEST(every_policy_is_known_by_its_own_name) {
        for (TlsPolicy policy = 0; policy < _TLS_POLICY_COUNT; policy++) {
                EdgeSettings e = { .given = 1u << EDGE_TLS_POLICY, .tls_policy = policy }, again = { 0 };
                _cleanup_free_ char *name = edge_settings_text(&e, EDGE_TLS_POLICY);
                set(&again, EDGE_TLS_POLICY, name);
                ck_assert_int_eq(again.tls_policy, policy);
        }
}
END_TEST

START_TEST(what_is_no_such_value_is_refused_with_the_rule) {
        static const struct {
                EdgeSetting setting;
                const char *text, *rule;
        } cases[] = {
                { EDGE_CERT_NAME, "", "letters" },
                { EDGE_CERT_NAME, "../shared", "letters" },
                { EDGE_CERT_NAME, ".hidden", "letters" },
                { EDGE_CERT_NAME, "-rf", "letters" },
                { EDGE_CERT_NAME, "a/b", "letters" },
                { EDGE_CERT_NAME, "a;b", "letters" },
                { EDGE_TLS_POLICY, "Mozilla", "Mozilla-Modern" },
                { EDGE_TLS_POLICY, "", "Mozilla-Modern" },
                { EDGE_HSTS, "", "max-age" },
                { EDGE_HSTS, ";", "max-age" },
                { EDGE_HSTS, "preload", "max-age" },
                { EDGE_HSTS, "max-age=", "max-age" },
                { EDGE_HSTS, "max-age=-1", "max-age" },
                { EDGE_HSTS, "max-age=4294967296", "max-age" },
                { EDGE_HSTS, "max-age=1; max-age=2", "max-age" },
                { EDGE_HSTS, "max-age=1; preload; preload", "max-age" },
                { EDGE_HSTS, "max-age=1\"; add_header X y", "max-age" },
                { EDGE_HSTS, "off; max-age=1", "max-age" },
                { EDGE_SERVER_TOKENS, "build", "on or off" },
                { EDGE_ACME_LOCATION, "perhaps", "true, false or legacy" },
                { EDGE_HTTP2, "2", "true or false" },
                { EDGE_HTTP2, "tru", "true or false" },
                { EDGE_NON_GET_REDIRECT, "302", "301" },
                { EDGE_NON_GET_REDIRECT, "309", "301" },
                { EDGE_NON_GET_REDIRECT, "300", "301" },
                { EDGE_VERIFY_CLIENT, "true", "optional" },
                { EDGE_HTTP_PORT, "0", "65535" },
                { EDGE_HTTP_PORT, "65536", "65535" },
                { EDGE_HTTP_PORT, "8080 ssl", "65535" },
                { EDGE_HTTPS_PORT, "-1", "65535" },
                { EDGE_HTTPS_PORT, "99999999999999999999", "65535" },
                { EDGE_BALANCE, "", "round_robin" },
                { EDGE_BALANCE, ";", "round_robin" },
                { EDGE_BALANCE, "least_conn;;", "round_robin" },
                { EDGE_BALANCE, "least_conn; server evil", "round_robin" },
                { EDGE_BALANCE, "randomtwo", "round_robin" },
                { EDGE_BALANCE, "random three", "round_robin" },
                { EDGE_BALANCE, "hash", "round_robin" },
                { EDGE_BALANCE, "hash $secret", "round_robin" },
                { EDGE_BALANCE, "hash $cookie_", "round_robin" },
                { EDGE_BALANCE, "hash $cookie_A", "round_robin" },
                { EDGE_BALANCE, "hash $cookie_a$uri", "round_robin" },
                { EDGE_BALANCE, "hash $uri inconsistent", "round_robin" },
                { EDGE_BALANCE, "hash $uri consistent twice", "round_robin" },
                { EDGE_KEEPALIVE, "1001", "auto" },
                { EDGE_KEEPALIVE, "-1", "auto" },
                { EDGE_ROOT, "var/www", "absolute" },
                { EDGE_ROOT, "", "absolute" },
                { EDGE_ROOT, "/var/../etc", "absolute" },
                { EDGE_ROOT, "/var www", "absolute" },
                { EDGE_ROOT, "/var/$host", "absolute" },
                { EDGE_BODY_MAX, "", "a size" },
                { EDGE_BODY_MAX, "m", "a size" },
                { EDGE_BODY_MAX, "1025g", "a size" },
                { EDGE_BODY_MAX, "9223372036854775807g", "a size" },
                { EDGE_BODY_MAX, "9223372036854775808", "a size" },
                { EDGE_BODY_MAX, "1.5m", "a size" },
                { EDGE_BODY_MAX, "1 m", "a size" },
                { EDGE_BODY_MAX, "1mb", "a size" },
                { EDGE_READ_TIMEOUT, "0", "a time" },
                { EDGE_READ_TIMEOUT, "0ms", "a time" },
                { EDGE_READ_TIMEOUT, "25h", "a time" },
                { EDGE_READ_TIMEOUT, "1M", "a time" },
                { EDGE_READ_TIMEOUT, "1h 30m", "a time" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                EdgeSettings e = { 0 };
                const char *rule = NULL;
                ck_assert_msg(edge_settings_set(&e, cases[i].setting, cases[i].text, &rule) == -EINVAL,
                              "%s: \"%s\" was taken", edge_setting_name(cases[i].setting), cases[i].text);
                ck_assert_msg(has_prefix(rule, "must be ") && strstr(rule, cases[i].rule), "%s: \"%s\" %s",
                              edge_setting_name(cases[i].setting), cases[i].text, rule);
                ck_assert_uint_eq(e.given, 0);
        }
}
END_TEST

START_TEST(no_setting_takes_a_text_without_end) {
        char text[EDGE_TEXT_MAX + 2];

        memset(text, 'a', sizeof text);
        text[EDGE_TEXT_MAX] = '\0';
        _cleanup_settings_ EdgeSettings e = { 0 };
        set(&e, EDGE_CERT_NAME, text);
        text[EDGE_TEXT_MAX] = 'a';
        text[EDGE_TEXT_MAX + 1] = '\0';
        for (EdgeSetting i = 0; i < _EDGE_SETTING_COUNT; i++) {
                const char *rule = NULL;
                ck_assert_int_eq(edge_settings_set(&e, i, text, &rule), -EINVAL);
        }
}
END_TEST

START_TEST(a_refused_text_leaves_what_was_set_before) {
        _cleanup_settings_ EdgeSettings e = { 0 };
        const char *rule = NULL;

        set(&e, EDGE_CERT_NAME, "first");
        set(&e, EDGE_CERT_NAME, "second");
        ck_assert_int_eq(edge_settings_set(&e, EDGE_CERT_NAME, "/third", &rule), -EINVAL);
        ck_assert_str_eq(e.cert_name, "second");
}
END_TEST

START_TEST(only_what_is_unsafe_to_ignore_must_be_understood) {
        static const struct {
                EdgeSetting setting;
                const char *text;
                unsigned requirements;
        } cases[] = {
                { EDGE_VERIFY_CLIENT, "on", REQUIRES_CLIENT_CERTIFICATE },
                { EDGE_VERIFY_CLIENT, "optional", REQUIRES_CLIENT_CERTIFICATE },
                { EDGE_VERIFY_CLIENT, "optional_no_ca", REQUIRES_CLIENT_CERTIFICATE },
                { EDGE_VERIFY_CLIENT, "off", 0 },
                { EDGE_HTTP_PORT, "80", REQUIRES_PORTS },
                { EDGE_HTTPS_PORT, "8443", REQUIRES_PORTS },
                { EDGE_HTTP_ON_MISSING_CERT, "false", REQUIRES_NO_CLEAR },
                { EDGE_HTTP_ON_MISSING_CERT, "true", 0 },
                { EDGE_HSTS, "off", 0 },
                { EDGE_BODY_MAX, "1m", 0 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_settings_ EdgeSettings e = { 0 };
                ck_assert_uint_eq(edge_settings_requirements(&e), 0);
                set(&e, cases[i].setting, cases[i].text);
                ck_assert_msg(edge_settings_requirements(&e) == cases[i].requirements, "%s=%s",
                              edge_setting_name(cases[i].setting), cases[i].text);
        }
}
END_TEST

START_TEST(what_is_missing_is_inherited_and_what_is_there_stays) {
        _cleanup_settings_ EdgeSettings site = { 0 }, defaults = { 0 };

        set(&site, EDGE_CERT_NAME, "own");
        set(&defaults, EDGE_CERT_NAME, "shared");
        set(&defaults, EDGE_HSTS, "max-age=5; preload");
        set(&defaults, EDGE_BALANCE, "hash $uri consistent");
        set(&defaults, EDGE_ROOT, "/srv");
        edge_settings_inherit(&site, &defaults, 0, _EDGE_OF_SITE_COUNT);
        ck_assert_str_eq(site.cert_name, "own");
        ck_assert(edge_settings_agree(&site, &defaults, EDGE_HSTS));
        ck_assert(!edge_settings_has(&site, EDGE_BALANCE));
        edge_settings_inherit(&site, &defaults, _EDGE_OF_SITE_COUNT, _EDGE_SETTING_COUNT);
        edge_settings_done(&defaults);
        ck_assert_str_eq(site.balance.key, "$uri");
        ck_assert(site.balance.consistent);
        ck_assert_str_eq(site.root, "/srv");
        ck_assert(!edge_settings_has(&site, EDGE_READ_TIMEOUT));
}
END_TEST

START_TEST(two_agree_where_they_mean_the_same) {
        static const struct {
                EdgeSetting setting;
                const char *a, *b;
                bool agree;
        } cases[] = {
                { EDGE_READ_TIMEOUT, "60", "1m", true },
                { EDGE_READ_TIMEOUT, "60", "61", false },
                { EDGE_READ_TIMEOUT, "60", NULL, false },
                { EDGE_READ_TIMEOUT, NULL, NULL, true },
                { EDGE_BALANCE, "hash $uri", "hash $uri;", true },
                { EDGE_BALANCE, "hash $uri", "hash $host", false },
                { EDGE_BALANCE, "hash $uri", "hash $uri consistent", false },
                { EDGE_CERT_NAME, "a", "a", true },
                { EDGE_CERT_NAME, "a", "b", false },
                { EDGE_HSTS, "max-age=1;preload", "preload; max-age=1", true },
                { EDGE_HSTS, "max-age=0", "off", false },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_settings_ EdgeSettings a = { 0 }, b = { 0 };
                if (cases[i].a)
                        set(&a, cases[i].setting, cases[i].a);
                if (cases[i].b)
                        set(&b, cases[i].setting, cases[i].b);
                ck_assert_msg(edge_settings_agree(&a, &b, cases[i].setting) == cases[i].agree, "%s: %s and %s",
                              edge_setting_name(cases[i].setting), cases[i].a, cases[i].b);
        }
}
END_TEST

TEST_MAIN("edge-settings", a_setting_is_written_in_its_one_form, every_policy_is_known_by_its_own_name,
          what_is_no_such_value_is_refused_with_the_rule, no_setting_takes_a_text_without_end,
          a_refused_text_leaves_what_was_set_before, only_what_is_unsafe_to_ignore_must_be_understood,
          what_is_missing_is_inherited_and_what_is_there_stays, two_agree_where_they_mean_the_same)
