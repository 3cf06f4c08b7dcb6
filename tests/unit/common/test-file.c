/* Files are read whole or not at all, and replaced so that nobody ever sees half of one. */
#include "common/file.h"
#include "common/memory.h"
#include "tests/unit/check-main.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* A directory of the test's own; it goes with the scope that holds the name. */
static char directory[64];

static int directory_new(void) {
        (void)strcpy(directory, "/tmp/beachhead-file-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(directory));
        return 0;
}

static void directory_remove(int *unused) {
        _cleanup_free_ char *command = xasprintf("rm -rf %s", directory);

        (void)unused;
        ck_assert_int_eq(system(command), 0);
}

#define IN_A_DIRECTORY _cleanup_(directory_remove) __attribute__((unused)) int in_a_directory = directory_new()

static char *inside(const char *name) {
        return xasprintf("%s/%s", directory, name);
}

static void expect_content(const char *path, const char *expected) {
        _cleanup_free_ char *bytes = NULL;
        size_t size = 0;

        ck_assert_int_eq(file_read(path, 1024 * 1024, &bytes, &size), 0);
        ck_assert_uint_eq(size, strlen(expected));
        ck_assert_str_eq(bytes, expected);
}

static int count_entries(void) {
        DIR *d = opendir(directory);
        int count = -2; /* "." and ".." */

        ck_assert_ptr_nonnull(d);
        while (readdir(d))
                count++;
        (void)closedir(d);
        return count;
}

START_TEST(a_new_file_has_the_bytes_and_the_mode) {
        IN_A_DIRECTORY;
        _cleanup_free_ char *path = inside("a");
        struct stat st;

        (void)umask(077);
        ck_assert_int_eq(file_replace(path, "hello\n", 6, 0644), 0);
        expect_content(path, "hello\n");
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_int_eq(st.st_mode & 07777, 0644);
        ck_assert_int_eq(count_entries(), 1);
}
END_TEST

START_TEST(replacing_gives_a_new_file_and_leaves_readers_the_old_one) {
        IN_A_DIRECTORY;
        _cleanup_free_ char *path = inside("a");
        char old[8] = "";

        ck_assert_int_eq(file_replace(path, "old", 3, 0600), 0);
        _cleanup_close_ int reader = open(path, O_RDONLY | O_CLOEXEC);
        ck_assert_int_eq(file_replace(path, "brand new", 9, 0600), 0);
        ck_assert_int_eq(read(reader, old, sizeof old), 3);
        ck_assert_str_eq(old, "old");
        expect_content(path, "brand new");
}
END_TEST

START_TEST(what_a_crash_left_behind_does_not_hinder) {
        IN_A_DIRECTORY;
        _cleanup_free_ char *path = inside("a"), *staged = inside("a.new"), *elsewhere = inside("elsewhere");

        ck_assert_int_eq(file_stage(staged, "a much longer leftover", 22, 0400), 0);
        ck_assert_int_eq(file_replace(path, "short", 5, 0600), 0);
        expect_content(path, "short");

        ck_assert_int_eq(file_replace(elsewhere, "mine", 4, 0600), 0);
        ck_assert_int_eq(symlink(elsewhere, staged), 0);
        ck_assert_int_eq(file_replace(path, "again", 5, 0600), 0);
        expect_content(path, "again");
        expect_content(elsewhere, "mine");
        ck_assert_int_eq(count_entries(), 2);
}
END_TEST

START_TEST(a_failed_write_leaves_the_old_file_and_nothing_else) {
        IN_A_DIRECTORY;
        _cleanup_free_ char *path = inside("a");
        static char big[64 * 1024];
        struct rlimit limit = { 4096, RLIM_INFINITY };

        ck_assert_int_eq(file_replace(path, "old", 3, 0600), 0);
        (void)signal(SIGXFSZ, SIG_IGN);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        ck_assert_int_eq(file_replace(path, big, sizeof big, 0600), -EFBIG);
        limit.rlim_cur = RLIM_INFINITY;
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        expect_content(path, "old");
        ck_assert_int_eq(count_entries(), 1);
}
END_TEST

START_TEST(a_failed_rename_leaves_nothing_behind) {
        IN_A_DIRECTORY;
        _cleanup_free_ char *path = inside("a"), *below = inside("a/b"), *nowhere = inside("none/b");

        ck_assert_int_eq(mkdir(path, 0700), 0);
        ck_assert_int_eq(file_replace(path, "x", 1, 0600), -EISDIR);
        ck_assert_int_eq(count_entries(), 1);
        ck_assert_int_eq(file_replace(nowhere, "x", 1, 0600), -ENOENT);
        ck_assert_int_eq(file_rename(below, nowhere), -ENOENT);
}
END_TEST

START_TEST(staging_touches_nothing_but_the_staged_file) {
        IN_A_DIRECTORY;
        _cleanup_free_ char *path = inside("a"), *staged = inside("candidate");

        ck_assert_int_eq(file_replace(path, "old", 3, 0600), 0);
        ck_assert_int_eq(file_stage(staged, "new", 3, 0600), 0);
        expect_content(path, "old");
        ck_assert_int_eq(file_rename(staged, path), 0);
        expect_content(path, "new");
        ck_assert_int_eq(access(staged, F_OK), -1);
}
END_TEST

START_TEST(what_is_written_unsynced_can_be_synced_later) {
        IN_A_DIRECTORY;
        _cleanup_free_ char *path = inside("a"), *none = inside("none");

        ck_assert_int_eq(file_write(path, "a longer text", 13, 0400), 0);
        ck_assert_int_eq(file_write(path, "new", 3, 0400), 0);
        expect_content(path, "new");
        ck_assert_int_eq(file_sync(path), 0);
        ck_assert_int_eq(file_sync(none), -ENOENT);
}
END_TEST

START_TEST(a_file_is_read_up_to_its_cap_and_no_further) {
        IN_A_DIRECTORY;
        static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 8193, 100000 };

        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                _cleanup_free_ char *path = inside("a"), *bytes = xcalloc(sizes[i] + 1, 1), *again = NULL;
                char *untouched = NULL;
                size_t size = 4711;

                memset(bytes, 'x', sizes[i]);
                ck_assert_int_eq(file_replace(path, bytes, sizes[i], 0600), 0);
                ck_assert_int_eq(file_read(path, sizes[i], &again, &size), 0);
                ck_assert_uint_eq(size, sizes[i]);
                ck_assert_str_eq(again, bytes);
                if (sizes[i] > 0)
                        ck_assert_int_eq(file_read(path, sizes[i] - 1, &untouched, &size), -EFBIG);
                ck_assert_ptr_null(untouched);
                ck_assert_uint_eq(size, sizes[i]);
        }
}
END_TEST

