/* What the settings come to: which files, how nginx is asked, what holds for all sites. */
#include "consumer/nginx/policy.h"

#include "tests/unit/check-main.h"
#include "tests/unit/consumer/nginx-settings.h"

#include <fcntl.h>
#include <sys/stat.h>

typedef struct Given {
        GivenSettings settings;
        NginxPolicy *policy;
} Given;

static Given given(const char *line) {
        Given g;

        give(&g.settings, line);
        g.policy = nginx_policy_new(&g.settings.nginx, g.settings.cert_dir, NGINX_VERSION_ASSUMED);
        return g;
}

static void done(Given *g) {
        (void)nginx_policy_free(g->policy);
        given_done(&g->settings);
}
#define _cleanup_done_ _cleanup_(done)

static void assert_list(const StringList *list, const char *expected) {
        _cleanup_free_ char *joined = string_list_join(list, " ");

        ck_assert_str_eq(joined, expected);
}

START_TEST(what_is_staged_is_hidden_beside_its_file) {
        _cleanup_done_ Given g = given("--nginx-conf=/a/sites.conf\n--nginx-main=/nginx.conf");

        ck_assert_str_eq(g.policy->candidate_path, "/a/.sites.conf.candidate");
        ck_assert_str_eq(g.policy->private_main_path, "/.nginx.conf.beachhead-check");
}
END_TEST

START_TEST(nginx_is_asked_where_it_listens) {
        static const struct {
                const char *line, *url, *source;
        } cases[] = {
                { "", "http://127.0.0.1:80/", NULL },
                { "--http-port=8080", "http://127.0.0.1:8080/", NULL },
                { "--http-port=0.0.0.0:8080", "http://127.0.0.1:8080/", NULL },
                { "--http-port=[::]:80", "http://[::1]:80/", NULL },
                { "--http-port=192.0.2.1:80", "http://192.0.2.1:80/", "host!127.0.0.1" },
                { "--http-port=[2001:db8::1]:80", "http://[2001:db8::1]:80/", "host!::1" },
                { "--nginx-confirm=http://edge:80/", "http://edge:80/", NULL },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_done_ Given g = given(cases[i].line);
                ck_assert_str_eq(g.policy->confirm_url, cases[i].url);
                ck_assert(streq_or_null(g.policy->confirm_source, cases[i].source));
                ck_assert_str_eq(g.policy->render.confirm_host, NGINX_CONFIRM_HOST);
                ck_assert(g.policy->render.confirm_internal == has_prefix(cases[i].line, "--nginx-confirm"));
        }
}
END_TEST

START_TEST(nginx_is_not_asked_where_the_operator_says_so) {
        _cleanup_done_ Given g = given("--nginx-confirm=none");

        ck_assert_ptr_null(g.policy->confirm_url);
        ck_assert_ptr_null(g.policy->render.confirm_host);
}
END_TEST

START_TEST(the_internal_networks_are_the_private_ones_unless_named) {
        _cleanup_done_ Given usual = given(""),
                             own = given("--internal-network=192.0.2.0/24\n--internal-network=::1/128");

        assert_list(usual.policy->render.internal_networks,
                    "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 ::1 fc00::/7");
        assert_list(own.policy->render.internal_networks, "192.0.2.0/24 ::1");
}
END_TEST

START_TEST(a_container_gets_the_ports_that_the_operator_lists_and_the_usual_ones) {
        _cleanup_done_ Given g = given("--external-ports=8000-8002\n--external-ports=9443");
        static const struct {
                uint16_t port;
                bool http, https;
        } cases[] = { { 80, true, false },  { 443, false, true },   { 22, false, false },   { 7999, false, false },
                      { 8000, true, true }, { 8002, true, true },   { 8003, false, false }, { 9443, true, true },
                      { 0, false, false },  { 65535, false, false } };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                ck_assert_msg(nginx_policy_allows_port(g.policy, cases[i].port, false) == cases[i].http, "%u",
                              cases[i].port);
                ck_assert_msg(nginx_policy_allows_port(g.policy, cases[i].port, true) == cases[i].https, "%u",
                              cases[i].port);
        }
}
END_TEST

