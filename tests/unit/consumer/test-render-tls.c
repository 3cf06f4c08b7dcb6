/* What the HTTPS server of a site says about TLS, and about HTTP over it. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/rendering.h"

static const ClientCa ca = { .ca_path = (char *)"/files/ca.crt", .digest = (char *)"ca" }, ca_and_crl = {
        .ca_path = (char *)"/files/ca.crt", .crl_path = (char *)"/files/crl.pem", .digest = (char *)"ca"
};

#define SITE "proxy_pass http://a.org.http.beachhead;"

START_TEST(http_2_and_3_are_spoken_as_the_version_of_nginx_can) {
        static const struct {
                unsigned version;
                bool has_http3;
                const char *http2, *http3, *policy;
                const char *expected[4], *unexpected;
        } cases[] = {
                { NGINX_VERSION(1, 22, 1), false, "true", "true", "Mozilla-Old", { "ssl http2;" }, "quic" },
                { NGINX_VERSION(1, 22, 1), false, "false", "false", "Mozilla-Old", { "ssl;" }, "http2" },
                { NGINX_VERSION(1, 25, 0), true, "true", "false", "Mozilla-Old", { "ssl http2;" }, "quic" },
                { NGINX_VERSION(1, 25, 1), false, "true", "true", "Mozilla-Old", { "ssl;", "    http2 on;" }, "quic" },
                { NGINX_VERSION(1, 25, 1),
                  false,
                  "false",
                  "false",
                  "Mozilla-Old",
                  { "ssl;", "    http2 off;" },
                  "quic" },
                { NGINX_VERSION(1, 27, 0),
                  true,
                  "true",
                  "true",
                  "Mozilla-Modern",
                  { "listen 443 ssl;", "listen 443 quic;", "add_header Alt-Svc 'h3=\":443\"; ma=86400' always;" },
                  "reuseport" },
                { NGINX_VERSION(1, 27, 0), true, "true", "true", "AWS-2016-08", { "http2 on;" }, "quic" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                RenderPolicy policy = test_policy;
                test_site(&t, "a.org");
                test_choose(&t, EDGE_HTTP2, cases[i].http2);
                test_choose(&t, EDGE_HTTP3, cases[i].http3);
                test_choose(&t, EDGE_TLS_POLICY, cases[i].policy);
                policy.nginx_version = cases[i].version;
                policy.nginx_has_http3 = cases[i].has_http3;
                Rendering *r = render(&t.vhost, 1, &policy);
                _cleanup_free_ char *text = test_block(r, 0);
                (void)rendering_free(r);
                for (size_t j = 0; j < 4 && cases[i].expected[j]; j++)
                        ck_assert_msg(contains(text, cases[i].expected[j]), "%s in %s", cases[i].expected[j], text);
                ck_assert_msg(!contains(text, cases[i].unexpected), "%s in %s", cases[i].unexpected, text);
        }
}
END_TEST

START_TEST(browsers_are_told_to_come_by_https_where_there_is_nothing_else) {
        static const struct {
                PlainAnswer plain;
                const char *setting, *expected;
        } cases[] = {
                { PLAIN_REDIRECT_OR_SERVE, "max-age=31536000",
                  "    add_header Strict-Transport-Security \"max-age=31536000\" always;\n" },
                { PLAIN_REFUSE_OR_SERVE, "max-age=5; includeSubDomains; preload",
                  "    add_header Strict-Transport-Security \"max-age=5; includeSubDomains; preload\" always;\n" },
                { PLAIN_REDIRECT_OR_REFUSE, "off", NULL },
                { PLAIN_SERVE, "max-age=31536000", NULL },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                t.site.shape.plain = cases[i].plain;
                test_choose(&t, EDGE_HSTS, cases[i].setting);
                _cleanup_free_ char *http = test_server(&t, &test_policy, false),
                                    *https = test_server(&t, &test_policy, true);
                ck_assert(!contains(http, "Strict"));
                if (cases[i].expected)
                        ck_assert_msg(contains(https, cases[i].expected), "%s", https);
                else
                        ck_assert_msg(!contains(https, "Strict"), "%s", https);
        }
}
END_TEST

START_TEST(clients_identify_themselves_as_chosen_where_there_is_a_ca_for_it) {
        static const struct {
                const char *chosen;
                const ClientCa *ca;
                const char *expected, *answers;
        } cases[] = {
                { NULL, NULL, NULL, SITE },
                { NULL, &ca, "    ssl_client_certificate \"/files/ca.crt\";\n    ssl_verify_client on;\n", SITE },
                { NULL, &ca_and_crl,
                  "    ssl_client_certificate \"/files/ca.crt\";\n    ssl_crl \"/files/crl.pem\";\n"
                  "    ssl_verify_client on;\n",
                  SITE },
                { "on", &ca, "ssl_verify_client on;", SITE },
                { "on", NULL, NULL, "return 403;" },
                { "off", &ca, NULL, SITE },
                { "off", NULL, NULL, SITE },
                { "optional", &ca, "ssl_verify_client optional;", SITE },
                { "optional", NULL, NULL, SITE },
                { "optional_no_ca", &ca, "ssl_verify_client optional_no_ca;", SITE },
                { "optional_no_ca", NULL, "    ssl_verify_client optional_no_ca;\n", SITE },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_site_ TestSite t;
                test_site(&t, "a.org");
                if (cases[i].chosen)
                        test_choose(&t, EDGE_VERIFY_CLIENT, cases[i].chosen);
                t.vhost.client_ca = cases[i].ca;
                _cleanup_free_ char *https = test_server(&t, &test_policy, true);
                if (cases[i].expected)
                        ck_assert_msg(contains(https, cases[i].expected), "%s", https);
                else
                        ck_assert_msg(!contains(https, "ssl_verify_client") && !contains(https, "ssl_client"), "%s",
                                      https);
                ck_assert_msg(contains(https, cases[i].answers), "%s", https);
        }
}
END_TEST

START_TEST(the_certificate_comes_with_what_lies_beside_it) {
        _cleanup_test_site_ TestSite t;
        Certificate all = test_certificate;

        test_site(&t, "a.org");
        _cleanup_free_ char *bare = test_server(&t, &test_policy, true);
        all.chain_path = (char *)"/files/a.chain.pem";
        all.dhparam_path = (char *)"/files/a.dhparam.pem";
        t.vhost.certificate = &all;
        _cleanup_free_ char *full = test_server(&t, &test_policy, true);

        ck_assert(
                contains(bare, "    ssl_certificate \"/files/a.crt\";\n    ssl_certificate_key \"/files/a.key\";\n"));
        ck_assert(!contains(bare, "stapling") && !contains(bare, "dhparam"));
        ck_assert(contains(full, "    ssl_dhparam \"/files/a.dhparam.pem\";\n    ssl_stapling on;\n"
                                 "    ssl_stapling_verify on;\n"
                                 "    ssl_trusted_certificate \"/files/a.chain.pem\";\n"));
}
END_TEST

START_TEST(the_policy_of_a_site_is_its_own) {
        _cleanup_test_site_ TestSite t;

        test_site(&t, "a.org");
        test_choose(&t, EDGE_TLS_POLICY, "aws-fs-1-2-res-2020-10");
        _cleanup_free_ char *https = test_server(&t, &test_policy, true);
        ck_assert_msg(contains(https, "    ssl_protocols TLSv1.2;\n"
                                      "    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                      "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384;\n"
                                      "    ssl_prefer_server_ciphers on;\n"),
                      "%s", https);
}
END_TEST

TEST_MAIN("render-tls", http_2_and_3_are_spoken_as_the_version_of_nginx_can,
          browsers_are_told_to_come_by_https_where_there_is_nothing_else,
          clients_identify_themselves_as_chosen_where_there_is_a_ca_for_it,
          the_certificate_comes_with_what_lies_beside_it, the_policy_of_a_site_is_its_own)