START_TEST(a_file_that_does_not_tell_its_size_is_read) {
        _cleanup_free_ char *bytes = NULL, *untouched = NULL;
        size_t size = 0;

        ck_assert_int_eq(file_read("/proc/self/smaps", 16 * 1024 * 1024, &bytes, &size), 0);
        ck_assert_uint_gt(size, 8192);
        ck_assert_uint_eq(strlen(bytes), size);
        ck_assert_int_eq(file_read("/proc/self/smaps", 6000, &untouched, &size), -EFBIG);
        ck_assert_ptr_null(untouched);
}
END_TEST

START_TEST(what_cannot_be_read_is_said) {
        IN_A_DIRECTORY;
        _cleanup_free_ char *missing = inside("missing");
        char *untouched = NULL;
        size_t size = 0;

        ck_assert_int_eq(file_read(missing, 10, &untouched, &size), -ENOENT);
        ck_assert_int_eq(file_read(directory, 10, &untouched, &size), -EISDIR);
        ck_assert_ptr_null(untouched);
}
END_TEST

START_TEST(every_path_has_a_directory) {
        static const struct {
                const char *path, *directory;
        } cases[] = {
                { "a", "." }, { "/a", "/" }, { "a/b", "a" }, { "/a/b/c", "/a/b" }, { "a//b", "a" }, { "", "." }
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *found = file_directory(cases[i].path);
                ck_assert_str_eq(found, cases[i].directory);
        }
}
END_TEST

START_TEST(a_file_holds_just_the_bytes_that_are_in_it) {
        IN_A_DIRECTORY;
        _cleanup_free_ char *path = inside("a"), *missing = inside("missing"), *empty = inside("empty");

        ck_assert_int_eq(file_replace(path, "abc", 3, 0600), 0);
        ck_assert_int_eq(file_replace(empty, "", 0, 0600), 0);
        ck_assert(file_holds(path, "abc", 3));
        ck_assert(!file_holds(path, "abd", 3));
        ck_assert(!file_holds(path, "ab", 2));
        ck_assert(!file_holds(path, "abcd", 4));
        ck_assert(file_holds(empty, "", 0));
        ck_assert(!file_holds(missing, "", 0));
        ck_assert(!file_holds(directory, "", 0));
}
END_TEST

TEST_MAIN("file", a_new_file_has_the_bytes_and_the_mode, replacing_gives_a_new_file_and_leaves_readers_the_old_one,
          what_a_crash_left_behind_does_not_hinder, a_failed_write_leaves_the_old_file_and_nothing_else,
          a_failed_rename_leaves_nothing_behind, staging_touches_nothing_but_the_staged_file,
          what_is_written_unsynced_can_be_synced_later, a_file_is_read_up_to_its_cap_and_no_further,
          a_file_that_does_not_tell_its_size_is_read, what_cannot_be_read_is_said,
          a_file_holds_just_the_bytes_that_are_in_it, every_path_has_a_directory)