START_TEST(every_default_of_a_site_is_given_as_a_type) {
        _cleanup_done_ Given g = given("--proxy-read-timeout=90s\n--hsts=off\n--keepalive=auto");
        const EdgeSettings *e = &g.policy->defaults;

        for (EdgeSetting i = 0; i < _EDGE_SETTING_COUNT; i++)
                ck_assert(edge_settings_has(e, i) || (i == EDGE_CERT_NAME || i == EDGE_HTTP_PORT ||
                                                      i == EDGE_HTTPS_PORT || i == EDGE_SERVER_TOKENS));
        ck_assert_ptr_eq(g.policy->render.defaults, e);
        ck_assert_uint_eq(e->read_timeout_msec, 90000);
        ck_assert_uint_eq(e->send_timeout_msec, 300000);
        ck_assert_uint_eq(e->connect_timeout_msec, 2000);
        ck_assert_int_eq(e->body_max_bytes, 100 << 20);
        ck_assert(e->hsts.off);
        ck_assert_int_eq(e->keepalive, KEEPALIVE_AUTO);
        ck_assert_int_eq(e->tls_policy, TLS_MOZILLA_INTERMEDIATE);
        ck_assert_uint_eq(e->non_get_redirect, 301);
        ck_assert_str_eq(e->root, "/var/www/public");
}
END_TEST

START_TEST(what_is_rendered_is_as_nginx_calls_it) {
        _cleanup_done_ Given g = given("--nginx-path-map=/srv:/usr/share/nginx\n--acme-root=/srv/html\n"
                                       "--cert-dir=/srv/certs\n--default-host=WWW.example.org.\n"
                                       "--default-root=301 https://example.org\n--https-method=nohttp");

        ck_assert_str_eq(g.policy->render.acme_root, "/usr/share/nginx/html");
        ck_assert_str_eq(g.policy->cert_dir, "/srv/certs");
        ck_assert_str_eq(g.policy->render.default_host, "www.example.org");
        ck_assert_int_eq(g.policy->render.root.status, 301);
        ck_assert_str_eq(g.policy->render.root.url, "https://example.org");
        ck_assert_int_eq(g.policy->render.https_method, HTTPS_METHOD_NOHTTP);
}
END_TEST

START_TEST(an_error_page_counts_while_it_is_there) {
        char directory[] = "/tmp/beachhead-policy-XXXXXX";
        ck_assert_ptr_nonnull(mkdtemp(directory));
        _cleanup_free_ char *page = xasprintf("%s/50x.html", directory),
                            *line = xasprintf("--error-page=%s", directory);
        _cleanup_done_ Given g = given(line);

        ck_assert_ptr_null(g.policy->render.error_page_root);
        (void)close(open(page, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        nginx_policy_refresh(g.policy);
        ck_assert_str_eq(g.policy->render.error_page_root, directory);
        (void)unlink(page);
        nginx_policy_refresh(g.policy);
        ck_assert_ptr_null(g.policy->render.error_page_root);
        (void)rmdir(directory);
}
END_TEST

START_TEST(what_the_main_configuration_sets_is_not_set_twice) {
        char path[] = "/tmp/beachhead-policy-XXXXXX";
        static const char set[] = "http { server_names_hash_bucket_size 128; }";
        int fd = mkostemp(path, O_CLOEXEC);
        _cleanup_free_ char *line = xasprintf("--nginx-main=%s", path);
        _cleanup_done_ Given g = given(line);

        ck_assert(g.policy->render.sets_names_hash);
        ck_assert_int_eq(write(fd, set, strlen(set)), (ssize_t)strlen(set));
        nginx_policy_refresh(g.policy);
        ck_assert(!g.policy->render.sets_names_hash);
        (void)close(fd);
        (void)unlink(path);
}
END_TEST

START_TEST(logs_are_as_the_main_configuration_says_unless_told) {
        _cleanup_done_ Given usual = given(""), off = given("--access-log=off"), file = given("--access-log=/l"),
                             json = given("--log-json"), pieces = given("--log-format=$host\n--log-format=$status");

        ck_assert(usual.policy->render.access_log && !usual.policy->render.access_log_path);
        ck_assert(!off.policy->render.access_log && !off.policy->render.access_log_path);
        ck_assert(file.policy->render.access_log);
        ck_assert_str_eq(file.policy->render.access_log_path, "/l");
        ck_assert(json.policy->render.log_json && !json.policy->render.log_format);
        ck_assert_str_eq(pieces.policy->render.log_format, "$host $status");
}
END_TEST

TEST_MAIN("nginx-policy", what_is_staged_is_hidden_beside_its_file, nginx_is_asked_where_it_listens,
          nginx_is_not_asked_where_the_operator_says_so, the_internal_networks_are_the_private_ones_unless_named,
          a_container_gets_the_ports_that_the_operator_lists_and_the_usual_ones,
          every_default_of_a_site_is_given_as_a_type, what_is_rendered_is_as_nginx_calls_it,
          an_error_page_counts_while_it_is_there, what_the_main_configuration_sets_is_not_set_twice,
          logs_are_as_the_main_configuration_says_unless_told)
