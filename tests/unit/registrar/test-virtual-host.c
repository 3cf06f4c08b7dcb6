/* What nginx-proxy reads on a container, and what becomes of values that are wrong. */
#include "registrar/virtual-host.h"

#include "tests/unit/check-main.h"
#include "tests/unit/routes.h"

static void add_by_policy(const Container *c, const AddressPolicy *policy, Registration *r, StringList *problems,
                          StringList *warnings) {
        _cleanup_(edge_terms_done) EdgeTerms terms = { 0 };

        if (edge_terms_read(c, &terms, problems) == 0)
                virtual_host_routes(c, policy, &terms, r, problems, warnings);
}

static void add(const Container *c, Registration *r, StringList *problems, StringList *warnings) {
        add_by_policy(c, &(AddressPolicy){ 0 }, r, problems, warnings);
}

#define AT_80 " http=172.17.0.2:80 method=redirect!"

START_TEST(hosts_become_routes) {
        static const RouteCase cases[] = {
                { "", "", NULL },
                { "\"VIRTUAL_HOST=\"", "", NULL },
                { "\"VIRTUAL_HOST= , ,\"", "", NULL },
                { "\"VIRTUAL_HOST=a.org\"", "a.org" AT_80, NULL },
                { "\"VIRTUAL_HOST= B.org. ,,a.org\\t,b.org\"", "b.org" AT_80 " | a.org" AT_80, NULL },
                { "\"VIRTUAL_HOST=192.0.2.7\"", "192.0.2.7" AT_80, NULL },
                { "\"VIRTUAL_HOST=[FD00:0::1],[fd00::1]\"", "[fd00::1]" AT_80, NULL },
                { "\"VIRTUAL_HOST=*.A.org\"", "*.a.org endpoint=172.17.0.2:80 schemes=hs wildcard method=redirect!",
                  NULL },
                { "\"VIRTUAL_HOST=www.a.*\"", "www.a.* endpoint=172.17.0.2:80 schemes=hs wildcard method=redirect!",
                  NULL },
                { "\"VIRTUAL_HOST=~^x\\\\.org$\"",
                  "~^x\\.org$ endpoint=172.17.0.2:80 schemes=hs regex method=redirect!", NULL },
                { "\"VIRTUAL_HOST=B\\u00fccher.example,xn--bcher-kva.example,*.b\\u00fccher.example\"",
                  "xn--bcher-kva.example" AT_80
                  " | *.xn--bcher-kva.example endpoint=172.17.0.2:80 schemes=hs wildcard method=redirect!",
                  NULL },
                { "\"VIRTUAL_HOST=a b.org,c.org\"", "c.org" AT_80,
                  "VIRTUAL_HOST \"a b.org\" is no domain and is left out" },
                { "\"VIRTUAL_HOST=~(,a\"", "a" AT_80, "VIRTUAL_HOST \"~(\" is no regular expression" },
                { "\"VIRTUAL_HOST=~\\u00e4\"", "", "VIRTUAL_HOST \"~\\xc3\\xa4\"" },
                { "\"VIRTUAL_HOST=[fd00::1\"", "", "VIRTUAL_HOST \"[fd00::1\" is no domain" },
                { "\"VIRTUAL_HOST=*.a.*\"", "", "VIRTUAL_HOST \"*.a.*\" is no domain" },
                { "\"VIRTUAL_HOST=a.org;}\"", "", "VIRTUAL_HOST \"a.org;}\" is no domain" },
        };

        ASSERT_ROUTES(cases, add);
}
END_TEST

