/* The contract: golden values survive a round trip to the byte, and hostile values hurt nobody but themselves. */
#include "beachhead/registration.h"
#include "common/memory.h"
#include "common/text.h"
#include "tests/unit/check-main.h"
#include "tests/unit/golden.h"

#include <dirent.h>
#include <errno.h>

DEFINE_CLEANUP(Registration *, registration_free);

static void note_problem(void *userdata, const char *domain, const char *reason) {
        string_list_addf(userdata, "%s: %s", domain ? domain : "?", reason);
}

static Registration *decode(const char *value, StringList *problems) {
        Registration *r = NULL;

        ck_assert_int_eq(registration_decode(&r, value, strlen(value), note_problem, problems), 0);
        return r;
}

START_TEST(golden_values_survive_a_round_trip) {
        DIR *directory = opendir("tests/golden");
        struct dirent *entry;
        int count = 0;

        ck_assert_ptr_nonnull(directory);
        while ((entry = readdir(directory))) {
                char *dot = strrchr(entry->d_name, '.');
                if (!dot || strcmp(dot, ".json") != 0)
                        continue;
                *dot = '\0';
                _cleanup_free_ char *value = golden_read(entry->d_name), *again = NULL;
                _cleanup_string_list_ StringList problems = { 0 };
                _cleanup_(registration_freep) Registration *r = decode(value, &problems);
                ck_assert_uint_eq(problems.count, 0);
                ck_assert_int_eq(registration_encode(r, &again), 0);
                ck_assert_str_eq(again, value);
                count++;
        }
        (void)closedir(directory);
        ck_assert_int_ge(count, 32);
}
END_TEST

START_TEST(the_readme_example_means_what_companion_means) {
        _cleanup_free_ char *value = golden_read("readme");
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_(registration_freep) Registration *r = decode(value, &problems);

        ck_assert_uint_eq(r->n_routes, 3);
        ck_assert_str_eq(r->routes[0].domain, "example.org");
        ck_assert_uint_eq(r->routes[0].http.port, 80);
        ck_assert_uint_eq(r->routes[0].https.port, 443);
        ck_assert(r->routes[0].https_implied);
        ck_assert_ptr_null(r->routes[1].http.host);
        ck_assert(!r->routes[1].https_implied);
        ck_assert_uint_eq(r->routes[2].schemes, SCHEME_HTTP | SCHEME_HTTPS);
        ck_assert_str_eq(r->container, "web");
        ck_assert_int_eq(r->created, 1700000000);
}
END_TEST

START_TEST(a_value_without_our_fields_is_read) {
        _cleanup_free_ char *value = golden_read("companion");
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_(registration_freep) Registration *r = decode(value, &problems);

        ck_assert_ptr_null(r->container);
        ck_assert_ptr_null(r->machine);
        ck_assert_int_eq(r->created, -1);
        ck_assert_uint_eq(r->routes[0].https.port, 8043);
}
END_TEST

