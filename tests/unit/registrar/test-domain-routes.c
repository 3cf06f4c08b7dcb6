/* BEACHHEAD_DOMAINS into routes: with terms that every reader keeps to, and with others. */
#include "registrar/domain-routes.h"

#include "tests/unit/check-main.h"
#include "tests/unit/routes.h"

/* What is no spec at all is told as a problem. */
static void add(const Container *c, Registration *r, StringList *problems, StringList *warnings) {
        _cleanup_(edge_terms_done) EdgeTerms terms = { 0 };
        const AddressPolicy policy = { 0 };
        char *message = NULL;

        ck_assert_int_eq(edge_terms_read(c, &terms, problems), 0);
        if (domain_routes(c, &policy, &terms, "BEACHHEAD_DOMAINS", r, problems, warnings, &message) < 0)
                string_list_take(problems, message);
}

START_TEST(every_reader_understands_a_domain) {
        static const RouteCase cases[] = {
                { "\"BEACHHEAD_DOMAINS=a.org\"", "a.org http=172.17.0.2:80 https=172.17.0.2:443!", NULL },
                { "\"BEACHHEAD_DOMAINS=a.org:http=8080 b.org:https\",\"VIRTUAL_PROTO=grpc\",\"HTTPS_METHOD=nohttp\"",
                  "a.org http=172.17.0.2:8080 | b.org https=172.17.0.2:443", NULL },
                { "\"BEACHHEAD_DOMAINS=a.org:http:https\",\"HSTS=off\",\"PROXY_READ_TIMEOUT=90\",\"VIRTUAL_ROOT=/x\"",
                  "a.org http=172.17.0.2:80 https=172.17.0.2:443 hsts=off proxy_read_timeout=90s", NULL },
        };

        ASSERT_ROUTES(cases, add);
}
END_TEST

START_TEST(terms_that_not_every_reader_keeps_to_take_one_endpoint) {
        static const RouteCase cases[] = {
                { "\"BEACHHEAD_DOMAINS=a.org\",\"NETWORK_ACCESS=internal\"",
                  "a.org endpoint=172.17.0.2:80 schemes=hs internal", NULL },
                { "\"BEACHHEAD_DOMAINS=a.org:http=81\",\"EXTERNAL_HTTP_PORT=8080\"",
                  "a.org endpoint=172.17.0.2:81 schemes=h schemes ports external_http_port=8080", NULL },
                { "\"BEACHHEAD_DOMAINS=a.org:https=8443\",\"ENABLE_HTTP_ON_MISSING_CERT=false\"",
                  "a.org endpoint=172.17.0.2:8443 schemes=s schemes proto no-clear proto=https "
                  "enable_http_on_missing_cert=false",
                  NULL },
                { "\"BEACHHEAD_DOMAINS=a.org:http:https b.org:http\",\"NETWORK_ACCESS=internal\"",
                  "b.org endpoint=172.17.0.2:80 schemes=h schemes internal",
                  "a.org: with NETWORK_ACCESS there can be one endpoint, and http and https are two: it is left out; "
                  "name one of them, or neither" },
        };

        ASSERT_ROUTES(cases, add);
}
END_TEST

START_TEST(without_an_address_the_terms_are_kept) {
        _cleanup_(container_freep) Container *c =
                INSPECT(.env = "\"BEACHHEAD_DOMAINS=a.org\",\"NETWORK_ACCESS=internal\"", .networks = "{\"none\":{}}");
        _cleanup_(registration_freep) Registration *r = registration_new();
        _cleanup_string_list_ StringList problems = { 0 }, warnings = { 0 };

        add(c, r, &problems, &warnings);
        _cleanup_free_ char *found = routes_describe(r);
        ck_assert_str_eq(found, "a.org schemes=hs no-endpoint internal");
        ck_assert_uint_eq(warnings.count, 1);
}
END_TEST

START_TEST(a_wrong_spec_is_an_error_that_names_the_label) {
        _cleanup_(container_freep) Container *c = INSPECT(.labels = "\"beachhead.domains\":\"a.org b\\n;.org\"");
        _cleanup_(registration_freep) Registration *r = registration_new();
        _cleanup_string_list_ StringList problems = { 0 }, warnings = { 0 };

        add(c, r, &problems, &warnings);
        ck_assert_uint_eq(r->n_routes, 0);
        ck_assert_str_eq(problems.items[0], "beachhead.domains: \";.org\": what comes first is no domain");
}
END_TEST

TEST_MAIN("domain-routes", every_reader_understands_a_domain, terms_that_not_every_reader_keeps_to_take_one_endpoint,
          without_an_address_the_terms_are_kept, a_wrong_spec_is_an_error_that_names_the_label)
