/* What is in a directory. */
#include "common/directory.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

START_TEST(its_names_are_listed_each_time_anew) {
        char path[] = "/tmp/beachhead-directory-XXXXXX";

        ck_assert_ptr_nonnull(mkdtemp(path));
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        static const char *const expected[] = { "", ".a b", ".a b\nc" };
        for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
                _cleanup_string_list_ StringList names = { 0 };
                if (i > 0)
                        ck_assert_int_eq(mkdirat(fd, i == 1 ? ".a b" : "c", 0700), 0);
                ck_assert_int_eq(directory_list(fd, &names), 0);
                _cleanup_free_ char *text = string_list_join(&names, "\n");
                ck_assert_str_eq(text, expected[i]);
        }
        ck_assert_int_eq(directory_sync(fd), 0);
        ck_assert_int_eq(unlinkat(fd, ".a b", AT_REMOVEDIR), 0);
        ck_assert_int_eq(unlinkat(fd, "c", AT_REMOVEDIR), 0);
        ck_assert_int_eq(rmdir(path), 0);
        StringList none = { 0 };
        ck_assert_int_eq(directory_list(-1, &none), -EBADF);
        ck_assert_uint_eq(none.count, 0);
}
END_TEST

TEST_MAIN("directory", its_names_are_listed_each_time_anew)