START_TEST(companions_of_the_host_apply) {
        static const RouteCase cases[] = {
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PORT= 8080 \"", "a http=172.17.0.2:8080 method=redirect!", NULL },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=/\",\"VIRTUAL_DEST=/\",\"VIRTUAL_PROTO=HTTP\"", "a" AT_80, NULL },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=/api/\"",
                  "a endpoint=172.17.0.2:80 schemes=hs path path=/api/ method=redirect!", NULL },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=/api/\",\"VIRTUAL_DEST=/\"",
                  "a endpoint=172.17.0.2:80 schemes=hs path path=/api/ dest=/ method=redirect!", NULL },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_DEST=/public\"",
                  "a endpoint=172.17.0.2:80 schemes=hs path path=/ dest=/public method=redirect!", NULL },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=~^/(x|y)/\"",
                  "a endpoint=172.17.0.2:80 schemes=hs path path=~^/(x|y)/ method=redirect!", NULL },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PROTO=GRPCS\"",
                  "a endpoint=172.17.0.2:80 schemes=hs proto proto=grpcs method=redirect!", NULL },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PROTO=fastcgi\"",
                  "a endpoint=172.17.0.2:80 schemes=hs proto proto=fastcgi method=redirect! "
                  "virtual_root=/var/www/public",
                  NULL },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PROTO=fastcgi\",\"VIRTUAL_ROOT=/srv\"",
                  "a endpoint=172.17.0.2:80 schemes=hs proto proto=fastcgi method=redirect! virtual_root=/srv", NULL },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_ROOT=/srv\"", "a" AT_80, NULL },
                { "\"VIRTUAL_HOST=a\",\"HTTPS_METHOD=redirect\"", "a http=172.17.0.2:80 method=redirect", NULL },
                { "\"VIRTUAL_HOST=a\",\"HTTPS_METHOD=noredirect\"", "a http=172.17.0.2:80 method=noredirect", NULL },
                { "\"VIRTUAL_HOST=a\",\"HTTPS_METHOD=NoHttps\"", "a http=172.17.0.2:80 method=nohttps", NULL },
                { "\"VIRTUAL_HOST=a\",\"HTTPS_METHOD=nohttp\"",
                  "a endpoint=172.17.0.2:80 schemes=s schemes method=nohttp", NULL },
                { "\"VIRTUAL_HOST=a\",\"HTTPS_METHOD=nohttps\",\"VIRTUAL_PATH=/x\"",
                  "a endpoint=172.17.0.2:80 schemes=h path path=/x method=nohttps", NULL },
                { "\"VIRTUAL_HOST=a\",\"NETWORK_ACCESS=external\"", "a" AT_80, NULL },
                { "\"VIRTUAL_HOST=a\",\"NETWORK_ACCESS=Internal\"",
                  "a endpoint=172.17.0.2:80 schemes=hs internal method=redirect!", NULL },
                { "\"VIRTUAL_HOST=*.a\",\"NETWORK_ACCESS=internal\",\"HTTPS_METHOD=nohttp\",\"VIRTUAL_PROTO=https\","
                  "\"VIRTUAL_PATH=/p\"",
                  "*.a endpoint=172.17.0.2:80 schemes=s schemes path proto internal wildcard path=/p proto=https "
                  "method=nohttp",
                  NULL },
        };

        ASSERT_ROUTES(cases, add);
}
END_TEST

START_TEST(settings_go_with_every_host) {
        static const RouteCase cases[] = {
                { "\"VIRTUAL_HOST=a,b\",\"HSTS=off\",\"PROXY_READ_TIMEOUT=300\"",
                  "a" AT_80 " hsts=off proxy_read_timeout=5m | b" AT_80 " hsts=off proxy_read_timeout=5m", NULL },
                { "\"VIRTUAL_HOST=a\",\"EXTERNAL_HTTP_PORT=8080\"",
                  "a endpoint=172.17.0.2:80 schemes=hs ports method=redirect! external_http_port=8080", NULL },
                { "\"VIRTUAL_HOST=a\",\"ENABLE_HTTP_ON_MISSING_CERT=false\"",
                  "a endpoint=172.17.0.2:80 schemes=hs no-clear method=redirect! enable_http_on_missing_cert=false",
                  NULL },
                { "\"VIRTUAL_HOST=a\",\"ENABLE_HTTP_ON_MISSING_CERT=true\"",
                  "a" AT_80 " enable_http_on_missing_cert=true", NULL },
        };

        ASSERT_ROUTES(cases, add);
}
END_TEST

