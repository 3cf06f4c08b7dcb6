/* An operator's command becomes the words that a shell would make of it, as far as quotes go. */
#include "common/command.h"
#include "common/memory.h"
#include "common/text.h"
#include "tests/unit/check-main.h"

#include <errno.h>

START_TEST(words_are_split_as_a_shell_would) {
        static const struct {
                const char *command, *words; /* joined by "|" */
        } cases[] = {
                { "nginx -t -q -c {main}", "nginx|-t|-q|-c|{main}" },
                { "  a\t b\n", "a|b" },
                { "a 'b  c' d", "a|b  c|d" },
                { "a \"b  c\" d", "a|b  c|d" },
                { "a'b'\"c\"d", "abcd" },
                { "a '' \"\" b", "a|||b" },
                { "a\\ b \\\\ \\\"", "a b|\\|\"" },
                { "\"a\\\"b\" '\\n'", "a\"b|\\n" },
                { "'\"' \"'\"", "\"|'" },
                { "a;b $HOME *|c #d", "a;b|$HOME|*|c|#d" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                char **argv = NULL;
                StringList list = { 0 };
                ck_assert_int_eq(command_split(cases[i].command, &argv), 0);
                for (list.items = argv; argv[list.count];)
                        list.count++;
                _cleanup_free_ char *words = string_list_join(&list, "|");
                ck_assert_str_eq(words, cases[i].words);
                command_free(argv);
        }
}
END_TEST

START_TEST(what_is_no_command_is_refused) {
        static const char *const cases[] = { "", "  \t", "a 'b", "a \"b", "a \\", "\"\\", "'" };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                char **argv = NULL;
                ck_assert_msg(command_split(cases[i], &argv) == -EINVAL, "%s is accepted", cases[i]);
                ck_assert_ptr_null(argv);
        }
        command_free(NULL);
}
END_TEST

TEST_MAIN("command", words_are_split_as_a_shell_would, what_is_no_command_is_refused)
