/* What unknown hosts are answered, on every port that nginx listens on. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/rendering.h"

/* The servers for unknown hosts: what stands between the first server and the next empty line. The caller owns it. */
static char *unknown_hosts(const Vhost *vhosts, size_t count, const RenderPolicy *policy) {
        _cleanup_(rendering_freep) Rendering *r = test_render(vhosts, count, policy);
        const char *start = strstr(r->text, "server {"), *end = strstr(start, "\n\n");

        return xstrndup(start, end ? (size_t)(end - start) : strlen(start));
}

static char *beside_a_site(const RenderPolicy *policy) {
        _cleanup_test_site_ TestSite site;

        test_site(&site, "a.org");
        return unknown_hosts(&site.vhost, 1, policy);
}

START_TEST(unknown_hosts_get_503_from_a_server_that_hides_its_version) {
        _cleanup_free_ char *text = unknown_hosts(NULL, 0, &test_policy);

        ck_assert_str_eq(text, "server {\n"
                               "    listen 80;\n"
                               "    server_name _;\n"
                               "    server_tokens off;\n"
                               "    location / {\n"
                               "        return 503;\n"
                               "    }\n"
                               "}");
}
END_TEST

START_TEST(they_are_answered_on_every_port_that_a_site_listens_on) {
        _cleanup_test_site_ TestSite plain, both, usual;
        test_site(&plain, "a.org");
        test_site(&both, "b.org");
        test_site(&usual, "c.org");
        test_choose(&plain, EDGE_HTTP_PORT, "8080");
        plain.site.shape.https = false;
        test_choose(&both, EDGE_HTTP_PORT, "8081");
        test_choose(&both, EDGE_HTTPS_PORT, "8443");
        const Vhost vhosts[] = { plain.vhost, both.vhost, usual.vhost };
        _cleanup_free_ char *text = unknown_hosts(vhosts, 3, &test_policy);

        ck_assert(has_prefix(text, "server {\n"
                                   "    listen 80;\n"
                                   "    listen 8080;\n"
                                   "    listen 8081;\n"
                                   "    server_name _;\n"));
        ck_assert(contains(text, "    listen 443 ssl;\n    listen 8443 ssl;\n    server_name _;\n") ||
                  contains(text, "    listen 443 ssl http2;\n    listen 8443 ssl http2;\n    server_name _;\n"));
}
END_TEST

START_TEST(listens_are_as_the_operator_wants_them) {
        RenderPolicy policy = test_policy, special = test_policy;
        policy.ipv6 = policy.proxy_protocol = true;
        special.ipv6 = true;
        special.http_listen = "127.0.0.1:8080";
        special.https_listen = "[::1]:8443";
        _cleanup_free_ char *text = beside_a_site(&policy), *other = beside_a_site(&special);

        ck_assert(has_prefix(text, "server {\n"
                                   "    listen 80 proxy_protocol;\n"
                                   "    listen [::]:80 proxy_protocol;\n"
                                   "    server_name _;\n"));
        ck_assert(contains(text, "    listen 443 ssl proxy_protocol;\n    listen [::]:443 ssl proxy_protocol;\n"));
        ck_assert(has_prefix(other, "server {\n    listen 127.0.0.1:8080;\n    server_name _;\n"));
        ck_assert(contains(other, "    listen [::1]:8443 ssl;\n    server_name _;\n"));
}
END_TEST

START_TEST(where_a_site_has_http3_every_worker_has_a_socket_of_its_own) {
        RenderPolicy policy = test_policy;
        _cleanup_test_site_ TestSite site;

        policy.nginx_version = NGINX_VERSION(1, 26, 3);
        policy.nginx_has_http3 = true;
        test_site(&site, "a.org");
        test_choose(&site, EDGE_HTTP3, "true");
        _cleanup_(rendering_freep) Rendering *r = render(&site.vhost, 1, &policy);
        const char *first = strstr(r->text, " quic");
        ck_assert_ptr_nonnull(first);
        ck_assert(has_prefix(first, " quic reuseport;\n    server_name _;\n"));
        const char *rest = first + strlen(" quic reuseport");
        ck_assert(!contains(rest, "reuseport"));
        ck_assert(contains(rest, "    listen 443 quic;\n"));
}
END_TEST

START_TEST(challenges_are_answered_for_unknown_hosts_where_the_operator_says_so) {
        RenderPolicy policy = test_policy;
        policy.acme_unknown_hosts = true;
        _cleanup_free_ char *text = beside_a_site(&policy), *without = beside_a_site(&test_policy);
        const char *challenge = strstr(text, "acme-challenge/ {\n"), *tls = strstr(text, " ssl");

        ck_assert(challenge && challenge < tls);
        ck_assert(contains(challenge, "        root \"/files/acme\";\n"));
        ck_assert(!contains(tls, "acme-challenge"));
        ck_assert(!contains(without, "acme-challenge"));
}
END_TEST

