/* What holds for all sites: whom nginx believes, what it logs, whom it asks for names, how long these may be; and who
 * may ask nginx what it runs. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/rendering.h"

#define FORWARDED(what, otherwise)                                                                                    \
        "map \"\" $beachhead_forwarded_" what " {\n"                                                                  \
        "    default " otherwise ";\n"                                                                                \
        "}\n"
#define BELIEVED(what, otherwise)                                                                                     \
        "map \"$beachhead_trusted:$http_x_forwarded_" what "\" $beachhead_forwarded_" what " {\n"                     \
        "    default " otherwise ";\n"                                                                                \
        "    \"~^1:.\" $http_x_forwarded_" what ";\n"                                                                 \
        "}\n"

static const char *const some_networks[] = { "10.0.0.0/8", "2001:db8::1" };
static const StringList networks = { (char **)some_networks, 2 };

/* What stands before the first server; the caller owns it. */
static char *before_servers(const RenderPolicy *policy) {
        _cleanup_(rendering_freep) Rendering *r = test_render(NULL, 0, policy);

        return xstrndup(r->text, (size_t)(strstr(r->text, "server {") - r->text));
}

START_TEST(headers_of_clients_are_not_believed_unless_the_operator_says_so) {
        _cleanup_free_ char *text = before_servers(&test_policy);

        ck_assert(contains(text, FORWARDED("proto", "$scheme")));
        ck_assert(contains(text, FORWARDED("host", "$host$beachhead_port")));
        ck_assert(contains(text, FORWARDED("port", "$server_port")));
        ck_assert(contains(text, "map $beachhead_forwarded_proto $beachhead_forwarded_ssl {\n"));
        ck_assert(!contains(text, "$http_x_forwarded"));
        ck_assert(!contains(text, "real_ip"));
}
END_TEST

START_TEST(everybodys_headers_are_believed_where_no_proxy_is_named) {
        RenderPolicy policy = test_policy;
        policy.trust_downstream_proxy = true;
        _cleanup_free_ char *text = before_servers(&policy);

        ck_assert(contains(text, "geo $beachhead_trusted {\n    default 1;\n}\n"));
        ck_assert(contains(text, BELIEVED("proto", "$scheme")));
        ck_assert(contains(text, BELIEVED("host", "$host$beachhead_port")));
        ck_assert(contains(text, BELIEVED("port", "$server_port")));
}
END_TEST

START_TEST(only_trusted_proxies_are_believed_where_some_are_named) {
        RenderPolicy policy = test_policy;
        policy.trust_downstream_proxy = true;
        policy.trusted_proxies = &networks;
        _cleanup_free_ char *text = before_servers(&policy);

        ck_assert(contains(text, "geo $realip_remote_addr $beachhead_trusted {\n"
                                 "    default 0;\n"
                                 "    10.0.0.0/8 1;\n"
                                 "    2001:db8::1 1;\n"
                                 "}\n"));
        ck_assert(contains(text, BELIEVED("proto", "$scheme")));
}
END_TEST

START_TEST(trusted_proxies_say_where_a_client_comes_from) {
        RenderPolicy policy = test_policy;
        policy.trusted_proxies = &networks;
        _cleanup_free_ char *text = before_servers(&policy);

        ck_assert(contains(text, "set_real_ip_from 10.0.0.0/8;\n"
                                 "set_real_ip_from 2001:db8::1;\n"
                                 "real_ip_header X-Forwarded-For;\n"
                                 "real_ip_recursive on;\n"));
        ck_assert(!contains(text, "$http_x_forwarded"));
}
END_TEST

START_TEST(with_the_proxy_protocol_its_line_says_where_and_on_which_port) {
        RenderPolicy policy = test_policy;
        policy.proxy_protocol = true;
        policy.trusted_proxies = &networks;
        _cleanup_free_ char *text = before_servers(&policy);

        ck_assert(contains(text, "real_ip_header proxy_protocol;\n"));
        ck_assert(contains(text, FORWARDED("port", "$proxy_protocol_server_port")));
}
END_TEST

START_TEST(name_servers_are_asked_where_the_operator_names_some) {
        static const char *const hosts[] = { "127.0.0.11", "[::1]:5353" };
        const StringList resolvers = { (char **)hosts, 2 };
        RenderPolicy policy = test_policy;
        policy.resolvers = &resolvers;
        _cleanup_free_ char *text = before_servers(&policy), *without = before_servers(&test_policy);

        ck_assert(contains(text, "resolver 127.0.0.11 [::1]:5353;\n"));
        ck_assert(!contains(without, "resolver"));
}
END_TEST

/* Of a site's server and of the one for unknown hosts; `line` NULL: none. */
static void assert_logs(const RenderPolicy *policy, const char *line) {
        _cleanup_test_site_ TestSite site;
        test_site(&site, "a.org");
        _cleanup_(rendering_freep) Rendering *r = test_render(&site.vhost, 1, policy);
        size_t n = 0;

        for (const char *found = line ? r->text : NULL; found && (found = strstr(found, line)); found++)
                n++;
        ck_assert_msg(!line || n == 4, "%zu times \"%s\" in %s", n, line, r->text);
        for (const char *found = r->text; !line && (found = strstr(found, "access_log")); found++)
                ck_assert_msg(has_prefix(found, "access_log off;"), "%.60s", found);
}