START_TEST(a_wrong_value_never_publishes_more_than_was_asked) {
        static const RouteCase cases[] = {
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PORT=0\"", "a" AT_80,
                  "VIRTUAL_PORT \"0\" is no number from 1 to 65535: port 80 is taken" },
                { "\"VIRTUAL_HOST=a\",\"HTTPS_METHOD=always\"", "a http=172.17.0.2:80 method=redirect",
                  "HTTPS_METHOD \"always\"" },
                { "\"VIRTUAL_HOST=a\",\"NETWORK_ACCESS=intern\"", "",
                  "NETWORK_ACCESS \"intern\" must be internal or external: its domains are left out" },
                { "\"VIRTUAL_HOST=a\",\"EXTERNAL_HTTPS_PORT=0\"", "",
                  "EXTERNAL_HTTPS_PORT \"0\" must be a port, 1 to 65535: its domains are left out" },
                { "\"VIRTUAL_HOST=a\",\"HSTS=for ever\"", "a" AT_80, "HSTS \"for ever\" must be off, or max-age" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PROTO=ftp\"", "", "VIRTUAL_PROTO \"ftp\"" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=api\"", "", "VIRTUAL_PATH \"api\" does not begin" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=~^/(api\"", "", "VIRTUAL_PATH \"~^/(api\" is no regular" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=~^/api\",\"VIRTUAL_DEST=/\"", "",
                  "VIRTUAL_DEST \"/\" cannot take the place of a path that is a regular expression: VIRTUAL_HOST is "
                  "left out" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=/a b\"", "", "VIRTUAL_PATH \"/a b\" holds a character" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=/a{}\"", "", "VIRTUAL_PATH \"/a{}\" holds a character" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=/\\u00e4\"", "", "VIRTUAL_PATH \"/\\xc3\\xa4\" holds" },
                { "\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=/a\",\"VIRTUAL_DEST=x\"", "", "VIRTUAL_DEST \"x\"" },
                { "\"VIRTUAL_PORT=x\",\"HTTPS_METHOD=x\"", "", NULL },
        };

        ASSERT_ROUTES(cases, add);
}
END_TEST