START_TEST(a_bad_route_leaves_the_others) {
        static const char *const bad[] = {
                "7",
                "{}",
                "{\"domain\":\"\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}",
                "{\"domain\":\"a b\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}",
                "{\"domain\":\"x.org;}\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}",
                "{\"domain\":\"x.org\"}",
                "{\"domain\":\"x.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":0}}",
                "{\"domain\":\"x.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":65536}}",
                "{\"domain\":\"x.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":\"80\"}}",
                "{\"domain\":\"x.org\",\"http\":{\"host\":\"10.0.0.1 evil\",\"port\":80}}",
                "{\"domain\":\"x.org\",\"http\":{\"host\":7,\"port\":80}}",
                "{\"domain\":\"x.org\",\"http\":[]}",
                "{\"domain\":\"x.org\",\"endpoint\":{\"host\":\"10.0.0.1\",\"port\":80}}",
                "{\"domain\":\"x.org\",\"schemes\":[\"http\"]}",
                "{\"domain\":\"x.org\",\"schemes\":[\"ftp\"],\"requires\":[\"no-endpoint\"]}",
                "{\"domain\":\"x.org\",\"requires\":\"path\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}",
                "{\"domain\":\"x.org\",\"https_method\":\"maybe\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}",
                "{\"domain\":\"x.org\",\"requires\":[\"certificate-only\"]}",
                "{\"domain\":\"x.org\",\"requires\":[\"certificate-only\"],\"certificate\":{\"names\":[\"../x\"]}}",
                "{\"domain\":\"*.x.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}",
        };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                _cleanup_free_ char *value = xasprintf(
                        "[%s,{\"domain\":\"good.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}]", bad[i]);
                _cleanup_string_list_ StringList problems = { 0 };
                _cleanup_(registration_freep) Registration *r = decode(value, &problems);
                ck_assert_msg(r->n_routes == 1, "%s was taken", bad[i]);
                ck_assert_str_eq(r->routes[0].domain, "good.org");
                ck_assert_uint_eq(problems.count, 1);
        }
}
END_TEST

/* A route to 10.0.0.1 by `endpoint`, with these requirements and fields. */
#define ENDPOINT "\"endpoint\":{\"host\":\"10.0.0.1\",\"port\":80},\"schemes\":[\"http\"]"
#define ROUTE(domain, requires, fields)                                                                               \
        "[{\"domain\":\"" domain "\"," ENDPOINT ",\"requires\":[" requires "]" fields "}]"
#define SETTINGS(settings) ",\"settings\":{" settings "}"

