/* Histories on disk: what was known is known after a restart, and a broken file makes nobody bold. */
#include "consumer/certs/history-file.h"

#include "common/log.h"
#include "tests/unit/check-main.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <sys/stat.h>

enum { NOW = 1700000000 };

#define LABEL "a2345678901234567890123456789012345678901234567890123456789"
#define TOO_LONG LABEL "." LABEL "." LABEL "." LABEL

static void begin(void) {
        log_setup(LOG_EMERG, LOG_FORMAT_PLAIN);
        scratch_make();
}

static void save(const char *base, const History *h) {
        char *message = NULL;

        ck_assert_int_eq(history_file_save(scratch, base, h, &message), 0);
        ck_assert_ptr_null(message);
}

static void save_failing(const char *base) {
        _cleanup_(history_freep) History *h = history_new();

        history_ordered(h, NOW);
        history_failed(h, "asked", NOW, 60, 0, 0, "no answer");
        save(base, h);
}

static char *listed(void) {
        _cleanup_string_list_ StringList bases = { 0 };
        char *message = NULL;

        ck_assert_int_eq(history_file_list(scratch, &bases, &message), 0);
        return string_list_join(&bases, " ");
}

static void expect_listed(const char *wanted) {
        _cleanup_free_ char *bases = listed();

        ck_assert_str_eq(bases, wanted);
}

START_TEST(what_was_saved_is_there_after_a_restart) {
        begin();
        save_failing("a.org");
        save_failing("*.a.org");
        _cleanup_(history_freep) History *h = history_file_load(scratch, "*.a.org", NOW);
        ck_assert_int_eq(h->retry_at, NOW + 60);
        ck_assert_str_eq(h->reason, "no answer");
        ck_assert_uint_eq(h->n_orders, 1);

        _cleanup_free_ char *path = scratch_path("_wildcard.a.org.json");
        struct stat st;
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0600);
        scratch_remove();
}
END_TEST

START_TEST(a_certificate_without_a_file_has_an_empty_history) {
        begin();
        _cleanup_(history_freep) History *h = history_file_load(scratch, "a.org", NOW);
        _cleanup_(history_freep) History *nowhere = history_file_load("/nonexistent", "a.org", NOW);
        ck_assert_uint_eq(h->failures, 0);
        ck_assert_uint_eq(nowhere->failures, 0);
        scratch_remove();
}
END_TEST

START_TEST(a_broken_file_makes_it_wait) {
        static const char *const texts[] = { "", "{", "{\"failures\":-1}" };

        begin();
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
                scratch_write("a.org.json", texts[i]);
                _cleanup_(history_freep) History *h = history_file_load(scratch, "a.org", NOW);
                ck_assert_int_eq(history_retry_at(h, "whatever", NOW), NOW + HISTORY_UNREADABLE_WAIT_SEC);
        }
        scratch_delete("a.org.json");
        _cleanup_free_ char *path = scratch_path("a.org.json");
        ck_assert_int_eq(mkdir(path, 0700), 0);
        _cleanup_(history_freep) History *h = history_file_load(scratch, "a.org", NOW);
        ck_assert_int_eq(history_retry_at(h, "whatever", NOW), NOW + HISTORY_UNREADABLE_WAIT_SEC);
        scratch_remove();
}
END_TEST

START_TEST(a_broken_file_is_mended_by_the_next_save) {
        begin();
        scratch_write("a.org.json", "{");
        _cleanup_(history_freep) History *cautious = history_file_load(scratch, "a.org", NOW);
        save("a.org", cautious);
        _cleanup_(history_freep) History *h = history_file_load(scratch, "a.org", NOW + 10);
        ck_assert_int_eq(history_retry_at(h, "whatever", NOW + 10), NOW + HISTORY_UNREADABLE_WAIT_SEC);
        scratch_remove();
}
END_TEST

START_TEST(those_that_are_there_are_listed_and_removed) {
        char *message = NULL;

        begin();
        expect_listed("");
        save_failing("b.org");
        save_failing("*.a.org");
        save_failing("a.org");
        for (int i = 0; i < 5; i++)
                scratch_write(
                        (const char *const[]){ "README", ".json", "A.org.json", "c.org.json.new", "a b.json" }[i],
                        "{}");
        expect_listed("*.a.org a.org b.org");
        ck_assert_int_eq(history_file_remove(scratch, "*.a.org", &message), 0);
        ck_assert_int_eq(history_file_remove(scratch, "*.a.org", &message), 0);
        expect_listed("a.org b.org");
        scratch_remove();
        expect_listed("");
        ck_assert_ptr_null(message);
}
END_TEST

START_TEST(what_cannot_be_written_says_where) {
        _cleanup_free_ char *saved = NULL, *list = NULL, *removed = NULL;
        _cleanup_(history_freep) History *h = history_new();
        _cleanup_string_list_ StringList bases = { 0 };

        ck_assert_int_eq(history_file_save("/nonexistent", "a.org", h, &saved), -ENOENT);
        ck_assert_str_eq(saved, "Cannot write /nonexistent/a.org.json: No such file or directory");
        ck_assert_int_eq(history_file_list("/dev/null", &bases, &list), -ENOTDIR);
        ck_assert_str_eq(list, "Cannot read /dev/null: Not a directory");
        ck_assert_int_eq(history_file_remove("/dev/null", "a.org", &removed), -ENOTDIR);
        ck_assert_str_eq(removed, "Cannot remove /dev/null/a.org.json: Not a directory");
}
END_TEST

START_TEST(a_base_without_a_folder_has_no_file) {
        char *message = NULL;

        begin();
        save_failing(TOO_LONG);
        save_failing("_wildcard.a.org");
        _cleanup_(history_freep) History *h = history_file_load(scratch, TOO_LONG, NOW);
        ck_assert_uint_eq(h->failures, 0);
        ck_assert_int_eq(history_file_remove(scratch, TOO_LONG, &message), 0);
        expect_listed("");
        scratch_remove();
}
END_TEST

TEST_MAIN("history-file", what_was_saved_is_there_after_a_restart, a_certificate_without_a_file_has_an_empty_history,
          a_broken_file_makes_it_wait, a_broken_file_is_mended_by_the_next_save,
          those_that_are_there_are_listed_and_removed, what_cannot_be_written_says_where,
          a_base_without_a_folder_has_no_file)
