/* nginx's syntax: what nginx reads as one word is one word here, and what it refuses is refused. */
#include "consumer/nginx/conf-syntax.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

/* All statements as "word|word;" or "word{" or "}", or "refused" behind what was read. */
static char *statements(const char *text) {
        _cleanup_conf_statement_ ConfStatement s = { 0 };
        Text t = { 0 };

        for (;;) {
                if (conf_read(&text, &s) < 0) {
                        text_append(&t, "refused");
                        return text_take(&t);
                }
                if (s.type == CONF_END)
                        return text_take(&t);
                _cleanup_free_ char *words = string_list_join(&s.words, "|");
                text_appendf(&t, "%s%c", words, ";{}"[s.type - CONF_DIRECTIVE]);
        }
}

START_TEST(words_are_read_as_nginx_reads_them) {
        static const struct {
                const char *text, *expected;
        } cases[] = {
                { "", "" },
                { " \t\r\n", "" },
                { "# only a comment", "" },
                { "a;", "a;" },
                { "a b  c\n;", "a|b|c;" },
                { "a # b;\n c;", "a|c;" },
                { "a b#c;", "a|b#c;" },
                { "a{b;}", "a{b;}" },
                { "a \"b c\" 'd;e';", "a|b c|d;e;" },
                { "a \"\";", "a|;" },
                { "a b\"c d;", "a|b\"c|d;" },
                { "a \"b\\\"c\" 'd\\'e';", "a|b\"c|d'e;" },
                { "a \"\\t\\n\\r\\\\\\x\";", "a|\t\n\r\\\\x;" },
                { "a b\\ c;", "a|b\\ c;" },
                { "a b\\;c;", "a|b\\;c;" },
                { "a ${b}c;", "a|${b}c;" },
                { "a x${b}{c;}", "a|x${b}{c;}" },
                { "a \"b{c\";", "a|b{c;" },
                { "a b}c;", "a|b}c;" },
                { "if ($a = \"b\") {}", "if|($a|=|b|){}" },
                { "a \"b\n# c\" d;", "a|b\n# c|d;" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *read = statements(cases[i].text);
                ck_assert_str_eq(read, cases[i].expected);
        }
}
END_TEST

START_TEST(what_nginx_refuses_is_refused) {
        static const char *const bad[] = { ";",         "{",           "a",       "a b",   "a \"b",
                                           "a \"b\"c;", "a 'b'\"c\";", "a \"b\"", "a b }", "a b\\",
                                           "a \"b\\",   "a \"b\"#;",   "a \"b\"}" };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                _cleanup_free_ char *read = statements(bad[i]);
                ck_assert_msg(strcmp(read, "refused") == 0, "%s was read as %s", bad[i], read);
        }
}
END_TEST

START_TEST(a_statement_says_which_bytes_it_has) {
        _cleanup_conf_statement_ ConfStatement s = { 0 };
        const char *text = "# x\n include \"a\" ; b;", *cursor = text;

        ck_assert_int_eq(conf_read(&cursor, &s), 0);
        ck_assert_uint_eq((size_t)(s.start - text), 5);
        ck_assert_int_eq(strncmp(s.start, "include \"a\" ;", (size_t)(s.end - s.start)), 0);
        ck_assert_ptr_eq(cursor, s.end);
}
END_TEST

START_TEST(directives_are_found_at_the_top_level_alone) {
        static const struct {
                const char *text, *expected;
        } cases[] = {
                { "client_max_body_size 1m;", "client_max_body_size" },
                { "location ~ x { y; } a\n1m;", "location a" },
                { "\"b\" 1m;", "b" },
                { "if ($a) { b 1m; }", "if" },
                { "# a 1m;", "" },
                { "x a; x b;", "x" },
                { "a", "" },
                { "a; } b;", "a" },
                { "; b;", "" },
                { "", "" },
                { "location /a { } location ^~ /b/ { }", "location location /a location /b/" },
                { "location = /a { } location @a { } location ~ /a { } location /a;", "location" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_string_list_ StringList names = { 0 };
                conf_add_directives(cases[i].text, &names);
                _cleanup_free_ char *text = string_list_join(&names, " ");
                ck_assert_str_eq(text, cases[i].expected);
        }
}
END_TEST

START_TEST(any_string_survives_being_quoted) {
        static const char *const strings[] = { "",    "a b",    "\"",     "'",        "\\",
                                               "\\n", "a;{}#b", "\t\r\n", "\\\\\"\\", "${x}" };

        for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
                _cleanup_conf_statement_ ConfStatement s = { 0 };
                _cleanup_text_ Text t = { 0 };
                text_append(&t, "x ");
                conf_append_quoted(&t, strings[i]);
                text_append(&t, ";");
                ck_assert_ptr_null(strchr(t.data, '\n'));
                const char *cursor = t.data;
                ck_assert_int_eq(conf_read(&cursor, &s), 0);
                ck_assert_uint_eq(s.words.count, 2);
                ck_assert_str_eq(s.words.items[1], strings[i]);
                ck_assert_str_eq(cursor, "");
        }
}
END_TEST

START_TEST(an_include_names_one_file_even_where_its_path_looks_like_a_pattern) {
        static const struct {
                const char *path, *expected;
        } cases[] = {
                { "/a/b c.conf", "include \"/a/b c.conf\";" },
                { "/a/[b]*?.conf", "include \"/a/\\\\[b]\\\\*\\\\?.conf\";" },
                { "/a/\\[b.conf", "include \"/a/\\\\\\\\\\\\[b.conf\";" },
                { "/a/\\b.conf", "include \"/a/\\\\b.conf\";" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_text_ Text t = { 0 };
                conf_append_include(&t, cases[i].path);
                ck_assert_str_eq(t.data, cases[i].expected);
        }
}
END_TEST

TEST_MAIN("conf-syntax", words_are_read_as_nginx_reads_them, what_nginx_refuses_is_refused,
          a_statement_says_which_bytes_it_has, directives_are_found_at_the_top_level_alone,
          any_string_survives_being_quoted, an_include_names_one_file_even_where_its_path_looks_like_a_pattern)
