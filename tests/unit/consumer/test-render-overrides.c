/* What an operator's files make of a site: beside what stands there, in place of it, under the names it had. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/rendering.h"

static void assert_location(const TestSite *t, const char *path, const char *expected) {
        _cleanup_free_ char *found = test_location(t, &test_policy, false, path);

        ck_assert_msg(found && contains(found, expected), "%s in %s", expected, found ? found : "nothing");
}

static void assert_no_location(const TestSite *t, const char *path) {
        _cleanup_free_ char *found = test_location(t, &test_policy, false, path);

        ck_assert_ptr_null(found);
}

START_TEST(an_operators_file_stands_in_its_location_or_in_place_of_it) {
        _cleanup_test_site_ TestSite t;

        test_site(&t, "a.org");
        (void)test_add_location(&t, "/api/");
        t.location_overrides[0].include = test_file("/files/l \"b", "gzip off;\n");
        t.location_overrides[1].replacing = test_file("/files/o", "location /api/ { return 418; }\n");
        _cleanup_free_ char *http = test_server(&t, &test_policy, false);
        assert_location(&t, "/", "        include \"/files/l \\\"b\";\n        proxy_pass");
        assert_no_location(&t, "/api/");
        ck_assert(contains(http, "    include \"/files/o\";\n"));
}
END_TEST

START_TEST(what_the_operator_sets_is_not_set_twice) {
        static const char *const names[] = {
                "client_max_body_size 1m", "proxy_connect_timeout 1s", "proxy_read_timeout 1s",
                "proxy_send_timeout 1s",   "proxy_next_upstream off",  "proxy_http_version 1.0",
                "proxy_set_header A b",    "server_tokens off",
        };

        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                _cleanup_test_site_ TestSite t;
                _cleanup_free_ char *directive = xstrndup(names[i], strcspn(names[i], " ")),
                                    *text = xasprintf("%s;\n", names[i]), *line = xasprintf("\n    %s ", directive),
                                    *nested = xasprintf("if ($args) { set $a b; }\n# %s;\n", names[i]);
                test_site(&t, "a.org");
                test_choose(&t, EDGE_BODY_MAX, "7m");
                t.overrides.server = test_file("/files/s", text);
                _cleanup_free_ char *own = test_server(&t, &test_policy, false);
                test_file_done(&t.overrides.server);
                t.overrides.server = test_file("/files/s", nested);
                _cleanup_free_ char *without = test_server(&t, &test_policy, false);
                ck_assert_msg(!contains(own, line), "%s", own);
                ck_assert_msg(contains(without, line), "%s", without);
                ck_assert(contains(own, "    include \"/files/s\";\n"));
                bool body = strcmp(directive, "client_max_body_size") == 0;
                ck_assert_msg(contains(own, "        client_max_body_size 7m;") == !body, "%s", own);
        }
}
END_TEST

START_TEST(what_the_operator_sets_in_a_location_is_not_set_twice) {
        static const struct {
                Protocol proto;
                const char *text, *unexpected;
        } cases[] = {
                { PROTOCOL_HTTP, "client_max_body_size 1m;", "client_max_body_size" },
                { PROTOCOL_HTTPS, "proxy_ssl_name x;", "proxy_ssl_name" },
                { PROTOCOL_GRPC, "grpc_set_header A b;", "grpc_set_header" },
                { PROTOCOL_GRPC, "grpc_read_timeout 1s;", "grpc_read_timeout" },
                { PROTOCOL_FASTCGI, "root /x;", " root " },
                { PROTOCOL_HTTP, "auth_basic off;", "auth_basic \"" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                test_choose(&t, EDGE_BODY_MAX, "7m");
                t.locations[0].proto = cases[i].proto;
                t.location_overrides[0] = (LocationOverrides){
                        .include = test_file("/files/l", cases[i].text),
                        .htpasswd = { .path = (char *)"/files/htpasswd", .digest = "d2" },
                };
                _cleanup_free_ char *found = test_location(&t, &test_policy, false, "/");
                ck_assert_msg(!contains(found, cases[i].unexpected), "%s", found);
        }
}
END_TEST

START_TEST(an_operators_file_stands_in_servers_that_serve_alone) {
        _cleanup_test_site_ TestSite t;

        test_site(&t, "a.org");
        t.site.shape.plain = PLAIN_REDIRECT_OR_SERVE;
        t.overrides.server = test_file("/files/s \"b", "");
        _cleanup_free_ char *http = test_server(&t, &test_policy, false), *https = test_server(&t, &test_policy, true);
        ck_assert(!contains(http, "include"));
        ck_assert(contains(https, "    include \"/files/s \\\"b\";\n    location / {\n"));
}
END_TEST

START_TEST(an_operators_own_location_of_a_path_stands) {
        _cleanup_test_site_ TestSite t;

        test_site(&t, "a.org");
        t.overrides.server = test_file("/files/s", "location ^~ / { return 418; }\n");
        assert_no_location(&t, "/");
}
END_TEST

#define SHA1_OF_A_ORG "c07ca3fccd3623a9c8cf0663caac48dbbbfdbf35"

START_TEST(an_operators_file_finds_the_upstream_by_the_name_it_had) {
        static const struct {
                const char *text, *upstream;
        } cases[] = {
                { "location /x { proxy_pass http://a.org; }\n", "upstream a.org {\n" },
                { "location /x { fastcgi_pass a.org; }\n", "upstream a.org {\n" },
                { "location /x { proxy_pass http://a.org/y; }\n", "upstream a.org {\n" },
                { "location /x { proxy_pass http://" SHA1_OF_A_ORG "; }\n", "upstream " SHA1_OF_A_ORG " {\n" },
                { "location /x { proxy_pass http://a.org-" SHA1_OF_API "/y; }\n",
                  "upstream a.org-" SHA1_OF_API " {\n" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                (void)test_add_location(&t, "/api/");
                _cleanup_free_ char *without = test_text(&t, &test_policy);
                t.overrides.server = test_file("/files/s", cases[i].text);
                _cleanup_free_ char *text = test_text(&t, &test_policy);
                ck_assert(!contains(without, "upstream a.org {") && !contains(without, "upstream a.org-"));
                ck_assert_msg(contains(text, cases[i].upstream), "%s", text);
        }
}
END_TEST

/* Where all sites hand on requests, no container may be by its name alone. */
START_TEST(what_all_share_names_sites_by_their_full_domains_alone) {
        static const struct {
                const char *domain, *text;
                ServerNameKind kind;
                bool found;
        } cases[] = {
                { "a.org", "location /x { proxy_pass http://a.org; }\n", SERVER_NAME_EXACT, true },
                { "localhost", "location /x { proxy_pass http://localhost; }\n", SERVER_NAME_EXACT, false },
                { "127.0.0.1", "location /x { proxy_pass http://127.0.0.1/; }\n", SERVER_NAME_ADDRESS, false },
        };

        for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
                bool shared = i % 2;
                _cleanup_test_site_ TestSite t;
                test_site(&t, cases[i / 2].domain);
                t.site.kind = cases[i / 2].kind;
                t.overrides.server = test_file("/files/default", cases[i / 2].text);
                t.overrides.server.shared = shared;
                _cleanup_free_ char *text = test_text(&t, &test_policy);
                _cleanup_free_ char *upstream = xasprintf("upstream %s {\n", cases[i / 2].domain);
                ck_assert_msg(contains(text, upstream) == (!shared || cases[i / 2].found), "%s", text);
        }
}
END_TEST

