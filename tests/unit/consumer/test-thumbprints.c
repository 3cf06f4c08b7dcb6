/* An edge answers challenges from files that are there before it is asked, and from no others. */
#include "consumer/certs/thumbprints.h"

#include "common/directory.h"
#include "common/file.h"
#include "tests/unit/check-main.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define ONE "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
#define TWO "TdOd4uNtplx_mSskjf9TUfpesAzxEd6eK0TTb38ohVo"
#define THREE "T0jHNvy1nqUg9xLepPN1wKzpxwdmyLV8JWSgv6mX8pk"

/* "name=first character of its text" of all files, sorted. */
static char *list(void) {
        _cleanup_close_ int fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_string_list_ StringList names = { 0 }, entries = { 0 };

        ck_assert_int_eq(directory_list(fd, &names), 0);
        for (size_t i = 0; i < names.count; i++) {
                _cleanup_free_ char *path = scratch_path(names.items[i]), *text = NULL;
                size_t size;
                if (file_read(path, 1000, &text, &size) < 0)
                        string_list_addf(&entries, "%s?", names.items[i]);
                else
                        string_list_addf(&entries, "%s=%.2s", names.items[i], text);
        }
        return string_list_join(&entries, " ");
}

static void assert_files(const char *expected) {
        _cleanup_free_ char *listed = list();

        ck_assert_str_eq(listed, expected);
}

static void put(const char *standard, const NameThumbprint *items, size_t count) {
        char *message = NULL;

        ck_assert_msg(thumbprints_write(scratch, standard, items, count, &message) == 0, "%s", message);
        ck_assert_ptr_null(message);
}

START_TEST(one_file_is_for_all_names_and_others_for_those_that_differ) {
        const NameThumbprint items[] = { { "a.org", ONE }, { "b.org", TWO }, { "*.c.org", TWO }, { "d.org", THREE } };
        _cleanup_free_ char *text = NULL, *path = NULL;
        size_t size;

        scratch_make();
        mode_t before = umask(077);
        put(ONE, items, 4);
        (void)umask(before);
        assert_files("b.org.thumbprint=Td d.org.thumbprint=T0 default.thumbprint=Nz");
        path = scratch_path("b.org.thumbprint");
        ck_assert_int_eq(file_read(path, 1000, &text, &size), 0);
        ck_assert_str_eq(text, TWO "\n");
        struct stat st;
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_uint_eq(st.st_mode & ALLPERMS, 0644);
        scratch_remove();
}
END_TEST

START_TEST(what_nobody_needs_any_more_goes) {
        const NameThumbprint before[] = { { "a.org", TWO }, { "b.org", TWO } }, after[] = { { "b.org", THREE } };

        scratch_make();
        put(ONE, before, 2);
        scratch_write("c.org.thumbprint", "somebody's own");
        scratch_write("d.org.crt", ONE "\n");
        scratch_write("e.org.thumbprint.new", "half");
        put(ONE, after, 1);
        assert_files("b.org.thumbprint=T0 c.org.thumbprint=so d.org.crt=Nz default.thumbprint=Nz");
        put(THREE, after, 1);
        assert_files("c.org.thumbprint=so d.org.crt=Nz default.thumbprint=T0");
        scratch_remove();
}
END_TEST

START_TEST(without_a_new_default_the_old_one_stays) {
        const NameThumbprint items[] = { { "a.org", ONE }, { "b.org", TWO } };

        scratch_make();
        put(NULL, items, 2);
        assert_files("a.org.thumbprint=Nz b.org.thumbprint=Td");
        put(ONE, NULL, 0);
        put(NULL, items, 2);
        assert_files("b.org.thumbprint=Td default.thumbprint=Nz");
        scratch_remove();
}
END_TEST

START_TEST(what_is_right_is_not_touched) {
        const NameThumbprint items[] = { { "a.org", TWO } };
        _cleanup_free_ char *path = NULL;
        struct stat before, after;

        scratch_make();
        put(ONE, items, 1);
        path = scratch_path("a.org.thumbprint");
        ck_assert_int_eq(stat(path, &before), 0);
        put(ONE, items, 1);
        ck_assert_int_eq(stat(path, &after), 0);
        ck_assert_uint_eq(before.st_ino, after.st_ino);
        scratch_remove();
}
END_TEST

START_TEST(a_file_that_cannot_be_written_costs_the_others_nothing) {
        const NameThumbprint items[] = { { "a.org", TWO }, { "b.org", TWO } };
        _cleanup_free_ char *message = NULL, *path = NULL, *inner = NULL;

        scratch_make();
        path = scratch_path("a.org.thumbprint");
        ck_assert_int_eq(mkdir(path, 0755), 0);
        ck_assert_int_eq(thumbprints_write(scratch, ONE, items, 2, &message), -EISDIR);
        inner = xasprintf("Cannot write %s: Is a directory; challenges cannot be answered until that is mended", path);
        ck_assert_str_eq(message, inner);
        assert_files("a.org.thumbprint? b.org.thumbprint=Td default.thumbprint=Nz");
        scratch_remove();
}
END_TEST

START_TEST(names_that_can_have_no_file_cost_the_others_nothing) {
        char name[254];

        memset(name, 'a', sizeof name - 1);
        name[100] = '.';
        name[sizeof name - 1] = '\0';
        const NameThumbprint items[] = { { name, TWO }, { "default", TWO }, { "b.org", TWO } };
        scratch_make();
        put(ONE, items, 3);
        assert_files("b.org.thumbprint=Td default.thumbprint=Nz");
        scratch_remove();
}
END_TEST

START_TEST(a_directory_that_is_not_there_is_said) {
        char *message = NULL;

        ck_assert_int_eq(thumbprints_write("/nowhere/certs", ONE, NULL, 0, &message), -ENOENT);
        ck_assert_str_eq(message, "Cannot write /nowhere/certs/default.thumbprint: No such file or directory; "
                                  "challenges cannot be answered until that is mended");
        free(message);
}
END_TEST

TEST_MAIN("thumbprints", one_file_is_for_all_names_and_others_for_those_that_differ, what_nobody_needs_any_more_goes,
          without_a_new_default_the_old_one_stays, what_is_right_is_not_touched,
          a_file_that_cannot_be_written_costs_the_others_nothing, names_that_can_have_no_file_cost_the_others_nothing,
          a_directory_that_is_not_there_is_said)
