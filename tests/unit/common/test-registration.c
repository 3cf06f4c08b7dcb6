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
        ck_assert_int_ge(count, 18);
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
                "{\"domain\":\"x.org\",\"certificate\":{\"names\":[\"../x\"]},\"http\":{\"host\":\"h\",\"port\":80}}",
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
          a_value_without_our_fields_is_read, a_bad_route_leaves_the_others, an_unknown_requirement_is_named,
          what_is_no_array_is_refused, more_routes_than_allowed_are_cut,
          a_requirement_that_nobody_knows_here_is_not_lost_in_writing)
