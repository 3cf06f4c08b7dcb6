/* The servers of a site: where they listen, by which name, what each answers. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/rendering.h"

#define REDIRECT "return 301 https://$host$request_uri;"
#define SITE "proxy_pass http://a.org.http.beachhead;"
#define REFUSE "return 503;"

/* The first of the known answers that stands in a server; NULL where there is no server. */
static const char *answer(const char *server) {
        static const char *const answers[] = { REDIRECT, SITE, REFUSE, "return 403;" };

        for (size_t i = 0; server && i < sizeof answers / sizeof *answers; i++)
                if (contains(server, answers[i]))
                        return answers[i];
        return server ? "nothing" : NULL;
}

static void assert_answers(const TestSite *t, const RenderPolicy *policy, const char *plain, const char *secure) {
        _cleanup_free_ char *http = test_server(t, policy, false), *https = test_server(t, policy, true);

        ck_assert_pstr_eq(answer(http), plain);
        ck_assert_pstr_eq(answer(https), secure);
}

START_TEST(each_shape_answers_what_it_should) {
        static const struct {
                PlainAnswer plain;
                bool https, certificate;
                const char *over_http, *over_https;
        } cases[] = {
                { PLAIN_SERVE, false, false, SITE, NULL },
                { PLAIN_SERVE, false, true, SITE, NULL },
                { PLAIN_SERVE, true, true, SITE, SITE },
                { PLAIN_SERVE, true, false, SITE, NULL },
                { PLAIN_REDIRECT_OR_SERVE, true, false, SITE, NULL },
                { PLAIN_REDIRECT_OR_SERVE, true, true, REDIRECT, SITE },
                { PLAIN_REDIRECT_OR_SERVE, false, true, SITE, NULL },
                { PLAIN_REDIRECT_OR_REFUSE, true, false, REFUSE, NULL },
                { PLAIN_REDIRECT_OR_REFUSE, true, true, REDIRECT, SITE },
                { PLAIN_REFUSE_OR_SERVE, true, false, SITE, NULL },
                { PLAIN_REFUSE_OR_SERVE, true, true, REFUSE, SITE },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                t.site.shape.plain = cases[i].plain;
                t.site.shape.https = cases[i].https;
                t.vhost.certificate = cases[i].certificate ? &test_certificate : NULL;
                assert_answers(&t, &test_policy, cases[i].over_http, cases[i].over_https);
        }
}
END_TEST

START_TEST(the_operators_method_is_for_sites_where_nobody_chose_one) {
        static const struct {
                HttpsMethod method;
                bool implied;
                const char *over_http, *over_https;
        } cases[] = {
                { HTTPS_METHOD_REDIRECT, true, REDIRECT, SITE }, { HTTPS_METHOD_NOREDIRECT, true, SITE, SITE },
                { HTTPS_METHOD_NOHTTP, true, REFUSE, SITE },     { HTTPS_METHOD_NOHTTPS, true, SITE, NULL },
                { HTTPS_METHOD_NOHTTPS, false, REDIRECT, SITE }, { HTTPS_METHOD_UNSET, true, REDIRECT, SITE },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                RenderPolicy policy = test_policy;
                test_site(&t, "a.org");
                t.site.shape.plain = PLAIN_REDIRECT_OR_SERVE;
                t.site.shape.method_implied = cases[i].implied;
                policy.https_method = cases[i].method;
                assert_answers(&t, &policy, cases[i].over_http, cases[i].over_https);
        }
}
END_TEST

START_TEST(nothing_is_served_in_clear_that_must_not_be) {
        static const struct {
                PlainAnswer plain;
                EdgeSetting setting;
                const char *text, *expected;
        } cases[] = {
                { PLAIN_REDIRECT_OR_SERVE, EDGE_HTTP_ON_MISSING_CERT, "false", REDIRECT },
                { PLAIN_REDIRECT_OR_SERVE, EDGE_HTTP_ON_MISSING_CERT, "true", SITE },
                { PLAIN_REFUSE_OR_SERVE, EDGE_HTTP_ON_MISSING_CERT, "false", REFUSE },
                { PLAIN_REDIRECT_OR_REFUSE, EDGE_HTTP_ON_MISSING_CERT, "false", REFUSE },
                { PLAIN_SERVE, EDGE_HTTP_ON_MISSING_CERT, "false", SITE },
                { PLAIN_REDIRECT_OR_SERVE, EDGE_VERIFY_CLIENT, "on", REDIRECT },
                { PLAIN_REFUSE_OR_SERVE, EDGE_VERIFY_CLIENT, "on", REFUSE },
                { PLAIN_REDIRECT_OR_SERVE, EDGE_VERIFY_CLIENT, "optional", SITE },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                test_choose(&t, cases[i].setting, cases[i].text);
                t.site.shape.plain = cases[i].plain;
                t.vhost.certificate = NULL;
                assert_answers(&t, &test_policy, cases[i].expected, NULL);
        }
}
END_TEST