START_TEST(what_goes_with_https_stays_where_a_location_has_headers_of_its_own) {
        for (int lingers = 0; lingers < 2; lingers++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                t.site.shape.plain = PLAIN_REDIRECT_OR_SERVE;
                if (lingers)
                        t.locations[0].state = SITE_LINGERING;
                else
                        t.location_overrides[0].include = test_file("/files/l", "add_header X-A b;\n");
                _cleanup_free_ char *found = test_location(&t, &test_policy, true, "/");
                ck_assert_msg(
                        contains(found, "        add_header Strict-Transport-Security \"max-age=31536000\" always;"),
                        "%s", found);
        }
}
END_TEST

START_TEST(an_operators_file_finds_the_upstream_while_nobody_is_there) {
        _cleanup_test_site_ TestSite t;

        test_site(&t, "a.org");
        test_choose(&t, EDGE_KEEPALIVE, "auto");
        t.locations[0].endpoints.count = 0;
        t.location_overrides[0].replacing = test_file("/files/o", "location / { proxy_pass http://a.org; }\n");
        _cleanup_free_ char *text = test_text(&t, &test_policy);
        ck_assert_msg(has_prefix(text, "upstream a.org {\n    server 127.0.0.1 down;\n}\nserver {\n"), "%s", text);
}
END_TEST

TEST_MAIN("render-overrides", an_operators_file_finds_the_upstream_while_nobody_is_there,
          an_operators_file_stands_in_its_location_or_in_place_of_it, what_the_operator_sets_is_not_set_twice,
          what_the_operator_sets_in_a_location_is_not_set_twice, an_operators_file_stands_in_servers_that_serve_alone,
          an_operators_own_location_of_a_path_stands, an_operators_file_finds_the_upstream_by_the_name_it_had,
          what_all_share_names_sites_by_their_full_domains_alone,
          what_goes_with_https_stays_where_a_location_has_headers_of_its_own)