START_TEST(what_is_wrong_with_a_route_is_said) {
        static const struct {
                const char *value, *problem;
        } cases[] = {
                { ROUTE("a;b", "", ""), "?: \"domain\" \"a;b\" is no domain" },
                { ROUTE("a\\nb", "", ""), "?: \"domain\" \"a\\x0ab\" is no domain" },
                { ROUTE("[::1", "", ""), "?: \"domain\" \"[::1\" is no domain" },
                { ROUTE("~(", "\"regex\"", ""), "?: \"domain\" \"~(\" is no regular expression: missing" },
                { ROUTE("~^a$", "", ""), "~^a$: \"requires\" does not say \"regex\"" },
                { ROUTE("*.a", "\"regex\"", ""), "*.a: \"requires\" does not say \"wildcard\"" },
                { ROUTE("a", "", ",\"path\":\"/p\""), "a: \"requires\" does not say \"path\"" },
                { ROUTE("a", "", ",\"dest\":\"/p\""), "a: \"requires\" does not say \"path\"" },
                { ROUTE("a", "\"path\"", ",\"path\":\"p\""), "a: \"path\" \"p\" does not begin with \"/\"" },
                { ROUTE("a", "\"path\"", ",\"path\":\"~[\""), "a: \"path\" \"~[\" is no regular expression" },
                { ROUTE("a", "\"path\"", ",\"path\":7"), "a: \"path\" is no string" },
                { ROUTE("a", "\"path\"", ",\"path\":\"/p\",\"dest\":\"/;\""), "a: \"dest\" \"/;\" holds" },
                { ROUTE("a", "\"path\"", ",\"path\":\"/p\",\"dest\":\"~x\""), "a: \"dest\" \"~x\" does not begin" },
                { ROUTE("a", "\"path\"", ",\"path\":\"~^/p\",\"dest\":\"/\""), "a: \"dest\" cannot take the place" },
                { ROUTE("a", "", ",\"proto\":\"grpc\""), "a: \"requires\" does not say \"proto\"" },
                { ROUTE("a", "\"proto\"", ",\"proto\":\"ftp\""), "a: \"proto\" is none that is known" },
                { ROUTE("a", "\"proto\"", ",\"proto\":{}"), "a: \"proto\" is none that is known" },
                { ROUTE("a", "", ",\"settings\":[]"), "a: \"settings\" is no object" },
                { ROUTE("a", "", SETTINGS("\"http2\":true")), "a: the setting \"http2\" is no string" },
                { ROUTE("a", "", SETTINGS("\"hsts\":\"max-age=1\\nx\"")), "a: \"hsts\" \"max-age=1\\x0ax\" must be" },
                { ROUTE("a", "", SETTINGS("\"ssl_verify_client\":\"on\"")),
                  "a: \"requires\" does not say \"client-certificate\"" },
                { ROUTE("a", "", SETTINGS("\"external_http_port\":\"81\"")),
                  "a: \"requires\" does not say \"ports\"" },
                { "[{\"domain\":\"a\",\"requires\":[\"certificate-only\"],\"certificate\":{\"names\":[\"-\"]}}]",
                  "a: its certificate's \"names\" \"-\" is no domain" },
                { ROUTE("a", "\"ports\"", SETTINGS("\"enable_http_on_missing_cert\":\"no\"")),
                  "a: \"requires\" does not say \"no-clear\"" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_string_list_ StringList problems = { 0 };
                _cleanup_(registration_freep) Registration *r = decode(cases[i].value, &problems);
                ck_assert_msg(r->n_routes == 0, "%s was taken", cases[i].value);
                ck_assert_uint_eq(problems.count, 1);
                ck_assert_msg(has_prefix(problems.items[0], cases[i].problem), "%s", problems.items[0]);
        }
}
END_TEST

START_TEST(what_is_of_no_concern_does_not_stand_in_the_way) {
        static const char *const good[] = {
                ROUTE("a", "", ",\"path\":\"/\""),
                ROUTE("a", "\"path\"", ""),
                ROUTE("a", "\"regex\"", ""),
                ROUTE("a", "", ",\"proto\":\"http\""),
                ROUTE("a", "", ",\"https_method_implied\":true"),
                ROUTE("a", "", SETTINGS("\"of_next_year\":[1,2]")),
                ROUTE("a", "", SETTINGS("\"ssl_verify_client\":\"off\"")),
                ROUTE("a", "", SETTINGS("")),
        };

        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                _cleanup_string_list_ StringList problems = { 0 };
                _cleanup_(registration_freep) Registration *r = decode(good[i], &problems);
                ck_assert_msg(r->n_routes == 1, "%s: %s", good[i], problems.count > 0 ? problems.items[0] : "");
                ck_assert(!r->routes[0].https_method_implied);
        }
}
END_TEST

START_TEST(what_is_wrong_with_a_certificate_costs_no_route) {
        static const char *const bad[] = { "7", "{\"names\":[\"../x\"]}", "{\"names\":[\"a.org\"],\"key\":\"1\"}",
                                           "{\"names\":[\"a.org\"],\"email\":\"1\"}" };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                _cleanup_free_ char *value = xasprintf(ROUTE("a.org", "", ",\"certificate\":%s"), bad[i]);
                _cleanup_string_list_ StringList problems = { 0 };
                _cleanup_(registration_freep) Registration *r = decode(value, &problems);
                ck_assert_uint_eq(problems.count, 0);
                ck_assert_uint_eq(r->n_routes, 1);
                ck_assert(r->routes[0].certificate.obstacle || r->routes[0].certificate.remark);
        }
}
END_TEST