START_TEST(requests_are_logged_as_the_main_configuration_says_unless_told) {
        RenderPolicy file = test_policy, json = test_policy, both;

        file.access_log_path = "/files/a \"b.log";
        json.log_json = true;
        json.access_log_path = "/files/access.log";
        both = json;
        both.log_format = "$host \"$request\" {;} \\ $status";
        both.log_format_escape = "none";
        assert_logs(&test_policy, NULL);
        assert_logs(&file, "    access_log \"/files/a \\\"b.log\";\n");
        assert_logs(&json, "    access_log \"/files/access.log\" beachhead;\n");
        assert_logs(&both, "    access_log \"/files/access.log\" beachhead;\n");

        _cleanup_free_ char *none = before_servers(&file), *as_json = before_servers(&json),
                            *own = before_servers(&both);
        ck_assert(!contains(none, "log_format"));
        ck_assert(contains(as_json, "log_format beachhead escape=json \"{\\\"time_local\\\":\\\"$time_iso8601\\\","));
        ck_assert(contains(own, "log_format beachhead escape=none \"$host \\\"$request\\\" {;} \\\\ $status\";\n"));
}
END_TEST

START_TEST(no_server_logs_where_the_operator_wants_no_log) {
        RenderPolicy policy = test_policy;
        _cleanup_test_site_ TestSite site;

        policy.access_log = false;
        test_site(&site, "a.org");
        _cleanup_(rendering_freep) Rendering *r = test_render(&site.vhost, 1, &policy);
        size_t servers = 0, off = 0;
        for (const char *found = r->text; (found = strstr(found, "server {")); found++)
                servers++;
        for (const char *found = r->text; (found = strstr(found, "    access_log off;\n")); found++)
                off++;
        ck_assert_uint_eq(servers, 5);
        ck_assert_uint_eq(off, servers);
}
END_TEST

START_TEST(a_format_without_a_file_goes_where_nginx_logs_on_debian) {
        _cleanup_test_site_ TestSite site;
        RenderPolicy policy = test_policy;

        policy.log_format = "$host";
        test_site(&site, "a.org");
        _cleanup_(rendering_freep) Rendering *r = render(&site.vhost, 1, &policy);
        ck_assert(contains(r->text, "log_format beachhead escape=default \"$host\";\n"));
        ck_assert(contains(r->text, "    access_log \"/var/log/nginx/access.log\" beachhead;\n"));
}
END_TEST

START_TEST(loopback_alone_may_ask_which_generation_it_is) {
        _cleanup_(rendering_freep) Rendering *r = test_render(NULL, 0, &test_policy);

        ck_assert(contains(r->text, "geo $beachhead_asker {\n"
                                    "    default 0;\n"
                                    "    127.0.0.0/8 1;\n"
                                    "    ::1 1;\n"
                                    "}\n"));
        ck_assert(contains(r->text, "    if ($beachhead_asker = 0) {\n        return 403;\n"));
}
END_TEST

START_TEST(internal_networks_may_ask_too_where_the_operator_names_the_place_to_ask) {
        RenderPolicy policy = test_policy;
        policy.confirm_internal = true;
        _cleanup_(rendering_freep) Rendering *r = test_render(NULL, 0, &policy);

        ck_assert(contains(r->text, "geo $beachhead_asker {\n"
                                    "    default 0;\n"
                                    "    127.0.0.0/8 1;\n"
                                    "    ::1 1;\n"
                                    "    10.0.0.0/8 1;\n"
                                    "}\n"));
}
END_TEST

START_TEST(long_names_get_the_room_that_they_need) {
        static const struct {
                size_t length;
                const char *line; /* NULL: nginx' own default does */
        } cases[] = {
                { 46, NULL },
                { 47, "server_names_hash_bucket_size 128;\n" },
                { 110, "server_names_hash_bucket_size 128;\n" },
                { 111, "server_names_hash_bucket_size 256;\n" },
                { 238, "server_names_hash_bucket_size 256;\n" },
                { 239, "server_names_hash_bucket_size 512;\n" },
                { 253, "server_names_hash_bucket_size 512;\n" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite site, other;
                _cleanup_free_ char *name = xcalloc(cases[i].length + 1, 1);
                RenderPolicy policy = test_policy;
                for (size_t k = 0; k < cases[i].length; k++)
                        name[k] = k % 60 == 59 ? '.' : 'a';
                policy.sets_names_hash = true;
                test_site(&site, name);
                test_site(&other, "b.org");
                const Vhost vhosts[] = { site.vhost, other.vhost };
                _cleanup_(rendering_freep) Rendering *r = test_render(vhosts, 2, &policy);
                ck_assert(contains(r->text, cases[i].line ? cases[i].line : "\n\nmap "));
                ck_assert(contains(r->text, "server_names_hash") == (cases[i].line != NULL));
        }
}
END_TEST

START_TEST(names_get_no_room_where_somebody_else_sets_it) {
        _cleanup_test_site_ TestSite site;
        test_site(&site, "a-name-that-is-longer-than-nginx-expects-a-name-to-be.example.org");
        _cleanup_(rendering_freep) Rendering *r = test_render(&site.vhost, 1, &test_policy);

        ck_assert(!contains(r->text, "server_names_hash"));
}
END_TEST

TEST_MAIN("render-http", headers_of_clients_are_not_believed_unless_the_operator_says_so,
          everybodys_headers_are_believed_where_no_proxy_is_named,
          only_trusted_proxies_are_believed_where_some_are_named, trusted_proxies_say_where_a_client_comes_from,
          with_the_proxy_protocol_its_line_says_where_and_on_which_port,
          name_servers_are_asked_where_the_operator_names_some,
          requests_are_logged_as_the_main_configuration_says_unless_told,
          no_server_logs_where_the_operator_wants_no_log, a_format_without_a_file_goes_where_nginx_logs_on_debian,
          loopback_alone_may_ask_which_generation_it_is,
          internal_networks_may_ask_too_where_the_operator_names_the_place_to_ask,
          long_names_get_the_room_that_they_need, names_get_no_room_where_somebody_else_sets_it)
