/* What the directory of certificates looks like: a pair is replaced as a whole, and nothing of the operator's is. */
#include "consumer/certs/store.h"

#include "common/directory.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/store-ground.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>

static bool is_without_exchange; /* as on a file system that knows no RENAME_EXCHANGE */

int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
        if (!is_without_exchange)
                return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
        errno = EINVAL;
        return -1;
}

static int syncs_until_failure = -1; /* -1: none fails */

int fsync(int fd) {
        if (syncs_until_failure < 0 || syncs_until_failure-- > 0)
                return (int)syscall(SYS_fsync, fd);
        errno = EIO;
        return -1;
}

static void put(const TestPair *p) {
        char *message = NULL;

        ck_assert_msg(install(p, &message) == 0, "%s", message);
        ck_assert_ptr_null(message);
}

/* "name->target" of links, "name/" of folders, "name" of files; sorted, with a space between. */
static char *list_below(const char *below) {
        _cleanup_free_ char *path = scratch_path(below);
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_string_list_ StringList names = { 0 }, entries = { 0 };

        ck_assert_int_eq(directory_list(fd, &names), 0);
        for (size_t i = 0; i < names.count; i++) {
                char target[512];
                struct stat st;
                ck_assert_int_eq(fstatat(fd, names.items[i], &st, AT_SYMLINK_NOFOLLOW), 0);
                ssize_t size = readlinkat(fd, names.items[i], target, sizeof target);
                if (size >= 0)
                        string_list_addf(&entries, "%s->%.*s", names.items[i], (int)size, target);
                else
                        string_list_addf(&entries, "%s%s", names.items[i], S_ISDIR(st.st_mode) ? "/" : "");
        }
        return string_list_join(&entries, " ");
}

static void assert_listed(const char *below, const char *expected) {
        _cleanup_free_ char *listed = list_below(below);

        ck_assert_str_eq(listed, expected);
}