START_TEST(a_name_of_each_kind_is_the_name_of_the_server) {
        static const struct {
                const char *domain;
                ServerNameKind kind;
                const char *name, *upstream;
        } cases[] = {
                { "a.org", SERVER_NAME_EXACT, "a.org", "a.org.http.beachhead" },
                { "*.a.org", SERVER_NAME_WILDCARD, "*.a.org", "*.a.org.http.beachhead" },
                { "www.a.*", SERVER_NAME_WILDCARD, "www.a.*", "www.a.*.http.beachhead" },
                { "192.0.2.1", SERVER_NAME_ADDRESS, "192.0.2.1", "192.0.2.1.http.beachhead" },
                { "[2001:db8::1]", SERVER_NAME_ADDRESS, "[2001:db8::1]",
                  "~bb77d25003d3df63ef296c81188779690c6869d6.http.beachhead" },
                { "~^(www\\.)?a\\.(org|net)$", SERVER_NAME_REGEX,
                  "\"~(*LIMIT_MATCH=10000)^(www\\\\.)?a\\\\.(org|net)$\"",
                  "~7b9681c31114541ed43c9628995da26d17e29f98.http.beachhead" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, cases[i].domain);
                t.site.kind = cases[i].kind;
                _cleanup_free_ char *text = test_text(&t, &test_policy),
                                    *name = xasprintf("    server_name %s;\n", cases[i].name),
                                    *upstream = xasprintf("upstream %s {\n", cases[i].upstream),
                                    *pass = xasprintf("proxy_pass http://%s;\n", cases[i].upstream);
                ck_assert_msg(contains(text, name), "%s", text);
                ck_assert_msg(contains(text, upstream), "%s", text);
                ck_assert_msg(contains(text, pass), "%s", text);
        }
}
END_TEST

