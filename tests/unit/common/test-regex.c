/* Regular expressions from outside: what people write is taken, what could do more than match is not. */
#include "common/memory.h"
#include "common/regex.h"
#include "common/text.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

START_TEST(what_people_write_is_taken) {
        static const char *const good[] = {
                "^(www|app)\\.example\\.(org|com)$",
                "^[a-z0-9-]+\\.preview\\.example\\.org$",
                "^/(app1|alternative1)/",
                "\\.(?:png|jpe?g)$",
                "(?i)^/API/",
                "^(?!admin\\.)[^.]+\\.example\\.org$",
                "(?<=a)b(?<!c)",
                "(?>a+)b",
                "^/v\\d{1,3}/\"quoted\";$",
                "(a)\\1",
                "[][(){}*?]",
        };

        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
                _cleanup_free_ char *reason = NULL;
                ck_assert_msg(regex_check(good[i], &reason) == 0, "%s %s", good[i], reason);
        }
}
END_TEST

START_TEST(what_could_do_more_than_match_is_refused) {
        static const struct {
                const char *expression, *reason;
        } cases[] = {
                { "", "0 bytes" },
                { "a b", "white space" },
                { "a\nb", "white space" },
                { "a\tb", "white space" },
                { "\x7f", "white space" },
                { "b\xc3\xbc", "other than ASCII" },
                { "(", "missing closing parenthesis" },
                { "[a", "missing terminating ]" },
                { "*a", "at character 1" },
                { "a\\", "at end of pattern" },
                { "(?<name>a)", "\"(?<\"" },
                { "(?'name'a)", "\"(?'\"" },
                { "(?P<name>a)", "\"(?P\"" },
                { "(?R)", "\"(?R\"" },
                { "(a(?1)?)", "\"(?1\"" },
                { "(a(?-1)?)", "\"(?-\"" },
                { "(a(?+1)?)(b)", "\"(?+\"" },
                { "(a)(?(1)b|c)", "\"(?(\"" },
                { "(?C1)a", "\"(?C\"" },
                { "(?#comment)a", "\"(?#\"" },
                { "(?x)a", "\"(?x\"" },
                { "(?J)a", "\"(?J\"" },
                { "(?^)a", "\"(?^\"" },
                { "(a\\g<1>?)", "\"\\g<\"" },
                { "(a\\g'1'?)", "\"\\g'\"" },
                { "\\k<a>", "\"\\k<\"" },
                { "\\C", "\"\\C\"" },
                { "(*LIMIT_MATCH=4000000000)a", "\"(*L\"" },
                { "(*NO_JIT)a", "\"(*N\"" },
                { "a(*ACCEPT)", "\"(*A\"" },
                /* where only a parser of the whole grammar could tell that it is harmless, it is refused as well */
                { "\\c\\(?R)", "\"(?R\"" },
                { "[[:alpha:][](?R)]", "\"(?R\"" },
                { "\\Q[\\E(?R)", "\"(?R\"" },
                { "\\(?R\\)", "\"(?R\"" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *reason = NULL;
                ck_assert_msg(regex_check(cases[i].expression, &reason) == -EINVAL, "%s was taken",
                              cases[i].expression);
                ck_assert_msg(has_prefix(reason, "is ") && strstr(reason, cases[i].reason), "%s %s",
                              cases[i].expression, reason);
        }
}
END_TEST

START_TEST(neither_a_long_one_nor_one_that_compiles_to_much_is_taken) {
        char expression[REGEX_MAX + 2] = "";

        memset(expression, 'a', REGEX_MAX);
        _cleanup_free_ char *reason = NULL, *too_long = NULL, *too_much = NULL;
        ck_assert_int_eq(regex_check(expression, &reason), 0);
        expression[REGEX_MAX] = 'a';
        ck_assert_int_eq(regex_check(expression, &too_long), -EINVAL);
        ck_assert_ptr_nonnull(strstr(too_long, "256 bytes"));
        ck_assert_int_eq(regex_check("((((a{1,999}){1,999}){1,999}){1,999})", &too_much), -EINVAL);
        ck_assert_ptr_nonnull(strstr(too_much, "too large"));
}
END_TEST

TEST_MAIN("regex", what_people_write_is_taken, what_could_do_more_than_match_is_refused,
          neither_a_long_one_nor_one_that_compiles_to_much_is_taken)
