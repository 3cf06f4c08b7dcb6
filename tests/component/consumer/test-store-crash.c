/* Killed at every system call, and on a disk that is full: the old pair stands, or the new one, and the next start
 * makes it whole. */
#include "consumer/certs/store.h"

#include "common/directory.h"
#include "consumer/certs/pair-check.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/store-ground.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

enum { STOPS_MAX = 4000 }; /* two for each system call: before and after it */

/* ---- killed ---- */

static void be_traced_installing(const TestPair *p) {
        char *message = NULL;

        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0)
                _exit(2);
        _exit(install(p, &message) < 0);
}

/* Installs it in a child that is killed at its number-th stop at a system call. Returns whether it came to its end. */
static bool install_until(const TestPair *p, int number) {
        pid_t child = fork();
        int status;

        if (child == 0)
                be_traced_installing(p);
        ck_assert_int_gt(child, 0);
        for (int stops = 0;; stops++) {
                ck_assert_int_eq(waitpid(child, &status, 0), child);
                if (!WIFSTOPPED(status))
                        break;
                ck_assert_int_eq(stops > number ? kill(child, SIGKILL) : 0, 0);
                (void)ptrace(PTRACE_SYSCALL, child, NULL, NULL);
        }
        ck_assert(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
        return WIFEXITED(status);
}

static bool link_is(const char *name, const TestPair *p) {
        _cleanup_free_ char *certificate = xasprintf("%s.crt", name), *key = xasprintf("%s.key", name);

        return file_is(certificate, p->chain) && file_is(key, p->key);
}

static char *list_all(void) {
        _cleanup_close_ int fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_string_list_ StringList names = { 0 };

        ck_assert_int_eq(directory_list(fd, &names), 0);
        return string_list_join(&names, " ");
}

static void put(const TestPair *p) {
        char *message = NULL;

        ck_assert_msg(install(p, &message) == 0, "%s", message);
}

START_TEST(killed_at_every_call_of_a_renewal_the_old_or_the_new_pair_stands) {
        _cleanup_test_pair_ TestPair old = test_pair("a.org www.a.org"), new = test_pair("a.org www.a.org");
        int number = 0, n_old = 0, n_new = 0;

        scratch_make();
        put(&old);
        _cleanup_free_ char *names = list_all();
        for (bool finished = false; !finished; number++) {
                ck_assert_int_lt(number, STOPS_MAX);
                finished = install_until(&new, number);
                bool is_new = link_is("a.org", &new);
                const TestPair *stands = is_new ? &new : &old;
                ck_assert_msg(holds("a.org", stands) && link_is("a.org", stands) && link_is("www.a.org", stands),
                              "a mix after stop %d", number);
                n_new += is_new;
                n_old += !is_new;
                store_tidy(scratch);
                _cleanup_free_ char *left = list_all();
                ck_assert_str_eq(left, names);
                put(&old);
        }
        ck_assert_int_gt(n_old, 20);
        ck_assert_int_gt(n_new, 5);
        scratch_remove();
}
END_TEST

/* The first certificate of a name, and one that takes over a name of another one. */
START_TEST(killed_at_every_call_of_a_first_one_all_names_have_a_pair_that_fits) {
        _cleanup_test_pair_ TestPair other = test_pair("b.org www.a.org"), new = test_pair("a.org www.a.org");
        char *message = NULL;
        int number = 0;

        scratch_make();
        put(&other);
        _cleanup_free_ char *before = list_all();
        for (bool finished = false; !finished; number++) {
                ck_assert_int_lt(number, STOPS_MAX);
                finished = install_until(&new, number);
                store_tidy(scratch);
                _cleanup_free_ char *left = list_all();
                ck_assert_ptr_null(strstr(left, "beachhead"));
                ck_assert(link_is("b.org", &other));
                ck_assert_msg(link_is("www.a.org", &other) || link_is("www.a.org", &new), "a mix after stop %d",
                              number);
                ck_assert(link_is("a.org", &new) || !strstr(left, " a.org.crt"));
                put(&new);
                ck_assert(link_is("a.org", &new) && link_is("www.a.org", &new));
                ck_assert_int_eq(store_remove(scratch, "a.org", &message), 0);
                put(&other);
                _cleanup_free_ char *after = list_all();
                ck_assert_str_eq(after, before);
        }
        ck_assert_int_gt(number, 50);
        scratch_remove();
}
END_TEST

/* ---- a full disk ---- */

/* In a namespace of our own, which goes with the process of the test. */
static void mount_small_disk(void) {
        unsigned namespaces = geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER;

        ck_assert_int_eq(unshare((int)namespaces), 0);
        ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
        ck_assert_int_eq(mount("tmpfs", scratch, "tmpfs", 0, "size=128k,mode=700"), 0);
}

/* Leaves so many pages of 4 KiB free. */
static void fill_but(int pages) {
        _cleanup_free_ char *path = scratch_path("filler");
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        char page[4096] = { 0 };
        off_t size = 0;

        while (write(fd, page, sizeof page) == (ssize_t)sizeof page)
                size += (off_t)sizeof page;
        ck_assert_int_eq(errno, ENOSPC);
        ck_assert_int_eq(ftruncate(fd, size - pages * (off_t)sizeof page), 0);
}

START_TEST(a_full_disk_leaves_the_old_pair_and_is_said) {
        _cleanup_test_pair_ TestPair old = test_pair("a.org"), new = test_pair("a.org");
        int pages = 0, r = -ENOSPC;

        scratch_make();
        mount_small_disk();
        put(&old);
        fill_but(0);
        _cleanup_free_ char *before = list_all();
        for (; r < 0; pages++) {
                _cleanup_free_ char *message = NULL;
                ck_assert_int_lt(pages, 10);
                fill_but(pages);
                r = install(&new, &message);
                ck_assert(holds("a.org", r < 0 ? &old : &new));
                _cleanup_free_ char *after = list_all();
                ck_assert_str_eq(after, before);
                if (r == 0)
                        break;
                _cleanup_free_ char *path = xasprintf("Cannot write %s/.beachhead-new", scratch);
                ck_assert_msg(has_prefix(message, path) &&
                                      strstr(message, ": No space left on device; make room there"),
                              "%s", message);
        }
        ck_assert_int_gt(pages, 2);
        ck_assert_int_eq(umount2(scratch, MNT_DETACH), 0);
        scratch_remove();
}
END_TEST

TEST_MAIN("store-crash", killed_at_every_call_of_a_renewal_the_old_or_the_new_pair_stands,
          killed_at_every_call_of_a_first_one_all_names_have_a_pair_that_fits,
          a_full_disk_leaves_the_old_pair_and_is_said)
