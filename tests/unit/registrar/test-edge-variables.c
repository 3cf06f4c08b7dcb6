/* How a container says what it wants of the edge. */
#include "registrar/edge-variables.h"

#include "tests/unit/check-main.h"
#include "tests/unit/inspect.h"
#include "tests/unit/routes.h"

#include <errno.h>

/* The settings as in JSON, or "refused". */
static char *terms(InspectReply reply, StringList *problems) {
        _cleanup_(container_freep) Container *c = inspect_decode(reply);
        _cleanup_(edge_terms_done) EdgeTerms t = { 0 };
        Text text = { 0 };

        if (edge_terms_read(c, &t, problems) < 0) {
                ck_assert(t.settings.given == 0 && !t.internal);
                return xstrdup("refused");
        }
        append_settings(&text, &t.settings);
        text_append(&text, t.internal ? " internal" : "");
        return text_take(&text);
}

static void assert_terms(InspectReply reply, const char *expected) {
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_free_ char *found = terms(reply, &problems), *said = string_list_join(&problems, " | ");

        ck_assert_str_eq(found, expected);
        ck_assert_str_eq(said, "");
}

static void assert_problem(InspectReply reply, const char *expected, const char *problem) {
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_free_ char *found = terms(reply, &problems);

        ck_assert_str_eq(found, expected);
        ck_assert_uint_eq(problems.count, 1);
        ck_assert_msg(has_prefix(problems.items[0], problem), "%s", problems.items[0]);
}

