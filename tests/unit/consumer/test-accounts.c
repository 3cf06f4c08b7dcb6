/* Accounts on disk: one for each CA and email, with a key that is never lost. */
#include "consumer/certs/accounts.h"

#include "common/file.h"
#include "common/log.h"
#include "consumer/certs/private-key.h"
#include "tests/unit/check-main.h"
#include "tests/unit/scratch.h"

#include <errno.h>

enum { NOW = 1700000000 };

#define CA "https://ca.example/dir"

static void begin(void) {
        log_setup(LOG_EMERG, LOG_FORMAT_PLAIN);
        scratch_make();
}

static void make_key(Account *a) {
        char *message = NULL;

        ck_assert_int_eq(account_make_key(a, &message), 0);
        ck_assert_ptr_null(message);
}

START_TEST(there_is_one_for_each_ca_and_email) {
        static const char *const others[][2] = {
                { CA, "a@b.org" }, { CA, "A@b.org" }, { "https://ca.example/dira@b.org", NULL }, { "https://c/", NULL }
        };
        begin();
        _cleanup_(accounts_freep) Accounts *all = accounts_new(scratch, "lego");
        const Account *first = accounts_find(all, CA, NULL, NOW);

        ck_assert_ptr_eq(accounts_find(all, CA, NULL, NOW), first);
        ck_assert_ptr_eq(accounts_find_id(all, first->id), first);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
                ck_assert_str_ne(accounts_find(all, others[i][0], others[i][1], NOW)->id, first->id);
        scratch_remove();
}
END_TEST

START_TEST(a_key_is_made_once_and_is_there_after_a_restart) {
        begin();
        _cleanup_(accounts_freep) Accounts *all = accounts_new(scratch, "lego");
        Account *a = accounts_find(all, CA, NULL, NOW);
        struct stat st;

        ck_assert_ptr_null(a->thumbprint);
        make_key(a);
        _cleanup_free_ char *thumbprint = xstrdup(a->thumbprint);
        make_key(a);
        ck_assert_str_eq(a->thumbprint, thumbprint);
        ck_assert_int_eq(stat(a->key_path, &st), 0);
        ck_assert_int_eq(st.st_mode & 0777, 0600);
        ck_assert_int_eq(stat(a->client_dir, &st), 0);

        _cleanup_(accounts_freep) Accounts *again = accounts_new(scratch, "/some/where/lego");
        const Account *b = accounts_find(again, CA, NULL, NOW);
        ck_assert_str_eq(b->thumbprint, thumbprint);
        ck_assert_str_eq(b->client_dir, a->client_dir);
        scratch_remove();
}
END_TEST

/* The CA knows it, perhaps: nobody but a person gives it up. */
START_TEST(a_key_that_cannot_be_read_is_not_replaced) {
        char *message = NULL;

        for (int is_directory = 0; is_directory <= 1; is_directory++) {
                begin();
                _cleanup_(accounts_freep) Accounts *all = accounts_new(scratch, "lego");
                Account *a = accounts_find(all, CA, NULL, NOW);
                make_key(a);
                if (is_directory) {
                        ck_assert_int_eq(remove(a->key_path), 0);
                        ck_assert_int_eq(mkdir(a->key_path, 0700), 0);
                } else {
                        ck_assert_int_eq(file_replace(a->key_path, "half a ke", 9, 0600), 0);
                }
                _cleanup_(accounts_freep) Accounts *again = accounts_new(scratch, "lego");
                Account *b = accounts_find(again, CA, NULL, NOW);
                ck_assert(b->is_broken);
                make_key(b);
                ck_assert_ptr_null(b->thumbprint);
                ck_assert(is_directory || file_holds(a->key_path, "half a ke", 9));

                /* That of another edge is as good. */
                _cleanup_secret_ char *pem = NULL;
                ck_assert_int_eq(private_key_make(KEY_TYPE_EC_256, &pem), 0);
                ck_assert(is_directory || account_take_key(b, pem, &message) == 0);
                ck_assert(is_directory || !b->is_broken);
                scratch_remove();
        }
}
END_TEST

START_TEST(what_is_no_key_is_not_taken_over) {
        begin();
        _cleanup_(accounts_freep) Accounts *all = accounts_new(scratch, "lego");
        Account *a = accounts_find(all, CA, NULL, NOW);
        _cleanup_free_ char *message = NULL;

        make_key(a);
        _cleanup_free_ char *thumbprint = xstrdup(a->thumbprint);
        ck_assert_int_lt(account_take_key(a, "garbage", &message), 0);
        ck_assert_ptr_nonnull(message);
        ck_assert_str_eq(a->thumbprint, thumbprint);
        _cleanup_secret_ char *pem = account_load_key(a);
        ck_assert_ptr_nonnull(pem);
        scratch_remove();
}
END_TEST

START_TEST(a_key_that_cannot_be_kept_is_not_used) {
        begin();
        scratch_write("accounts", "a file where the folder has to be");
        _cleanup_(accounts_freep) Accounts *all = accounts_new(scratch, "lego");
        Account *a = accounts_find(all, CA, NULL, NOW);
        _cleanup_free_ char *message = NULL;

        a->is_broken = false;
        ck_assert_int_lt(account_make_key(a, &message), 0);
        ck_assert_ptr_nonnull(strstr(message, a->key_path));
        ck_assert_ptr_null(a->thumbprint);
        scratch_remove();
}
END_TEST

START_TEST(its_tries_are_remembered) {
        begin();
        _cleanup_(accounts_freep) Accounts *all = accounts_new(scratch, "lego");
        Account *a = accounts_find(all, CA, "a@b.org", NOW);

        make_key(a);
        history_failed(a->history, NULL, NOW, 60, 0, 0, "the CA is down");
        account_save(a);
        _cleanup_(accounts_freep) Accounts *again = accounts_new(scratch, "lego");
        ck_assert_int_eq(accounts_find(again, CA, "a@b.org", NOW)->history->retry_at, NOW + 60);
        scratch_remove();
}
END_TEST

TEST_MAIN("accounts", there_is_one_for_each_ca_and_email, a_key_is_made_once_and_is_there_after_a_restart,
          a_key_that_cannot_be_read_is_not_replaced, what_is_no_key_is_not_taken_over,
          a_key_that_cannot_be_kept_is_not_used, its_tries_are_remembered)
