/* What is in a directory is known without asking for each name. */
#include "consumer/nginx/file-set.h"

#include "tests/unit/check-main.h"
#include "tests/unit/scratch.h"

START_TEST(what_is_there_is_known_links_to_nowhere_too) {
        _cleanup_free_ char *link = NULL;

        scratch_make();
        link = scratch_path("link");
        scratch_write("file", "");
        ck_assert_int_eq(symlink("nowhere", link), 0);
        _cleanup_(file_set_freep) FileSet *s = file_set_read(scratch);
        _cleanup_free_ char *path = file_set_path(s, "fi", "le"), *expected = scratch_path("file");
        ck_assert_str_eq(path, expected);
        ck_assert(file_set_has(s, "link"));
        ck_assert(!file_set_has(s, "nowhere"));
        ck_assert_ptr_null(file_set_path(s, "nowhere", ""));
        scratch_remove();
}
END_TEST

START_TEST(names_are_found_by_their_end_in_order) {
        _cleanup_string_list_ StringList found = { 0 };

        scratch_make();
        scratch_write("b.crt", "");
        scratch_write("a.crt", "");
        scratch_write("crt", "");
        scratch_write("a.crt.new", "");
        _cleanup_(file_set_freep) FileSet *s = file_set_read(scratch);
        file_set_find(s, ".crt", &found);
        _cleanup_free_ char *names = string_list_join(&found, " ");
        ck_assert_str_eq(names, "a.crt b.crt");
        scratch_remove();
}
END_TEST

START_TEST(a_directory_that_is_not_there_is_empty) {
        _cleanup_(file_set_freep) FileSet *none = file_set_read(NULL), *missing = file_set_read("/nonexistent");

        ck_assert(!file_set_has(none, "x"));
        ck_assert(!file_set_has(missing, "x"));
        ck_assert(file_set_is_empty(none));
        ck_assert(file_set_is_empty(missing));
}
END_TEST

START_TEST(in_what_may_not_be_listed_each_name_is_looked_for) {
        uid_t root = geteuid();

        scratch_make();
        scratch_write("file", "");
        ck_assert_int_eq(chmod(scratch, 0311), 0);
        if (root == 0) {
                ck_assert_int_eq(chmod(scratch, 0711), 0);
                ck_assert_int_eq(seteuid(65534), 0);
        }
        _cleanup_(file_set_freep) FileSet *s = file_set_read(scratch);
        ck_assert(file_set_has(s, "file"));
        ck_assert(!file_set_has(s, "other"));
        ck_assert(!file_set_is_empty(s));
        ck_assert_int_eq(seteuid(root), 0);
        ck_assert_int_eq(chmod(scratch, 0700), 0);
        scratch_remove();
}
END_TEST

TEST_MAIN("file-set", what_is_there_is_known_links_to_nowhere_too, names_are_found_by_their_end_in_order,
          a_directory_that_is_not_there_is_empty, in_what_may_not_be_listed_each_name_is_looked_for)