START_TEST(the_operators_error_page_is_shown_to_them_too) {
        RenderPolicy policy = test_policy;
        policy.error_page_root = "/files/errors";
        _cleanup_free_ char *text = unknown_hosts(NULL, 0, &policy);

        ck_assert(contains(text, "    error_page 500 502 503 504 /50x.html;\n"
                                 "    location = /50x.html {\n"
                                 "        internal;\n"
                                 "        root \"/files/errors\";\n"
                                 "    }\n"
                                 "    location / {\n"
                                 "        return 503;\n"));
}
END_TEST

/* The server for unknown hosts, over HTTP or HTTPS; NULL without one. */
static char *unknown_server(const Rendering *r, bool tls) {
        const char *start = r->text;

        while ((start = strstr(start, "server {\n"))) {
                const char *end = strstr(start, "\n}\n") + 3;
                _cleanup_free_ char *server = xstrndup(start, (size_t)(end - start));
                if (contains(server, "    server_name _;\n") && contains(server, " ssl;\n") == tls)
                        return TAKE_PTR(server);
                start = end;
        }
        return NULL;
}

START_TEST(unknown_hosts_come_first_on_each_address) {
        _cleanup_test_site_ TestSite t;

        test_site(&t, "a.org");
        _cleanup_(rendering_freep) Rendering *tls = test_render(&t.vhost, 1, &test_policy);
        t.vhost.certificate = NULL;
        _cleanup_(rendering_freep) Rendering *plain = test_render(&t.vhost, 1, &test_policy);
        _cleanup_free_ char *http = unknown_server(plain, false), *https = unknown_server(tls, true);

        ck_assert(contains(http, "    server_tokens off;\n") && contains(http, "        return 503;\n"));
        ck_assert(contains(https, "    ssl_reject_handshake on;\n"));
        ck_assert(!contains(plain->text, " ssl;"));
        ck_assert(strstr(tls->text, "ssl_reject_handshake on;") < strstr(tls->text, "server_name a.org;"));
        ck_assert(!contains(tls->text, "default_server"));
}
END_TEST

START_TEST(unknown_hosts_are_refused_in_words_with_the_default_certificate) {
        RenderPolicy policy = test_policy;

        policy.default_certificate = &test_certificate;
        _cleanup_(rendering_freep) Rendering *r = test_render(NULL, 0, &policy);
        _cleanup_free_ char *https = unknown_server(r, true);
        ck_assert(contains(https, "    ssl_certificate \"/files/a.crt\";\n"));
        ck_assert(contains(https, "        return 503;\n"));
        ck_assert(!contains(https, "reject"));
}
END_TEST

/* nginx chooses the protocol by the first server of a port. */
START_TEST(unknown_hosts_speak_every_protocol_that_a_site_speaks) {
        static const struct {
                const char *policy, *expected;
        } cases[] = {
                { "Mozilla-Modern", "    ssl_protocols TLSv1.2 TLSv1.3;\n" },
                { "AWS-FS-1-1-2019-08", "    ssl_protocols TLSv1.1 TLSv1.2 TLSv1.3;\n" },
                { "Mozilla-Old", "    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;\n" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                test_choose(&t, EDGE_TLS_POLICY, cases[i].policy);
                _cleanup_(rendering_freep) Rendering *r = test_render(&t.vhost, 1, &test_policy);
                _cleanup_free_ char *https = unknown_server(r, true);
                ck_assert_msg(contains(https, cases[i].expected), "%s", https);
        }
}
END_TEST

START_TEST(the_default_host_does_not_answer_over_https_for_a_known_one_without_it) {
        TestSite t[2];
        RenderPolicy policy = test_policy;

        test_site(&t[0], "a.org");
        test_site(&t[1], "b.org");
        t[1].vhost.certificate = NULL;
        const Vhost vhosts[] = { t[0].vhost, t[1].vhost };
        for (int i = 0; i < 2; i++) {
                policy.default_host = i ? "a.org" : NULL;
                _cleanup_(rendering_freep) Rendering *r = test_render(vhosts, 2, &policy);
                _cleanup_free_ char *https = unknown_server(r, true);
                ck_assert_int_eq(contains(https, "    server_name b.org;\n"), i);
                ck_assert(!contains(https, "a.org"));
        }
        test_site_done(&t[0]);
        test_site_done(&t[1]);
}
END_TEST

TEST_MAIN("render-unknown", unknown_hosts_get_503_from_a_server_that_hides_its_version,
          they_are_answered_on_every_port_that_a_site_listens_on, listens_are_as_the_operator_wants_them,
          where_a_site_has_http3_every_worker_has_a_socket_of_its_own,
          challenges_are_answered_for_unknown_hosts_where_the_operator_says_so,
          the_operators_error_page_is_shown_to_them_too, unknown_hosts_come_first_on_each_address,
          unknown_hosts_are_refused_in_words_with_the_default_certificate,
          unknown_hosts_speak_every_protocol_that_a_site_speaks,
          the_default_host_does_not_answer_over_https_for_a_known_one_without_it)