START_TEST(it_listens_where_the_operator_says_unless_it_has_ports_of_its_own) {
        static const struct {
                const char *http, *https;
                bool ipv6, proxy_protocol, is_default;
                const char *ports[2];
                const char *plain, *secure;
        } cases[] = {
                { "80",
                  "443",
                  false,
                  false,
                  false,
                  { NULL },
                  "listen 80;\n    server",
                  "listen 443 ssl http2;\n    server" },
                { "80",
                  "443",
                  true,
                  false,
                  false,
                  { NULL },
                  "listen 80;\n    listen [::]:80;\n",
                  "listen 443 ssl http2;\n    listen [::]:443 ssl http2;\n" },
                { "127.0.0.1:8080",
                  "[::1]:8443",
                  true,
                  false,
                  false,
                  { NULL },
                  "listen 127.0.0.1:8080;\n    server",
                  "listen [::1]:8443 ssl http2;\n    server" },
                { "80",
                  "443",
                  true,
                  true,
                  false,
                  { NULL },
                  "listen 80 proxy_protocol;\n    listen [::]:80 proxy_protocol;\n",
                  "listen 443 ssl http2 proxy_protocol;\n" },
                { "80",
                  "443",
                  true,
                  false,
                  true,
                  { NULL },
                  "listen 80 default_server;\n    listen [::]:80 default_server;\n",
                  "listen 443 ssl http2 default_server;\n" },
                { "80",
                  "443",
                  false,
                  false,
                  false,
                  { "8080", "8443" },
                  "listen 8080;\n    server",
                  "listen 8443 ssl http2;\n    server" },
                { "127.0.0.1:80",
                  "127.0.0.1:443",
                  false,
                  false,
                  false,
                  { "8080", "8443" },
                  "listen 127.0.0.1:8080;\n",
                  "listen 127.0.0.1:8443 ssl http2;\n" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                RenderPolicy policy = test_policy;
                test_site(&t, "a.org");
                policy.http_listen = cases[i].http;
                policy.https_listen = cases[i].https;
                policy.ipv6 = cases[i].ipv6;
                policy.proxy_protocol = cases[i].proxy_protocol;
                policy.default_host = cases[i].is_default ? "a.org" : "b.org";
                for (int tls = 0; tls < 2 && cases[i].ports[tls]; tls++)
                        test_choose(&t, tls ? EDGE_HTTPS_PORT : EDGE_HTTP_PORT, cases[i].ports[tls]);
                _cleanup_free_ char *text = test_text(&t, &policy);
                ck_assert_msg(contains(text, cases[i].plain), "%s", text);
                ck_assert_msg(contains(text, cases[i].secure), "%s", text);
        }
}
END_TEST

START_TEST(a_redirect_leads_to_the_port_where_https_is) {
        static const struct {
                const char *listen, *port, *non_get, *expected;
        } cases[] = {
                { "443", NULL, "301", "    location / {\n        return 301 https://$host$request_uri;\n    }\n" },
                { "[::]:443", NULL, "301", "return 301 https://$host$request_uri;" },
                { "8443", NULL, "301", "return 301 https://$host:8443$request_uri;" },
                { "127.0.0.1:8443", NULL, "301", "return 301 https://$host:8443$request_uri;" },
                { "8443", "443", "301", "return 301 https://$host$request_uri;" },
                { "443", "9443", "308",
                  "        if ($request_method !~ \"^(GET|HEAD)$\") {\n"
                  "            return 308 https://$host:9443$request_uri;\n"
                  "        }\n"
                  "        return 301 https://$host:9443$request_uri;\n" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                RenderPolicy policy = test_policy;
                test_site(&t, "a.org");
                t.site.shape.plain = PLAIN_REDIRECT_OR_SERVE;
                policy.https_listen = cases[i].listen;
                test_choose(&t, EDGE_NON_GET_REDIRECT, cases[i].non_get);
                if (cases[i].port)
                        test_choose(&t, EDGE_HTTPS_PORT, cases[i].port);
                _cleanup_free_ char *text = test_text(&t, &policy);
                ck_assert_msg(contains(text, cases[i].expected), "%s", text);
        }
}
END_TEST

START_TEST(challenges_are_answered_before_anything_else_is) {
        static const struct {
                const char *setting;
                PlainAnswer plain;
                bool certificate, expected;
        } cases[] = {
                { "true", PLAIN_REDIRECT_OR_SERVE, true, true },
                { "true", PLAIN_REDIRECT_OR_SERVE, false, true },
                { "true", PLAIN_REFUSE_OR_SERVE, true, true },
                { "true", PLAIN_SERVE, true, true },
                { "legacy", PLAIN_REDIRECT_OR_SERVE, true, true },
                { "legacy", PLAIN_REDIRECT_OR_SERVE, false, false },
                { "legacy", PLAIN_SERVE, true, false },
                { "legacy", PLAIN_REFUSE_OR_SERVE, true, true },
                { "false", PLAIN_REDIRECT_OR_SERVE, true, false },
                { "false", PLAIN_SERVE, false, false },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                test_choose(&t, EDGE_ACME_LOCATION, cases[i].setting);
                t.site.shape.plain = cases[i].plain;
                t.vhost.certificate = cases[i].certificate ? &test_certificate : NULL;
                _cleanup_free_ char *http = test_server(&t, &test_policy, false),
                                    *https = test_server(&t, &test_policy, true);
                ck_assert_msg(contains(http, "location ^~ /.well-known/acme-challenge/ {") == cases[i].expected, "%s",
                              http);
                ck_assert(!https || !contains(https, "acme-challenge"));
        }
}
END_TEST

START_TEST(who_answers_challenges_by_himself_is_left_alone) {
        for (int by_file = 0; by_file < 2; by_file++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                test_choose(&t, EDGE_ACME_LOCATION, "true");
                if (by_file)
                        t.overrides.server =
                                test_file("/files/a", "location ^~ /.well-known/acme-challenge/ { return 404; }\n");
                else
                        (void)test_add_location(&t, "/.well-known/acme-challenge/");
                _cleanup_free_ char *http = test_server(&t, &test_policy, false);
                ck_assert_msg(!contains(http, "try_files"), "%s", http);
        }
}
END_TEST

START_TEST(the_version_of_nginx_is_told_as_chosen) {
        for (int on = 0; on < 2; on++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                test_choose(&t, EDGE_SERVER_TOKENS, on ? "on" : "off");
                _cleanup_free_ char *http = test_server(&t, &test_policy, false);
                ck_assert(contains(http, on ? "    server_tokens on;\n" : "    server_tokens off;\n"));
        }
}
END_TEST

TEST_MAIN("render-site", each_shape_answers_what_it_should, the_operators_method_is_for_sites_where_nobody_chose_one,
          nothing_is_served_in_clear_that_must_not_be, a_name_of_each_kind_is_the_name_of_the_server,
          it_listens_where_the_operator_says_unless_it_has_ports_of_its_own,
          a_redirect_leads_to_the_port_where_https_is, challenges_are_answered_before_anything_else_is,
          who_answers_challenges_by_himself_is_left_alone, the_version_of_nginx_is_told_as_chosen)