START_TEST(each_variable_sets_what_it_is_for) {
        static const struct {
                const char *env, *expected;
        } cases[] = {
                { "CERT_NAME=shared", " cert_name=shared" },
                { "SSL_POLICY=Mozilla-Modern", " ssl_policy=Mozilla-Modern" },
                { "HSTS= off ", " hsts=off" },
                { "SERVER_TOKENS=off", " server_tokens=off" },
                { "ACME_HTTP_CHALLENGE_LOCATION=legacy", " acme_http_challenge_location=legacy" },
                { "TRUST_DEFAULT_CERT=false", " trust_default_cert=false" },
                { "ENABLE_HTTP_ON_MISSING_CERT=false", " enable_http_on_missing_cert=false" },
                { "EXTERNAL_HTTP_PORT=8080", " external_http_port=8080" },
                { "EXTERNAL_HTTPS_PORT=8443", " external_https_port=8443" },
                { "VIRTUAL_ROOT=/srv", " virtual_root=/srv" },
                { "CLIENT_MAX_BODY_SIZE=10m", " client_max_body_size=10m" },
                { "PROXY_CONNECT_TIMEOUT=5", " proxy_connect_timeout=5s" },
                { "PROXY_READ_TIMEOUT=60s", " proxy_read_timeout=1m" },
                { "PROXY_SEND_TIMEOUT=500ms", " proxy_send_timeout=500ms" },
                { "NETWORK_ACCESS=internal", " internal" },
                { "NETWORK_ACCESS=external", "" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *env = xasprintf("\"%s\"", cases[i].env);
                assert_terms((InspectReply){ .env = env }, cases[i].expected);
        }
}
END_TEST

START_TEST(each_label_sets_what_it_is_for) {
        static const struct {
                const char *label, *value, *expected;
        } cases[] = {
                { "loadbalance", "least_conn;", " loadbalance=least_conn" },
                { "keepalive", "auto", " keepalive=auto" },
                { "http2.enable", "false", " http2=false" },
                { "http3.enable", "true", " http3=true" },
                { "trust-default-cert", "false", " trust_default_cert=false" },
                { "debug-endpoint", "true", " debug_endpoint=true" },
                { "non-get-redirect", "307", " non_get_redirect=307" },
                { "ssl_verify_client", "optional", " ssl_verify_client=optional" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *theirs =
                        xasprintf("\"com.github.nginx-proxy.nginx-proxy.%s\":\"%s\"", cases[i].label, cases[i].value);
                _cleanup_free_ char *ours = xasprintf("\"beachhead.%s\":\"%s\"", cases[i].label, cases[i].value);
                assert_terms((InspectReply){ .labels = theirs }, cases[i].expected);
                assert_terms((InspectReply){ .labels = ours }, cases[i].expected);
        }
}
END_TEST

START_TEST(variables_that_containers_use_for_themselves_are_not_read) {
        assert_terms((InspectReply){ .env = "\"HTTP2=false\",\"HTTP3=true\",\"KEEPALIVE=7\",\"keepalive=7\","
                                            "\"LOADBALANCE=ip_hash\",\"http2.enable=false\",\"DEBUG_ENDPOINT=true\","
                                            "\"NON_GET_REDIRECT=307\",\"SSL_VERIFY_CLIENT=on\"",
                                     .labels = "\"keepalive\":\"7\",\"com.github.nginx-proxy.nginx-proxy.hsts\":"
                                               "\"off\",\"com.github.nginx-proxy.nginx-proxy.nginx\":\"\"" },
                     "");
}
END_TEST

START_TEST(our_label_wins_over_nginx_proxys_and_either_over_a_variable) {
        assert_terms((InspectReply){ .env = "\"TRUST_DEFAULT_CERT=true\",\"HSTS=max-age=1\"",
                                     .labels = "\"com.github.nginx-proxy.nginx-proxy.keepalive\":\"1\","
                                               "\"beachhead.keepalive\":\"2\",\"beachhead.hsts\":\"off\","
                                               "\"com.github.nginx-proxy.nginx-proxy.trust-default-cert\":\"false\"" },
                     " hsts=off trust_default_cert=false keepalive=2");
        assert_terms((InspectReply){ .labels = "\"beachhead.keepalive\":\"2\","
                                               "\"com.github.nginx-proxy.nginx-proxy.keepalive\":\"1\"" },
                     " keepalive=2");
        assert_terms((InspectReply){ .env = "\"HSTS=off\"", .labels = "\"beachhead.hsts\":\"\"" }, "");
}
END_TEST

START_TEST(a_wrong_value_is_left_out_by_name) {
        assert_problem((InspectReply){ .env = "\"HSTS=x;\\nadd_header y\",\"SERVER_TOKENS=on\"" }, " server_tokens=on",
                       "HSTS \"x;\\x0aadd_header y\" must be off, or max-age=SECONDS");
        assert_problem(
                (InspectReply){ .labels = "\"com.github.nginx-proxy.nginx-proxy.keepalive\":\"many\"" }, "",
                "com.github.nginx-proxy.nginx-proxy.keepalive \"many\" must be auto, disabled or a number up to "
                "1000: it is ignored");
}
END_TEST

START_TEST(a_wrong_value_that_narrows_refuses_the_container) {
        static const struct {
                const char *env, *labels, *problem;
        } cases[] = {
                { "\"NETWORK_ACCESS=lan\"", NULL, "NETWORK_ACCESS \"lan\" must be internal or external: its domains" },
                { "\"EXTERNAL_HTTP_PORT=http\"", NULL, "EXTERNAL_HTTP_PORT \"http\" must be a port" },
                { "\"EXTERNAL_HTTPS_PORT=65536\"", NULL, "EXTERNAL_HTTPS_PORT \"65536\" must be a port" },
                { "\"ENABLE_HTTP_ON_MISSING_CERT=never\"", NULL,
                  "ENABLE_HTTP_ON_MISSING_CERT \"never\" must be true" },
                { NULL, "\"beachhead.ssl_verify_client\":\"yes\"", "beachhead.ssl_verify_client \"yes\" must be on" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                assert_problem((InspectReply){ .env = cases[i].env, .labels = cases[i].labels }, "refused",
                               cases[i].problem);
}
END_TEST

START_TEST(what_readers_must_understand_is_known) {
        static const struct {
                const char *env, *labels, *requiring;
        } cases[] = {
                { "\"HSTS=off\",\"ENABLE_HTTP_ON_MISSING_CERT=true\"", "\"beachhead.ssl_verify_client\":\"off\"",
                  NULL },
                { "\"NETWORK_ACCESS=internal\"", NULL, "NETWORK_ACCESS" },
                { "\"CERT_NAME=x\",\"EXTERNAL_HTTPS_PORT=8443\"", NULL, "EXTERNAL_HTTPS_PORT" },
                { "\"ENABLE_HTTP_ON_MISSING_CERT=false\"", NULL, "ENABLE_HTTP_ON_MISSING_CERT" },
                { NULL, "\"beachhead.ssl_verify_client\":\"on\"", "ssl_verify_client" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(container_freep) Container *c = INSPECT(.env = cases[i].env, .labels = cases[i].labels);
                _cleanup_string_list_ StringList problems = { 0 };
                _cleanup_(edge_terms_done) EdgeTerms t = { 0 };
                ck_assert_int_eq(edge_terms_read(c, &t, &problems), 0);
                ck_assert(streq_or_null(edge_terms_requiring(&t), cases[i].requiring));
        }
}
END_TEST

TEST_MAIN("edge-variables", each_variable_sets_what_it_is_for, each_label_sets_what_it_is_for,
          variables_that_containers_use_for_themselves_are_not_read,
          our_label_wins_over_nginx_proxys_and_either_over_a_variable, a_wrong_value_is_left_out_by_name,
          a_wrong_value_that_narrows_refuses_the_container, what_readers_must_understand_is_known)
