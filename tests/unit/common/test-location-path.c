/* Paths: what nginx can match as it stands is taken, what it would never match or read as syntax is not. */
#include "common/location-path.h"
#include "common/memory.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

START_TEST(ordinary_paths_are_taken) {
        static const char *const good[] = {
                "/", "/api/", "/api", "/a/b.c/d-e_f~g", "/@user", "/a=1,2&b", "/...", "/.well-known/x", "/a/..b/c..",
        };

        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                _cleanup_free_ char *reason = NULL;
                ck_assert_msg(location_path_check(good[i], &reason) == 0, "%s %s", good[i], reason);
                ck_assert_int_eq(location_dest_check(good[i], &reason), 0);
        }
}
END_TEST

START_TEST(a_path_that_would_not_match_or_is_syntax_is_refused) {
        static const struct {
                const char *path, *reason;
        } cases[] = {
                { "", "does not begin" },
                { "api", "does not begin" },
                { "=/api", "does not begin" },
                { "//", "\"//\"" },
                { "/a//b", "\"//\"" },
                { "/a/./b", "\"/./\"" },
                { "/a/../b", "\"/../\"" },
                { "/..", "\"/../\"" },
                { "/.", "\"/./\"" },
                { "/a b", "holds a character" },
                { "/a{", "holds a character" },
                { "/a}", "holds a character" },
                { "/a;", "holds a character" },
                { "/a\"", "holds a character" },
                { "/a'", "holds a character" },
                { "/a\\", "holds a character" },
                { "/$uri", "holds a character" },
                { "/a#b", "holds a character" },
                { "/a?b", "holds a character" },
                { "/a%20b", "holds a character" },
                { "/a*", "holds a character" },
                { "/<a>", "holds a character" },
                { "/\xc3\xa4", "holds a character" },
                { "/a\n", "holds a character" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *as_path = NULL, *as_dest = NULL;
                ck_assert_msg(location_path_check(cases[i].path, &as_path) == -EINVAL, "%s was taken", cases[i].path);
                ck_assert_msg(strstr(as_path, cases[i].reason), "%s %s", cases[i].path, as_path);
                ck_assert_int_eq(location_dest_check(cases[i].path, &as_dest), -EINVAL);
                ck_assert_str_eq(as_path, as_dest);
        }
}
END_TEST

START_TEST(a_path_may_be_a_regular_expression_but_not_a_destination) {
        _cleanup_free_ char *path = NULL, *dest = NULL, *bad = NULL;

        ck_assert_int_eq(location_path_check("~^/(app1|app2)/", &path), 0);
        ck_assert_int_eq(location_dest_check("~^/(app1|app2)/", &dest), -EINVAL);
        ck_assert_int_eq(location_path_check("~(", &bad), -EINVAL);
        ck_assert_ptr_nonnull(strstr(bad, "parenthesis"));
}
END_TEST

START_TEST(a_path_has_an_end) {
        char path[LOCATION_PATH_MAX + 2] = "/";
        _cleanup_free_ char *fits = NULL, *too_long = NULL;

        memset(path + 1, 'a', LOCATION_PATH_MAX - 1);
        ck_assert_int_eq(location_path_check(path, &fits), 0);
        path[LOCATION_PATH_MAX] = 'a';
        ck_assert_int_eq(location_path_check(path, &too_long), -EINVAL);
        ck_assert_str_eq(too_long, "is too long");
}
END_TEST

TEST_MAIN("location-path", ordinary_paths_are_taken, a_path_that_would_not_match_or_is_syntax_is_refused,
          a_path_may_be_a_regular_expression_but_not_a_destination, a_path_has_an_end)