START_TEST(fields_are_parsed_into_types) {
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_(registration_freep) Registration *r =
                decode(ROUTE("[2001:DB8::1]", "\"path\",\"proto\",\"ports\"",
                             ",\"path\":\"/p/\",\"dest\":\"/\",\"proto\":\"fastcgi\",\"https_method\":\"redirect\","
                             "\"https_method_implied\":true" SETTINGS("\"external_https_port\":\"8443\","
                                                                      "\"proxy_read_timeout\":\"90\"")),
                       &problems);
        const Route *route = &r->routes[0];
        _cleanup_free_ char *again = NULL;

        ck_assert_uint_eq(r->n_routes, 1);
        ck_assert_str_eq(route->domain, "[2001:db8::1]");
        ck_assert_int_eq(route->proto, PROTOCOL_FASTCGI);
        ck_assert(route->https_method_implied);
        ck_assert_uint_eq(route->settings.https_port, 8443);
        ck_assert_uint_eq(route->settings.read_timeout_msec, 90000);
        ck_assert_int_eq(registration_encode(r, &again), 0);
        ck_assert_ptr_nonnull(strstr(again, "\"settings\":{\"external_https_port\":\"8443\","
                                            "\"proxy_read_timeout\":\"90s\"}"));
}
END_TEST

START_TEST(an_unknown_requirement_is_named) {
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_(registration_freep) Registration *r =
                decode("[{\"domain\":\"x.org\",\"requires\":[\"path\",\"quantum\"],\"endpoint\":{\"strange\":1}}]",
                       &problems);

        ck_assert_uint_eq(r->n_routes, 1);
        ck_assert_str_eq(r->routes[0].unknown, "quantum");
}
END_TEST

START_TEST(what_is_no_array_is_refused) {
        static const char *const bad[] = { "", "{}", "null", "[", "[] []", "[]x", "\"\"" };
        Registration *r = NULL;
        _cleanup_string_list_ StringList problems = { 0 };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                ck_assert_int_eq(registration_decode(&r, bad[i], strlen(bad[i]), note_problem, &problems), -EBADMSG);
        ck_assert_int_eq(registration_decode(&r, "[]\0", 3, note_problem, &problems), -EBADMSG);

        size_t size = 2 * 1024 * 1024;
        _cleanup_free_ char *garbage = xcalloc(size, 1);
        ck_assert_int_eq(registration_decode(&r, garbage, size, note_problem, &problems), -E2BIG);

        _cleanup_free_ char *deep = xcalloc(100001, 1);
        memset(deep, '[', 100000);
        ck_assert_int_eq(registration_decode(&r, deep, 100000, note_problem, &problems), -EBADMSG);
}
END_TEST

START_TEST(more_routes_than_allowed_are_cut) {
        Text t = { 0 };
        for (int i = 0; i < REGISTRATION_ROUTES_MAX + 5; i++)
                text_appendf(&t, "%c{\"domain\":\"d%d.org\",\"http\":{\"host\":\"h\",\"port\":1}}", i ? ',' : '[', i);
        text_append(&t, "]");
        _cleanup_free_ char *value = text_take(&t);
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_(registration_freep) Registration *r = decode(value, &problems);

        ck_assert_uint_eq(r->n_routes, REGISTRATION_ROUTES_MAX);
        ck_assert_uint_eq(problems.count, 1);
}
END_TEST

START_TEST(a_requirement_that_nobody_knows_here_is_not_lost_in_writing) {
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_(registration_freep) Registration *r =
                decode("[{\"domain\":\"a.org\",\"requires\":[\"path\",\"news\"],\"path\":\"/\"}]", &problems);
        _cleanup_free_ char *again = NULL;

        ck_assert_int_eq(registration_encode(r, &again), 0);
        ck_assert_ptr_nonnull(strstr(again, "\"news\""));
}
END_TEST

TEST_MAIN("registration", golden_values_survive_a_round_trip, the_readme_example_means_what_companion_means,
          a_value_without_our_fields_is_read, a_bad_route_leaves_the_others, what_is_wrong_with_a_route_is_said,
          what_is_of_no_concern_does_not_stand_in_the_way, what_is_wrong_with_a_certificate_costs_no_route,
          fields_are_parsed_into_types, an_unknown_requirement_is_named, what_is_no_array_is_refused,
          more_routes_than_allowed_are_cut, a_requirement_that_nobody_knows_here_is_not_lost_in_writing)