static void make_folder(const char *name) {
        _cleanup_free_ char *path = scratch_path(name);

        ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void make_link(const char *target, const char *name) {
        _cleanup_free_ char *path = scratch_path(name);

        ck_assert_int_eq(symlink(target, path), 0);
}

static mode_t mode_of(const char *name) {
        _cleanup_free_ char *path = scratch_path(name);
        struct stat st;

        ck_assert_int_eq(lstat(path, &st), 0);
        return st.st_mode & ALLPERMS;
}

/* ---- what is installed ---- */

START_TEST(a_pair_lies_where_acme_companion_would_put_it) {
        _cleanup_test_pair_ TestPair p = test_pair("a.org www.a.org");
        mode_t before = umask(077);

        scratch_make();
        put(&p);
        (void)umask(before);
        assert_listed("", "a.org/ a.org.chain.pem->./a.org/chain.pem a.org.crt->./a.org/fullchain.pem "
                          "a.org.key->./a.org/key.pem www.a.org.chain.pem->./a.org/chain.pem "
                          "www.a.org.crt->./a.org/fullchain.pem www.a.org.key->./a.org/key.pem");
        assert_listed("a.org", "cert.pem chain.pem fullchain.pem key.pem");
        ck_assert_uint_eq(mode_of("a.org"), 0755);
        ck_assert_uint_eq(mode_of("a.org/key.pem"), 0600);
        ck_assert_uint_eq(mode_of("a.org/fullchain.pem"), 0600);
        ck_assert(file_is("www.a.org.crt", p.chain) && file_is("www.a.org.key", p.key));
        const char *second = strstr(p.chain + 1, "-----BEGIN");
        _cleanup_free_ char *first = xstrndup(p.chain, (size_t)(second - p.chain));
        ck_assert(file_is("a.org/cert.pem", first) && file_is("a.org/chain.pem", second));
        scratch_remove();
}
END_TEST

START_TEST(a_certificate_that_stands_alone_has_no_chain) {
        _cleanup_test_pair_ TestPair whole = test_pair("a.org"), alone = test_pair_of("a.org", true);

        scratch_make();
        put(&whole);
        put(&alone);
        assert_listed("", "a.org/ a.org.crt->./a.org/fullchain.pem a.org.key->./a.org/key.pem");
        assert_listed("a.org", "cert.pem fullchain.pem key.pem");
        ck_assert(holds("a.org", &alone));
        put(&whole);
        assert_listed("a.org", "cert.pem chain.pem fullchain.pem key.pem");
        ck_assert(file_is("a.org.chain.pem", strstr(whole.chain + 1, "-----BEGIN")));
        scratch_remove();
}
END_TEST

START_TEST(what_is_installed_can_be_read) {
        _cleanup_test_pair_ TestPair p = test_pair("b.org a.org");
        _cleanup_(installed_done) InstalledCertificate installed = { 0 };
        char *reason = NULL;

        scratch_make();
        ck_assert_int_eq(store_read(scratch, "b.org", TEST_NOW, &installed, &reason), -ENOENT);
        put(&p);
        ck_assert_int_eq(store_read(scratch, "a.org", TEST_NOW, &installed, &reason), -ENOENT);
        ck_assert_int_eq(store_read("/nowhere", "b.org", TEST_NOW, &installed, &reason), -ENOENT);
        ck_assert_ptr_null(reason);
        ck_assert_int_eq(store_read(scratch, "b.org", TEST_NOW, &installed, &reason), 0);
        _cleanup_free_ char *names = string_list_join(&installed.names, " ");
        ck_assert_str_eq(names, "a.org b.org");
        ck_assert_int_eq(installed.key_type, KEY_TYPE_EC_256);
        ck_assert(holds("b.org", &p));
        scratch_remove();
}
END_TEST

START_TEST(what_is_broken_is_read_with_a_reason) {
        static const struct {
                const char *path; /* NULL: is made a folder, a link, or is missing */
                const char *text;
                const char *expected;
        } cases[] = {
                { "a.org/key.pem", "no key", "its key is no PEM private key without a passphrase" },
                { "a.org/fullchain.pem", "no certificate", "it is no PEM certificate" },
                { "a.org/fullchain.pem", NULL, "its fullchain.pem cannot be read: No such file or directory" },
                { "a.org/key.pem", NULL, "its key.pem cannot be read: No such file or directory" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_pair_ TestPair p = test_pair("a.org");
                InstalledCertificate installed = { 0 };
                _cleanup_free_ char *reason = NULL;
                scratch_make();
                put(&p);
                if (cases[i].text)
                        scratch_write(cases[i].path, cases[i].text);
                else
                        scratch_delete(cases[i].path);
                int r = store_read(scratch, "a.org", TEST_NOW, &installed, &reason);
                ck_assert(r < 0 && r != -ENOENT);
                ck_assert_str_eq(reason, cases[i].expected);
                put(&p);
                ck_assert(holds("a.org", &p));
                scratch_remove();
        }
}
END_TEST

START_TEST(nothing_is_touched_where_the_same_stands_there) {
        _cleanup_test_pair_ TestPair p = test_pair("a.org");
        _cleanup_free_ char *key = NULL;
        struct stat before, after;

        scratch_make();
        put(&p);
        key = scratch_path("a.org/key.pem");
        ck_assert_int_eq(stat(key, &before), 0);
        scratch_delete("a.org.crt");
        put(&p);
        ck_assert_int_eq(stat(key, &after), 0);
        ck_assert_uint_eq(before.st_ino, after.st_ino);
        ck_assert(file_is("a.org.crt", p.chain));
        ck_assert_int_eq(chmod(key, 0644), 0);
        put(&p);
        ck_assert_uint_eq(mode_of("a.org/key.pem"), 0600);
        scratch_remove();
}
END_TEST

START_TEST(a_renewed_pair_takes_the_place_of_the_old_one) {
        for (int pass = 0; pass < 2; pass++) {
                _cleanup_test_pair_ TestPair old = test_pair("a.org"), new = test_pair("a.org");
                is_without_exchange = pass == 1;
                scratch_make();
                put(&old);
                _cleanup_free_ char *before = list_below("");
                put(&new);
                ck_assert(holds("a.org", &new));
                assert_listed("", before);
                assert_listed("a.org", "cert.pem chain.pem fullchain.pem key.pem");
                ck_assert_uint_eq(mode_of("a.org/key.pem"), 0600);
                scratch_remove();
        }
}
END_TEST

START_TEST(a_store_of_acme_companion_is_taken_over_with_its_mark) {
        for (int pass = 0; pass < 2; pass++) {
                _cleanup_test_pair_ TestPair old = test_pair("a.org www.a.org"), new = test_pair("a.org www.a.org");
                _cleanup_(installed_done) InstalledCertificate installed = { 0 };
                char *reason = NULL;
                is_without_exchange = pass == 1;
                scratch_make();
                make_folder("a.org");
                scratch_write("a.org/cert.pem", old.chain);
                scratch_write("a.org/chain.pem", old.chain);
                scratch_write("a.org/fullchain.pem", old.chain);
                scratch_write("a.org/key.pem", old.key);
                scratch_write("a.org/.companion", "mark");
                scratch_write("default.crt", "its own");
                make_link("./a.org/fullchain.pem", "a.org.crt");
                make_link("./a.org/key.pem", "a.org.key");
                make_link("./a.org/chain.pem", "a.org.chain.pem");
                make_link("./dhparam.pem", "a.org.dhparam.pem");
                ck_assert_int_eq(store_read(scratch, "a.org", TEST_NOW, &installed, &reason), 0);
                put(&new);
                ck_assert(holds("a.org", &new) && file_is("www.a.org.crt", new.chain));
                assert_listed("a.org", ".companion cert.pem chain.pem fullchain.pem key.pem");
                ck_assert(file_is("a.org/.companion", "mark") && file_is("default.crt", "its own"));
                assert_listed("", "a.org/ a.org.chain.pem->./a.org/chain.pem a.org.crt->./a.org/fullchain.pem "
                                  "a.org.dhparam.pem->./dhparam.pem a.org.key->./a.org/key.pem default.crt "
                                  "www.a.org.chain.pem->./a.org/chain.pem www.a.org.crt->./a.org/fullchain.pem "
                                  "www.a.org.key->./a.org/key.pem");
                scratch_remove();
        }
}
END_TEST

/* ---- links ---- */

START_TEST(the_operators_own_files_stay_and_are_reported) {
        _cleanup_test_pair_ TestPair p = test_pair("a.org b.org c.org d.org e.org f.org g.org");
        _cleanup_string_list_ StringList foreign = { 0 };

        scratch_make();
        scratch_write("a.org.crt", "own");
        make_link("../elsewhere/fullchain.pem", "b.org.crt");
        make_link("/etc/letsencrypt/live/c.org/fullchain.pem", "c.org.crt");
        scratch_write("d.org.key", "own");
        make_link("./mine/own.pem", "e.org.crt");
        make_folder("f.org.crt");
        put(&p);
        _cleanup_free_ char *listed = list_below("");
        ck_assert_str_eq(listed,
                         "a.org/ a.org.crt b.org.crt->../elsewhere/fullchain.pem "
                         "c.org.crt->/etc/letsencrypt/live/c.org/fullchain.pem d.org.key e.org.crt->./mine/own.pem "
                         "f.org.crt/ g.org.chain.pem->./a.org/chain.pem g.org.crt->./a.org/fullchain.pem "
                         "g.org.key->./a.org/key.pem");
        ck_assert(file_is("a.org.crt", "own"));
        store_foreign_names(scratch, &p.names, &foreign);
        _cleanup_free_ char *names = string_list_join(&foreign, " ");
        ck_assert_str_eq(names, "a.org b.org c.org d.org e.org f.org");
        scratch_remove();
}
END_TEST

START_TEST(a_name_goes_over_to_the_certificate_that_was_made_for_it_last) {
        _cleanup_test_pair_ TestPair one = test_pair("a.org b.org"), other = test_pair("b.org");

        scratch_make();
        put(&one);
        put(&other);
        ck_assert(file_is("a.org.crt", one.chain));
        ck_assert(file_is("b.org.crt", other.chain) && file_is("b.org.key", other.key));
        make_link("./gone/fullchain.pem", "c.org.crt"); /* into a folder that is no longer there */
        _cleanup_test_pair_ TestPair third = test_pair("c.org");
        put(&third);
        ck_assert(file_is("c.org.crt", third.chain));
        scratch_remove();
}
END_TEST

START_TEST(names_that_a_certificate_no_longer_has_lose_their_links) {
        _cleanup_test_pair_ TestPair before = test_pair("a.org b.org *.c.org"), other = test_pair("d.org b.org"),
                                     after = test_pair("a.org");

        scratch_make();
        put(&before);
        put(&other);
        make_link("./a.org/fullchain.pem", "shared.crt"); /* which somebody has made for CERT_NAME=shared */
        put(&after);
        assert_listed("", "a.org/ a.org.chain.pem->./a.org/chain.pem a.org.crt->./a.org/fullchain.pem "
                          "a.org.key->./a.org/key.pem b.org.chain.pem->./d.org/chain.pem "
                          "b.org.crt->./d.org/fullchain.pem b.org.key->./d.org/key.pem "
                          "d.org/ d.org.chain.pem->./d.org/chain.pem d.org.crt->./d.org/fullchain.pem "
                          "d.org.key->./d.org/key.pem shared.crt->./a.org/fullchain.pem");
        scratch_remove();
}
END_TEST

START_TEST(a_wildcard_is_found_by_its_sites_but_not_at_the_cost_of_the_name_above) {
        _cleanup_test_pair_ TestPair wildcard = test_pair("*.a.org"), by_name = test_pair("a.org"),
                                     both = test_pair("*.b.org b.org");

        scratch_make();
        put(&wildcard);
        assert_listed("_wildcard.a.org", "cert.pem chain.pem fullchain.pem key.pem");
        ck_assert(file_is("*.a.org.crt", wildcard.chain) && file_is("a.org.crt", wildcard.chain));
        put(&by_name); /* which has a better right to a.org.crt */
        ck_assert(file_is("*.a.org.crt", wildcard.chain) && file_is("a.org.crt", by_name.chain));
        put(&wildcard);
        ck_assert(file_is("a.org.crt", by_name.chain) && file_is("a.org.key", by_name.key));
        ck_assert_int_eq(store_remove(scratch, "a.org", NULL), 0);
        put(&wildcard);
        ck_assert(file_is("a.org.crt", wildcard.chain));
        put(&both);
        ck_assert(file_is("*.b.org.crt", both.chain) && file_is("b.org.crt", both.chain));
        scratch_remove();
}
END_TEST

START_TEST(a_name_that_is_too_long_for_a_file_costs_the_others_nothing) {
        _cleanup_text_ Text name = { 0 };

        for (int i = 0; i < 82; i++)
                text_append(&name, "ab.");
        text_append(&name, "abcdef"); /* 252 bytes */
        _cleanup_free_ char *names = xasprintf("a.org %s", name.data);
        _cleanup_test_pair_ TestPair p = test_pair(names);
        scratch_make();
        put(&p);
        ck_assert(holds("a.org", &p) && file_is("a.org.crt", p.chain));
        ck_assert_int_eq(store_remove(scratch, "a.org", NULL), 0);
        assert_listed("", "");
        scratch_remove();
}
END_TEST

/* ---- what is in the way ---- */

START_TEST(no_link_is_followed_out_of_the_directory) {
        static const char *const cases[] = { "a.org", ".beachhead-new" };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_test_pair_ TestPair p = test_pair("a.org");
                InstalledCertificate installed = { 0 };
                _cleanup_free_ char *message = NULL, *reason = NULL;
                scratch_make();
                make_folder("elsewhere");
                scratch_write("elsewhere/key.pem", "own");
                make_link("elsewhere", cases[i]);
                int r = install(&p, &message);
                ck_assert(file_is("elsewhere/key.pem", "own"));
                assert_listed("elsewhere", "key.pem");
                if (i == 0) {
                        _cleanup_free_ char *expected = xasprintf(
                                "Cannot write %s/a.org: Not a directory; move away what stands there", scratch);
                        ck_assert_int_eq(r, -ENOTDIR);
                        ck_assert_str_eq(message, expected);
                        ck_assert_int_lt(store_read(scratch, "a.org", TEST_NOW, &installed, &reason), 0);
                        ck_assert_str_eq(reason, "its folder cannot be read: Not a directory");
                } else {
                        ck_assert_int_eq(r, 0);
                }
                scratch_remove();
        }
}
END_TEST

START_TEST(a_link_in_a_folder_is_neither_read_nor_written_through) {
        _cleanup_test_pair_ TestPair p = test_pair("a.org"), new = test_pair("a.org");
        InstalledCertificate installed = { 0 };
        _cleanup_free_ char *reason = NULL;

        scratch_make();
        put(&p);
        scratch_write("own.pem", p.key);
        scratch_delete("a.org/key.pem");
        make_link("../own.pem", "a.org/key.pem");
        ck_assert_int_lt(store_read(scratch, "a.org", TEST_NOW, &installed, &reason), 0);
        ck_assert_str_eq(reason, "its key.pem cannot be read: Too many levels of symbolic links");
        put(&new);
        ck_assert(holds("a.org", &new) && file_is("own.pem", p.key));
        ck_assert_uint_eq(mode_of("a.org/key.pem"), 0600);
        scratch_remove();
}
END_TEST

START_TEST(a_folder_with_somebodys_directory_is_left_alone) {
        _cleanup_test_pair_ TestPair old = test_pair("a.org"), new = test_pair("a.org");
        _cleanup_free_ char *message = NULL, *not_removed = NULL;

        scratch_make();
        put(&old);
        _cleanup_free_ char *before = list_below("");
        make_folder("a.org/own");
        ck_assert_int_eq(install(&new, &message), -EISDIR);
        _cleanup_free_ char *expected =
                xasprintf("Cannot write %s/a.org/own: Is a directory; move away what stands there", scratch);
        ck_assert_str_eq(message, expected);
        ck_assert(holds("a.org", &old));
        ck_assert_int_eq(store_remove(scratch, "a.org", &not_removed), -ENOTEMPTY);
        ck_assert_ptr_nonnull(strstr(not_removed, "/a.org: Directory not empty; move away"));
        assert_listed("", before);
        scratch_remove();
}
END_TEST

START_TEST(what_cannot_be_written_is_said_with_what_to_do) {
        _cleanup_test_pair_ TestPair p = test_pair("a.org");
        _cleanup_free_ char *message = NULL, *long_message = NULL;
        char name[255];

        ck_assert_int_eq(store_install("/nowhere/certs", "a.org", &p.names, p.chain, p.key, &message), -ENOENT);
        ck_assert_str_eq(message, "Cannot open /nowhere/certs: No such file or directory; make the directory");
        free(TAKE_PTR(message));
        scratch_make();
        ck_assert_int_eq(store_install(scratch, "a.org.crt", &p.names, p.chain, p.key, &message), -EINVAL);
        _cleanup_free_ char *expected =
                xasprintf("Cannot keep the certificate of a.org.crt in %s: its file would be that of another name's "
                          "certificate or key; ask for it under another first name",
                          scratch);
        ck_assert_str_eq(message, expected);
        scratch_remove();
        memset(name, 'a', sizeof name - 1);
        name[sizeof name - 1] = '\0';
        ck_assert_int_eq(store_install("/nowhere/certs", name, &p.names, p.chain, p.key, &long_message), -EINVAL);
        ck_assert_ptr_nonnull(strstr(long_message, "too long for a file's name"));
}
END_TEST

START_TEST(a_disk_that_fails_leaves_one_of_both_pairs) {
        _cleanup_test_pair_ TestPair old = test_pair("a.org"), new = test_pair("a.org");
        int n = 0, r = -EIO;

        scratch_make();
        put(&old);
        _cleanup_free_ char *before = list_below("");
        for (; r < 0; n++) {
                _cleanup_free_ char *message = NULL;
                syncs_until_failure = n;
                r = install(&new, &message);
                syncs_until_failure = -1;
                ck_assert(holds("a.org", &old) || holds("a.org", &new));
                ck_assert(r == 0 || strstr(message, ": Input/output error; look at the disk"));
                ck_assert(r < 0 || holds("a.org", &new));
                assert_listed("", before);
                put(&old);
        }
        ck_assert_int_gt(n, 5);
        scratch_remove();
}
END_TEST

/* ---- what nobody wants ---- */

START_TEST(what_nobody_asks_for_is_listed_and_removed_by_its_base) {
        _cleanup_test_pair_ TestPair one = test_pair("a.org www.a.org"), wildcard = test_pair("*.b.org"),
                                     wanted = test_pair("c.org");
        _cleanup_string_list_ StringList wants = { 0 }, unused = { 0 }, left = { 0 };
        char *message = NULL;

        scratch_make();
        put(&one);
        put(&wildcard);
        put(&wanted);
        make_folder("d.org"); /* without a certificate */
        make_folder("Not a domain");
        make_link("a.org", "e.org");
        string_list_add(&wants, "c.org");
        ck_assert_int_eq(store_unused(scratch, &wants, &unused, &message), 0);
        _cleanup_free_ char *bases = string_list_join(&unused, " ");
        ck_assert_str_eq(bases, "*.b.org a.org");
        ck_assert_int_eq(store_remove(scratch, "*.b.org", &message), 0);
        ck_assert_int_eq(store_remove(scratch, "a.org", &message), 0);
        ck_assert_ptr_null(message);
        assert_listed("", "Not a domain/ c.org/ c.org.chain.pem->./c.org/chain.pem c.org.crt->./c.org/fullchain.pem "
                          "c.org.key->./c.org/key.pem d.org/ e.org->a.org");
        ck_assert_int_eq(store_unused(scratch, &wants, &left, &message), 0);
        ck_assert_uint_eq(left.count, 0);
        ck_assert_int_eq(store_remove(scratch, "a.org", &message), -ENOENT);
        free(message);
        scratch_remove();
}
END_TEST

START_TEST(what_a_crash_has_left_is_tidied) {
        _cleanup_test_pair_ TestPair one = test_pair("a.org b.org"), other = test_pair("b.org");

        scratch_make();
        put(&other);
        put(&one);
        _cleanup_free_ char *before = list_below("");
        make_folder(".beachhead-new");
        scratch_write(".beachhead-new/key.pem", "half");
        make_link("./a.org/key.pem", ".beachhead-link");
        scratch_delete("b.org.key");
        make_link("./b.org/key.pem", "b.org.key"); /* its certificate is still the other one's */
        store_tidy(scratch);
        assert_listed("", before);
        store_tidy(scratch);
        assert_listed("", before);
        store_tidy("/nowhere");
        scratch_remove();
}
END_TEST

TEST_MAIN("store", a_pair_lies_where_acme_companion_would_put_it, a_certificate_that_stands_alone_has_no_chain,
          what_is_installed_can_be_read, what_is_broken_is_read_with_a_reason,
          nothing_is_touched_where_the_same_stands_there, a_renewed_pair_takes_the_place_of_the_old_one,
          a_store_of_acme_companion_is_taken_over_with_its_mark, the_operators_own_files_stay_and_are_reported,
          a_name_goes_over_to_the_certificate_that_was_made_for_it_last,
          names_that_a_certificate_no_longer_has_lose_their_links,
          a_wildcard_is_found_by_its_sites_but_not_at_the_cost_of_the_name_above,
          a_name_that_is_too_long_for_a_file_costs_the_others_nothing, no_link_is_followed_out_of_the_directory,
          a_link_in_a_folder_is_neither_read_nor_written_through, a_folder_with_somebodys_directory_is_left_alone,
          what_cannot_be_written_is_said_with_what_to_do, a_disk_that_fails_leaves_one_of_both_pairs,
          what_nobody_asks_for_is_listed_and_removed_by_its_base, what_a_crash_has_left_is_tidied)
