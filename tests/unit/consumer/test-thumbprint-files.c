/* The accounts with which challenges are answered: what is no thumbprint is named, and never used. */
#include "consumer/nginx/thumbprint-files.h"

#include "tests/unit/check-main.h"
#include "tests/unit/consumer/thumbprints.h"
#include "tests/unit/scratch.h"

#define FORTY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define NONE "is not used: it holds no thumbprint, which is 43 letters, digits, \"-\" or \"_\""

START_TEST(a_thumbprint_is_43_characters_of_base64url_and_perhaps_the_end_of_a_line) {
        static const struct {
                const char *text;
                bool good;
        } cases[] = {
                { TEST_THUMBPRINT, true },
                { TEST_OTHER_THUMBPRINT "\n", true },
                { "", false },
                { "\n", false },
                { FORTY "12", false },
                { FORTY "1234", false },
                { FORTY "123\n\n", false },
                { FORTY "123\r\n", false },
                { FORTY "123 ", false },
                { FORTY "12\n", false },
                { FORTY "12=", false },
                { FORTY "1+3", false },
                { FORTY "1/3", false },
                { FORTY "1.3", false },
                { FORTY "1\"3", false },
                { FORTY "1;3", false },
                { FORTY "1$3", false },
                { FORTY "1\xc3\xa9", false },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *parsed = NULL;
                int r = thumbprint_parse(cases[i].text, strlen(cases[i].text), &parsed);
                ck_assert_msg((r == 0) == cases[i].good, "%s", cases[i].text);
                ck_assert_int_eq(parsed != NULL, cases[i].good);
                ck_assert(!parsed || (strlen(parsed) == 43 && strncmp(parsed, cases[i].text, 43) == 0));
        }
        char *parsed = NULL;
        ck_assert_int_lt(thumbprint_parse(FORTY "1\0"
                                                "3",
                                          43, &parsed),
                         0);
}
END_TEST

/* What is read of the directory: "standard host=thumbprint …", and what is said, with "@" as the directory. */
static void assert_read(const char *expected, const char *said) {
        _cleanup_(file_set_freep) FileSet *files = file_set_read(scratch);
        _cleanup_string_list_ StringList reasons = { 0 };
        _cleanup_text_ Text text = { 0 }, wanted = { 0 };
        ThumbprintFiles t = { 0 };

        thumbprint_files_read(files, &t, &reasons);
        text_append(&text, t.standard ? t.standard : "-");
        for (size_t i = 0; i < t.count; i++)
                text_appendf(&text, " %s=%s", t.items[i].host, t.items[i].thumbprint);
        ck_assert_str_eq(text.data, expected);
        ck_assert_int_eq(thumbprint_files_any(&t), strcmp(expected, "-") != 0);
        thumbprint_files_done(&t);
        _cleanup_free_ char *joined = string_list_join(&reasons, "; ");
        for (const char *i = said; *i; i++)
                text_append_bytes(&wanted, *i == '@' ? scratch : i, *i == '@' ? strlen(scratch) : 1);
        ck_assert_str_eq(joined, wanted.data ? wanted.data : "");
}

START_TEST(there_is_one_for_all_and_one_for_each_host_that_has_its_own) {
        scratch_make();
        assert_read("-", "");
        scratch_write("www.example.org.thumbprint", TEST_OTHER_THUMBPRINT);
        assert_read("- www.example.org=" TEST_OTHER_THUMBPRINT, "");
        scratch_write("default.thumbprint", TEST_THUMBPRINT "\n");
        scratch_write("192.0.2.1.thumbprint", TEST_OTHER_THUMBPRINT "\n");
        scratch_write("www.example.org.crt", "");
        scratch_write("thumbprint", TEST_THUMBPRINT);
        assert_read(TEST_THUMBPRINT " 192.0.2.1=" TEST_OTHER_THUMBPRINT " www.example.org=" TEST_OTHER_THUMBPRINT, "");
        scratch_delete("default.thumbprint");
        scratch_delete("www.example.org.thumbprint");
        assert_read("- 192.0.2.1=" TEST_OTHER_THUMBPRINT, "");
        scratch_remove();
}
END_TEST

START_TEST(what_is_broken_is_named_and_harms_no_other) {
        _cleanup_free_ char *large = xcalloc(1, THUMBPRINT_FILE_MAX + 2), *folder = NULL;

        scratch_make();
        folder = scratch_path("d.org.thumbprint");
        memset(large, 'A', THUMBPRINT_FILE_MAX + 1);
        scratch_write("a.org.thumbprint", "none");
        scratch_write("b.org.thumbprint", TEST_THUMBPRINT);
        scratch_write("c.org.thumbprint", large);
        ck_assert_int_eq(mkdir(folder, 0700), 0);
        scratch_write("default.thumbprint", "\" } server { \"");
        assert_read("- b.org=" TEST_THUMBPRINT,
                    "@/default.thumbprint " NONE "; @/a.org.thumbprint " NONE "; @/c.org.thumbprint " NONE
                    "; @/d.org.thumbprint is not used: Is a directory");
        scratch_remove();
}
END_TEST

START_TEST(only_hosts_as_they_are_asked_for_have_one) {
        static const char *const names[] = { "A.org",       "a.org.",        "*.a.org", "~^x$",
                                             "a b.org",     "a\".org",       "a\n.org", "\\Ea.org",
                                             "2001:db8::1", "[2001:DB8::1]", "a..org",  "\xc3\xbc.org" };

        scratch_make();
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                _cleanup_free_ char *file = xasprintf("%s.thumbprint", names[i]);
                _cleanup_free_ char *shown = printable(file, strlen(file), 100);
                _cleanup_free_ char *said =
                        xasprintf("%s, beside the certificates, is not used: it is named as no host", shown);
                scratch_write(file, TEST_THUMBPRINT);
                assert_read("-", said);
                scratch_delete(file);
        }
        scratch_write(".a.org.thumbprint", "half of it");
        scratch_write(".thumbprint", "half of it");
        assert_read("-", "");
        scratch_remove();
}
END_TEST

START_TEST(without_a_directory_there_are_none) {
        _cleanup_(file_set_freep) FileSet *files = file_set_read(NULL);
        _cleanup_string_list_ StringList reasons = { 0 };
        ThumbprintFiles t = { 0 };

        thumbprint_files_read(files, &t, &reasons);
        ck_assert(!thumbprint_files_any(&t) && !thumbprint_files_any(NULL));
        ck_assert_uint_eq(reasons.count, 0);
}
END_TEST

TEST_MAIN("thumbprint-files", a_thumbprint_is_43_characters_of_base64url_and_perhaps_the_end_of_a_line,
          there_is_one_for_all_and_one_for_each_host_that_has_its_own, what_is_broken_is_named_and_harms_no_other,
          only_hosts_as_they_are_asked_for_have_one, without_a_directory_there_are_none)
