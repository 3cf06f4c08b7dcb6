/* The paths of a site: how each is handed on, by which protocol, to whom. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/rendering.h"

static void assert_location(const TestSite *t, const char *path, const char *expected) {
        _cleanup_free_ char *found = test_location(t, &test_policy, false, path);

        ck_assert_msg(found && contains(found, expected), "%s in %s", expected, found ? found : "nothing");
}

START_TEST(a_path_is_handed_on_with_its_destination) {
        static const struct {
                const char *path, *dest, *expected;
        } cases[] = {
                { "/api/", NULL, "proxy_pass http://a.org.http." SHA1_OF_API ".beachhead;" },
                { "/api/", "/", "proxy_pass http://a.org.http." SHA1_OF_API ".beachhead/;" },
                { "/api/", "/v2/", "proxy_pass http://a.org.http." SHA1_OF_API ".beachhead/v2/;" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                test_add_location(&t, cases[i].path)->dest = (char *)cases[i].dest;
                assert_location(&t, cases[i].path, cases[i].expected);
                assert_location(&t, "/", "proxy_pass http://a.org.http.beachhead;");
        }
}
END_TEST

START_TEST(a_pattern_is_matched_with_a_limit_and_keeps_the_path) {
        _cleanup_test_site_ TestSite t;

        test_site(&t, "a.org");
        test_add_location(&t, "~^/(a|b\\.c)/\"")->dest = (char *)"/v2/";
        assert_location(&t, "~ \"(*LIMIT_MATCH=10000)^/(a|b\\\\.c)/\\\"\"", ".beachhead;\n");
}
END_TEST

START_TEST(what_is_written_as_https_is_reached_by_tls_over_https_alone) {
        _cleanup_test_site_ TestSite t;

        test_site(&t, "a.org");
        t.locations[0].tls_to_backend = true;
        _cleanup_free_ char *text = test_text(&t, &test_policy), *plain = test_location(&t, &test_policy, false, "/"),
                            *secure = test_location(&t, &test_policy, true, "/");
        ck_assert(has_prefix(text, "upstream a.org.http.beachhead {\n"
                                   "    server 172.17.0.2:8080 max_fails=1 fail_timeout=1s;\n"
                                   "    server [fd00::2]:80 max_fails=1 fail_timeout=1s;\n"
                                   "}\n"
                                   "upstream a.org.tls.beachhead {\n"
                                   "    server 172.17.0.3:8043 max_fails=1 fail_timeout=1s;\n"
                                   "}\n"
                                   "server {\n"));
        ck_assert(contains(plain, "proxy_pass http://a.org.http.beachhead;"));
        ck_assert(contains(secure, "        proxy_ssl_protocols TLSv1.2 TLSv1.3;\n"
                                   "        proxy_ssl_server_name on;\n"
                                   "        proxy_ssl_name a.org;\n"
                                   "        proxy_pass https://a.org.tls.beachhead;\n"));
        t.site.shape.plain = PLAIN_REDIRECT_OR_SERVE;
        _cleanup_free_ char *redirected = test_text(&t, &test_policy);
        ck_assert(has_prefix(redirected, "upstream a.org.tls.beachhead {\n"));
        ck_assert(!contains(redirected, "upstream a.org.http"));
}
END_TEST

START_TEST(a_backend_of_each_protocol_is_spoken_to_in_it) {
        static const struct {
                Protocol proto;
                const char *expected[6], *unexpected;
        } cases[] = {
                { PROTOCOL_HTTP, { "    location / {\n        proxy_pass http://a.org.http.beachhead;\n" }, "_param" },
                { PROTOCOL_HTTPS, { "proxy_ssl_name a.org;", "proxy_pass https://a.org.http.beachhead;" }, "grpc" },
                { PROTOCOL_GRPC,
                  { "grpc_read_timeout 5m;", "grpc_set_header Host $host$beachhead_port;",
                    "grpc_set_header Proxy \"\";", "grpc_pass grpc://a.org.http.beachhead;" },
                  "grpc_ssl" },
                { PROTOCOL_GRPCS,
                  { "grpc_ssl_protocols TLSv1.2 TLSv1.3;", "grpc_ssl_server_name on;", "grpc_ssl_name a.org;",
                    "grpc_pass grpcs://a.org.http.beachhead;" },
                  "proxy_pass" },
                { PROTOCOL_UWSGI,
                  { "uwsgi_read_timeout 5m;", "uwsgi_param REQUEST_URI $request_uri;",
                    "uwsgi_param PATH_INFO $document_uri;",
                    "uwsgi_param HTTP_X_FORWARDED_PROTO $beachhead_forwarded_proto;",
                    "uwsgi_pass uwsgi://a.org.http.beachhead;" },
                  "fastcgi" },
                { PROTOCOL_FASTCGI,
                  { "fastcgi_send_timeout 5m;", "        root /var/www/public;\n",
                    "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;",
                    "fastcgi_param HTTP_HOST $host$beachhead_port;", "fastcgi_param HTTP_PROXY \"\";",
                    "fastcgi_pass a.org.http.beachhead;" },
                  "keep_conn" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                t.locations[0].proto = cases[i].proto;
                for (size_t j = 0; j < 6 && cases[i].expected[j]; j++)
                        assert_location(&t, "/", cases[i].expected[j]);
                _cleanup_free_ char *found = test_location(&t, &test_policy, false, "/");
                ck_assert_msg(!contains(found, cases[i].unexpected), "%s", found);
        }
}
END_TEST

START_TEST(the_document_root_is_the_containers) {
        _cleanup_test_site_ TestSite t;

        test_site(&t, "a.org");
        t.locations[0].proto = PROTOCOL_FASTCGI;
        test_choose(&t, EDGE_ROOT, "/srv/app");
        test_choose(&t, EDGE_KEEPALIVE, "auto");
        assert_location(&t, "/", "        root /srv/app;\n        fastcgi_keep_conn on;\n");
}
END_TEST

START_TEST(a_backend_with_tls_is_told_the_name_that_was_asked_for) {
        static const struct {
                const char *domain;
                ServerNameKind kind;
                const char *expected;
        } cases[] = {
                { "a.org", SERVER_NAME_EXACT, "proxy_ssl_name a.org;" },
                { "*.a.org", SERVER_NAME_WILDCARD, "proxy_ssl_name $host;" },
                { "~^a", SERVER_NAME_REGEX, "proxy_ssl_name $host;" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, cases[i].domain);
                t.site.kind = cases[i].kind;
                t.locations[0].proto = PROTOCOL_HTTPS;
                assert_location(&t, "/", cases[i].expected);
        }
}
END_TEST

START_TEST(what_a_container_chose_for_a_path_stands_in_that_path_alone) {
        static const struct {
                Protocol proto;
                EdgeSetting setting;
                const char *text, *expected;
        } cases[] = {
                { PROTOCOL_HTTP, EDGE_BODY_MAX, "1g", "        client_max_body_size 1g;\n" },
                { PROTOCOL_HTTP, EDGE_BODY_MAX, "0", "        client_max_body_size 0;\n" },
                { PROTOCOL_HTTP, EDGE_CONNECT_TIMEOUT, "1500ms", "        proxy_connect_timeout 1500ms;\n" },
                { PROTOCOL_HTTPS, EDGE_READ_TIMEOUT, "1h", "        proxy_read_timeout 1h;\n" },
                { PROTOCOL_HTTP, EDGE_SEND_TIMEOUT, "7s", "        proxy_send_timeout 7s;\n" },
                { PROTOCOL_GRPC, EDGE_READ_TIMEOUT, "1h", "        grpc_read_timeout 1h;\n" },
                { PROTOCOL_UWSGI, EDGE_CONNECT_TIMEOUT, "9s", "        uwsgi_connect_timeout 9s;\n" },
                { PROTOCOL_FASTCGI, EDGE_BODY_MAX, "5m", "        client_max_body_size 5m;\n" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                const char *rule;
                test_site(&t, "a.org");
                test_add_location(&t, "/api/")->proto = cases[i].proto;
                (void)edge_settings_set(&t.location_settings[1], cases[i].setting, cases[i].text, &rule);
                assert_location(&t, "/api/", cases[i].expected);
                _cleanup_free_ char *root = test_location(&t, &test_policy, false, "/");
                ck_assert_str_eq(root, "    location / {\n        proxy_pass http://a.org.http.beachhead;\n");
        }
}
END_TEST

START_TEST(endpoints_are_balanced_and_connections_kept_as_chosen) {
        static const struct {
                Protocol proto;
                const char *balance, *keepalive, *name, *before, *after;
        } cases[] = {
                { PROTOCOL_HTTP, "round_robin", "disabled", "a.org.http.beachhead", "", "" },
                { PROTOCOL_HTTP, "least_conn", "disabled", "a.org.http.beachhead", "    least_conn;\n", "" },
                { PROTOCOL_HTTP, "ip_hash", "32", "a.org.http.kept.beachhead", "    ip_hash;\n",
                  "    keepalive 32;\n" },
                { PROTOCOL_GRPC, "random two least_conn", "auto", "a.org.http.kept.beachhead",
                  "    random two least_conn;\n", "    keepalive 4;\n" },
                { PROTOCOL_FASTCGI, "hash $request_uri consistent", "auto", "a.org.http.kept.beachhead",
                  "    hash $request_uri consistent;\n", "    keepalive 4;\n" },
                { PROTOCOL_UWSGI, "hash $cookie_user", "auto", "a.org.http.beachhead", "    hash $cookie_user;\n",
                  "" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                t.locations[0].proto = cases[i].proto;
                test_choose(&t, EDGE_BALANCE, cases[i].balance);
                test_choose(&t, EDGE_KEEPALIVE, cases[i].keepalive);
                _cleanup_free_ char *text = test_text(&t, &test_policy),
                                    *expected = xasprintf("upstream %s {\n%s"
                                                          "    server 172.17.0.2:8080 max_fails=1 fail_timeout=1s;\n"
                                                          "    server [fd00::2]:80 max_fails=1 fail_timeout=1s;\n"
                                                          "%s}\nserver {\n",
                                                          cases[i].name, cases[i].before, cases[i].after),
                                    *pass = xasprintf("_pass ");
                ck_assert_msg(has_prefix(text, expected), "%s", text);
                ck_assert(contains(text, pass) && contains(strstr(text, pass), cases[i].name));
        }
}
END_TEST

START_TEST(a_host_that_looks_like_a_socket_is_none) {
        _cleanup_test_site_ TestSite t;
        Endpoint unix_host = { (char *)"unix", 80 };

        test_site(&t, "a.org");
        t.locations[0].endpoints = (Endpoints){ &unix_host, 1 };
        _cleanup_(rendering_freep) Rendering *r = render(&t.vhost, 1, &test_policy);
        ck_assert(contains(r->text, "    server unix.:80 max_fails=1 fail_timeout=1s;\n"));
}
END_TEST

START_TEST(a_path_whose_containers_are_gone_says_so_by_itself) {
        static const struct {
                SiteState state;
                bool endpoints;
                const char *expected;
        } cases[] = {
                { SITE_LIVE, true, "        proxy_pass http://a.org.http." SHA1_OF_API ".beachhead;\n" },
                { SITE_HELD, true, "        proxy_pass http://a.org.http." SHA1_OF_API ".beachhead;\n" },
                { SITE_LIVE, false, "        return 502;\n" },
                { SITE_HELD, false, "        return 502;\n" },
                { SITE_LINGERING, true, "        add_header Retry-After 5 always;\n        return 503;\n" },
                { SITE_LINGERING, false, "        add_header Retry-After 5 always;\n        return 503;\n" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                Location *l = test_add_location(&t, "/api/");
                l->state = cases[i].state;
                if (!cases[i].endpoints)
                        l->endpoints.count = 0;
                _cleanup_free_ char *text = test_text(&t, &test_policy);
                assert_location(&t, "/api/", cases[i].expected);
                assert_location(&t, "/", "        proxy_pass http://a.org.http.beachhead;\n");
                ck_assert_int_eq(contains(text, "upstream a.org.http." SHA1_OF_API),
                                 cases[i].endpoints && cases[i].state != SITE_LINGERING);
        }
}
END_TEST

START_TEST(what_is_internal_is_for_internal_networks_alone) {
        _cleanup_test_site_ TestSite t;

        test_site(&t, "a.org");
        test_add_location(&t, "/api/")->internal = true;
        assert_location(&t, "/api/",
                        "    location /api/ {\n        allow 127.0.0.0/8;\n        allow ::1;\n"
                        "        allow 10.0.0.0/8;\n        deny all;\n        proxy_pass");
        _cleanup_free_ char *root = test_location(&t, &test_policy, false, "/");
        ck_assert(!contains(root, "deny"));
}
END_TEST

START_TEST(a_password_file_guards_its_path) {
        _cleanup_test_site_ TestSite t;

        test_site(&t, "a.org");
        t.location_overrides[0].htpasswd = (OverrideFile){ .path = (char *)"/files/htpasswd \"a\"", .digest = "d1" };
        assert_location(&t, "/",
                        "        auth_basic \"Restricted access\";\n"
                        "        auth_basic_user_file \"/files/htpasswd \\\"a\\\"\";\n        proxy_pass");
}
END_TEST

START_TEST(a_path_that_nobody_has_answers_as_the_operator_says) {
        static const struct {
                RootAnswer root;
                const char *file, *expected;
        } cases[] = {
                { { .status = 404 }, NULL, "        return 404;\n" },
                { { .status = 301, .url = (char *)"https://b.org/x" }, NULL, "        return 301 https://b.org/x;\n" },
                { { .status = 0 }, NULL, NULL },
                { { .status = 404 }, "location / { return 418; }\n", NULL },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                RenderPolicy policy = test_policy;
                test_site(&t, "a.org");
                t.locations[0].path = (char *)"/api/";
                policy.root = cases[i].root;
                if (cases[i].file)
                        t.overrides.server = test_file("/files/s", cases[i].file);
                _cleanup_free_ char *found = test_location(&t, &policy, false, "/");
                ck_assert_int_eq(found != NULL, cases[i].expected != NULL);
                if (found)
                        ck_assert_msg(contains(found, cases[i].expected), "%s", found);
        }
}
END_TEST

TEST_MAIN("render-location", a_path_is_handed_on_with_its_destination,
          a_pattern_is_matched_with_a_limit_and_keeps_the_path,
          what_is_written_as_https_is_reached_by_tls_over_https_alone, a_backend_of_each_protocol_is_spoken_to_in_it,
          the_document_root_is_the_containers, a_backend_with_tls_is_told_the_name_that_was_asked_for,
          what_a_container_chose_for_a_path_stands_in_that_path_alone,
          endpoints_are_balanced_and_connections_kept_as_chosen, a_host_that_looks_like_a_socket_is_none,
          a_path_whose_containers_are_gone_says_so_by_itself, what_is_internal_is_for_internal_networks_alone,
          a_password_file_guards_its_path, a_path_that_nobody_has_answers_as_the_operator_says)