START_TEST(a_label_is_named_as_it_is_written) {
        static const struct {
                const char *labels, *problem;
        } cases[] = {
                { "\"beachhead.virtual_port\":\"x\"", "beachhead.virtual_port \"x\" is no number" },
                { "\"com.github.nginx-proxy.nginx-proxy.ssl_verify_client\":\"maybe\"",
                  "com.github.nginx-proxy.nginx-proxy.ssl_verify_client \"maybe\" must be on, off, optional" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(container_freep) Container *c =
                        INSPECT(.env = "\"VIRTUAL_HOST=a\"", .labels = cases[i].labels);
                _cleanup_(registration_freep) Registration *r = registration_new();
                _cleanup_string_list_ StringList problems = { 0 }, warnings = { 0 };
                add(c, r, &problems, &warnings);
                ck_assert_uint_eq(problems.count, 1);
                ck_assert_msg(has_prefix(problems.items[0], cases[i].problem), "%s", problems.items[0]);
        }
}
END_TEST

START_TEST(multiports_take_the_place_of_the_host_and_its_path) {
        static const RouteCase cases[] = {
                { "\"VIRTUAL_HOST=b\",\"VIRTUAL_PORT=x\",\"VIRTUAL_PATH=x\",\"VIRTUAL_DEST=x\",\"VIRTUAL_PROTO=x\","
                  "\"VIRTUAL_HOST_MULTIPORTS=A.org:\"",
                  "a.org" AT_80, NULL },
                { "\"VIRTUAL_HOST_MULTIPORTS={a.org: {/: {port: 8000}, /x: {port: 9000, dest: /, proto: https}}, "
                  "b.org: {/: {port: 8001}}}\"",
                  "a.org http=172.17.0.2:8000 method=redirect! | "
                  "a.org endpoint=172.17.0.2:9000 schemes=hs path proto path=/x dest=/ proto=https method=redirect! | "
                  "b.org http=172.17.0.2:8001 method=redirect!",
                  NULL },
                { "\"EXTERNAL_HTTP_PORT=8080\",\"HSTS=off\",\"HTTPS_METHOD=noredirect\","
                  "\"VIRTUAL_HOST_MULTIPORTS={a.org: {external_http_port: 81}, b.org: {}}\"",
                  "a.org endpoint=172.17.0.2:80 schemes=hs ports method=noredirect hsts=off external_http_port=81 | "
                  "b.org endpoint=172.17.0.2:80 schemes=hs ports method=noredirect hsts=off external_http_port=8080",
                  NULL },
                { "\"VIRTUAL_HOST=b\",\"VIRTUAL_HOST_MULTIPORTS=[\"", "",
                  "VIRTUAL_HOST_MULTIPORTS: line 2: did not find expected node content: it is left out" },
                { "\"VIRTUAL_HOST_MULTIPORTS={a b: {}, c: {}}\"", "c" AT_80,
                  "VIRTUAL_HOST_MULTIPORTS: a b: is no domain: the host is left out" },
        };

        ASSERT_ROUTES(cases, add);
}
END_TEST

START_TEST(a_path_longer_than_a_reader_takes_is_refused) {
        _cleanup_free_ char *path = xcalloc(REGISTRATION_TEXT_MAX + 2, 1);
        memset(path, 'a', REGISTRATION_TEXT_MAX + 1);
        path[0] = '/';
        _cleanup_free_ char *env = xasprintf("\"VIRTUAL_HOST=a\",\"VIRTUAL_PATH=%s\"", path);
        const RouteCase too_long[] = { { env, "", "VIRTUAL_PATH \"/aaa" } };

        ASSERT_ROUTES(too_long, add);
}
END_TEST

static void assert_one_warning(InspectReply reply, const AddressPolicy *policy, const char *expected,
                               const char *warning) {
        _cleanup_(container_freep) Container *c = inspect_decode(reply);
        _cleanup_(registration_freep) Registration *r = registration_new();
        _cleanup_string_list_ StringList problems = { 0 }, warnings = { 0 };

        add_by_policy(c, policy, r, &problems, &warnings);
        _cleanup_free_ char *found = routes_describe(r);
        ck_assert_str_eq(found, expected);
        ck_assert_uint_eq(problems.count, 0);
        ck_assert_uint_eq(warnings.count, 1);
        ck_assert_msg(strstr(warnings.items[0], warning), "%s", warnings.items[0]);
}

START_TEST(without_an_address_the_routes_say_so) {
        assert_one_warning(
                (InspectReply){ .env = "\"VIRTUAL_HOST=a,*.b\",\"HTTPS_METHOD=nohttp\"", .networks = "{\"none\":{}}" },
                &(AddressPolicy){ 0 },
                "a schemes=s schemes no-endpoint method=nohttp | "
                "*.b schemes=s schemes no-endpoint wildcard method=nohttp",
                "no address");
}
END_TEST

START_TEST(a_port_that_is_ruled_out_leaves_out_what_needs_it) {
        const AddressPolicy policy = { .only_exposed = true };
        const char *exposed = "{\"80/tcp\":{}}";

        assert_one_warning((InspectReply){ .env = "\"VIRTUAL_HOST=a,b\",\"VIRTUAL_PORT=81\"", .exposed = exposed },
                           &policy, "", "port 81 is not exposed");
        assert_one_warning((InspectReply){ .env = "\"VIRTUAL_HOST_MULTIPORTS={a: {/: {}, /x: {port: 81}, "
                                                  "/y: {port: 81}}}\"",
                                           .exposed = exposed },
                           &policy, "a" AT_80, "VIRTUAL_HOST_MULTIPORTS: its port 81 is not exposed");
}
END_TEST

START_TEST(a_destination_means_nothing_with_other_protocols) {
        assert_one_warning((InspectReply){ .env = "\"VIRTUAL_HOST=a\",\"VIRTUAL_PROTO=grpc\",\"VIRTUAL_DEST=/x\"" },
                           &(AddressPolicy){ 0 },
                           "a endpoint=172.17.0.2:80 schemes=hs proto proto=grpc method=redirect!",
                           "VIRTUAL_DEST means nothing with VIRTUAL_PROTO grpc");
}
END_TEST

TEST_MAIN("virtual-host", hosts_become_routes, companions_of_the_host_apply, settings_go_with_every_host,
          a_wrong_value_never_publishes_more_than_was_asked, a_label_is_named_as_it_is_written,
          multiports_take_the_place_of_the_host_and_its_path, a_path_longer_than_a_reader_takes_is_refused,
          without_an_address_the_routes_say_so, a_port_that_is_ruled_out_leaves_out_what_needs_it,
          a_destination_means_nothing_with_other_protocols)
