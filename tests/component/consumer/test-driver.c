/* Drivers that behave badly: whatever one does, its call ends with a result that can be shown, and leaves nothing. */
#include "consumer/certs/driver-directory.h"
#include "consumer/certs/driver.h"
#include "consumer/certs/pair-check.h"
#include "tests/unit/check-main.h"
#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

enum { SECOND = 1000000, LONG = 60 * SECOND };

/* One call, and what it came to: copies of the result. */
typedef struct Ground {
        sd_event *event;
        CertificateTerms terms;
        StringList names, environment;
        DriverCall call;
        char *driver, *inside;
        int calls;
        DriverOutcome outcome;
        int64_t retry_after;
        char *chain, *failed_names, *reason, *output;
} Ground;

static void begin(Ground *g) {
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGCHLD);
        ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
        scratch_make();
        *g = (Ground){ .driver = scratch_path("driver"), .inside = scratch_path("calls") };
        ck_assert_int_eq(mkdir(g->inside, 0700), 0);
        ck_assert_int_ge(sd_event_new(&g->event), 0);
        string_list_add(&g->names, "a.example.org");
        string_list_add(&g->names, "*.example.org");
        g->terms = (CertificateTerms){ .ca = (char *)"https://ca.example.org/dir", .challenge = CHALLENGE_HTTP_01 };
        g->call = (DriverCall){ .verb = DRIVER_ISSUE,
                                .path = g->driver,
                                .account_key_path = "/state/account.pem",
                                .account_dir = "/state/account",
                                .terms = &g->terms,
                                .names = &g->names,
                                .csr = "the request\n",
                                .environment = &g->environment,
                                .scratch = g->inside,
                                .time_limit_usec = LONG };
}

static void forget_result(Ground *g) {
        REPLACE_PTR(g->chain, NULL);
        REPLACE_PTR(g->failed_names, NULL);
        REPLACE_PTR(g->reason, NULL);
        REPLACE_PTR(g->output, NULL);
}

static void end(Ground *g) {
        forget_result(g);
        string_list_clear(&g->names);
        string_list_clear(&g->environment);
        (void)sd_event_unref(g->event);
        free(g->driver);
        free(g->inside);
        scratch_remove();
}

static void on_done(void *userdata, const DriverResult *result) {
        Ground *g = userdata;

        g->calls++;
        g->outcome = result->outcome;
        g->retry_after = result->retry_after;
        g->chain = result->chain ? xstrdup(result->chain) : NULL;
        g->failed_names = string_list_join(&result->failed_names, " ");
        g->reason = result->reason ? xstrdup(result->reason) : NULL;
        g->output = xstrdup(result->output);
}

static void write_driver(const char *script) {
        _cleanup_free_ char *text = xasprintf("#!/bin/sh\ncd \"$BEACHHEAD_OUT\"\n%s\n", script), *path = NULL;

        scratch_write("driver", text);
        path = scratch_path("driver");
        ck_assert_int_eq(chmod(path, 0700), 0);
}

static void start(Ground *g, Driver **ret, const char *script) {
        _cleanup_free_ char *message = NULL;

        write_driver(script);
        ck_assert_int_eq(driver_start(ret, g->event, &g->call, on_done, g, &message), 0);
        ck_assert_int_eq(g->calls, 0);
}

static void ck_assert_nothing_left(const Ground *g) {
        ck_assert_msg(rmdir(g->inside) == 0, "something is left in %s", g->inside);
        ck_assert_int_eq(mkdir(g->inside, 0700), 0);
}

/* Runs a driver of this script to its end; its directory is gone then. */
static void run(Ground *g, const char *script) {
        Driver *d = NULL;

        forget_result(g);
        g->calls = 0;
        start(g, &d, script);
        while (g->calls == 0)
                ck_assert_int_gt(sd_event_run(g->event, 20 * SECOND), 0);
        ck_assert(g->outcome == DRIVER_DONE || (g->reason && *g->reason));
        ck_assert_nothing_left(g);
}

START_TEST(a_driver_is_told_everything_in_its_environment_alone) {
        Ground g;

        begin(&g);
        ck_assert_int_eq(setenv("SECRET_OF_OURS", "secret", 1), 0);
        ck_assert_int_eq(setenv("PATH", "/usr/bin:/bin", 1), 0);
        g.call.dns_provider = "exec";
        run(&g, "echo $#: $*\n"
                "env -u PWD -u OLDPWD -u _ | sed \"s|${BEACHHEAD_OUT%/*}|CALL|\" | LC_ALL=C sort\n"
                "cat $BEACHHEAD_CSR; ls; stat -c %a . ..");
        ck_assert_str_eq(g.output, "1: issue\n"
                                   "BEACHHEAD_ACCOUNT_DIR=/state/account\n"
                                   "BEACHHEAD_ACCOUNT_KEY=/state/account.pem\n"
                                   "BEACHHEAD_CA=https://ca.example.org/dir\n"
                                   "BEACHHEAD_CA_ROOTS=\n"
                                   "BEACHHEAD_CHALLENGE=http-01\n"
                                   "BEACHHEAD_CSR=CALL/csr.pem\n"
                                   "BEACHHEAD_DNS=exec\n"
                                   "BEACHHEAD_EAB_HMAC_FILE=\n"
                                   "BEACHHEAD_EAB_KID=\n"
                                   "BEACHHEAD_EMAIL=\n"
                                   "BEACHHEAD_NAMES=a.example.org *.example.org\n"
                                   "BEACHHEAD_OUT=CALL/out\n"
                                   "BEACHHEAD_PREFERRED_CHAIN=\n"
                                   "BEACHHEAD_PROFILE=\n"
                                   "HOME=/state/account\n"
                                   "LANG=C.UTF-8\n"
                                   "PATH=/usr/bin:/bin\n"
                                   "the request\n"
                                   "700\n"
                                   "700\n");
        end(&g);
}
END_TEST

START_TEST(the_operator_adds_to_the_environment_but_what_a_call_is_about_stays) {
        Ground g;

        begin(&g);
        string_list_add(&g.environment, "CLOUDFLARE_TOKEN=x y=z");
        string_list_add(&g.environment, "PATH=/usr/bin:/bin:/opt/lego");
        string_list_add(&g.environment, "BEACHHEAD_CLIENT_OPTIONS=--verbose");
        string_list_add(&g.environment, "BEACHHEAD_EMAIL=other@example.org");
        g.terms.email = (char *)"mine@example.org";
        run(&g, "echo \"$CLOUDFLARE_TOKEN, $PATH, $BEACHHEAD_CLIENT_OPTIONS, $BEACHHEAD_EMAIL\"\n"
                "tr '\\0' '\\n' </proc/$$/environ | grep -cE '^(PATH|BEACHHEAD_EMAIL)='");
        ck_assert_str_eq(g.output, "x y=z, /usr/bin:/bin:/opt/lego, --verbose, mine@example.org\n2\n");
        end(&g);
}
END_TEST

START_TEST(what_looks_like_an_option_or_a_command_is_text_in_a_variable) {
        Ground g;

        begin(&g);
        g.terms.email = (char *)"--help@$(touch${IFS}evil)";
        string_list_add(&g.names, "-h");
        string_list_add(&g.names, "`touch evil`;");
        run(&g, "echo $#; printf '%s\\n' \"$BEACHHEAD_EMAIL\" \"$BEACHHEAD_NAMES\"; ls");
        ck_assert_str_eq(g.output, "1\n--help@$(touch${IFS}evil)\na.example.org *.example.org -h `touch evil`;\n");
        end(&g);
}
END_TEST

START_TEST(an_account_needs_neither_names_nor_a_chain) {
        Ground g;

        begin(&g);
        g.call.verb = DRIVER_ACCOUNT;
        g.call.names = NULL;
        g.call.csr = NULL;
        run(&g, "[ \"$1:$BEACHHEAD_NAMES$BEACHHEAD_CSR\" = account: ] && ! ls ../csr.pem");
        ck_assert_int_eq(g.outcome, DRIVER_DONE);
        ck_assert_ptr_null(g.chain);
        end(&g);
}
END_TEST

START_TEST(the_chain_is_handed_on_as_it_is) {
        Ground g;

        begin(&g);
        run(&g, "echo said; printf 'first\\nsecond' >chain.pem");
        ck_assert_int_eq(g.outcome, DRIVER_DONE);
        ck_assert_str_eq(g.chain, "first\nsecond");
        ck_assert_str_eq(g.output, "said\n");
        ck_assert_ptr_null(g.reason);
        end(&g);
}
END_TEST

START_TEST(how_it_ended_decides_what_became_of_it) {
        static const struct {
                const char *script;
                DriverOutcome outcome;
                const char *reason;
        } cases[] = {
                { "echo is refused >reason; exit 2", DRIVER_REFUSED, "is refused" },
                { "exit 3", DRIVER_UNCHANGED, "nothing newer is to be had" },
                { "echo too many >reason; exit 4", DRIVER_RETRY_AFTER, "too many" },
                { "echo it went wrong >reason; exit 1", DRIVER_FAILED, "it went wrong" },
                { "exit 1", DRIVER_FAILED, "it ended with status 1" },
                { "echo ' ' >reason; exit 1", DRIVER_FAILED, "it ended with status 1" },
                { "exit 255", DRIVER_FAILED, "it ended with status 255" },
                { "echo; echo 'why  not'; echo '\tthe end '; echo; exit 5", DRIVER_FAILED,
                  "it ended with status 5: the end" },
                { "kill -9 $$", DRIVER_FAILED, "it ended with status 137" },
                { "kill -SEGV $$", DRIVER_FAILED, "it ended with status 139" },
                { "exec /nonexistent 2>/dev/null", DRIVER_FAILED, "it ended with status 127" },
                { "echo x >chain.pem; exit 1", DRIVER_FAILED, "it ended with status 1" },
        };
        Ground g;

        begin(&g);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                run(&g, cases[i].script);
                ck_assert_int_eq(g.outcome, cases[i].outcome);
                ck_assert_str_eq(g.reason, cases[i].reason);
                ck_assert_ptr_null(g.chain);
                ck_assert_int_eq(g.retry_after, 0);
        }
        end(&g);
}
END_TEST

START_TEST(a_chain_that_is_no_file_of_a_sane_size_is_none) {
        static const struct {
                const char *script, *complaint;
        } cases[] = {
                { "true", "but has left no chain.pem" },
                { "head -c 10000000 /dev/zero | tr '\\0' x >chain.pem", "its chain.pem is too large" },
                { "mkfifo chain.pem", "its chain.pem is no regular file" },
                { "mkdir chain.pem", "its chain.pem is no regular file" },
                { "mknod chain.pem c 1 5", "its chain.pem is no regular file" },
                { "ln -s /etc/shadow chain.pem", "its chain.pem is a link" },
                { "echo x >x; ln -s x chain.pem", "its chain.pem is a link" },
                { "ln -s chain.pem chain.pem", "its chain.pem is a link" },
                { "printf 'a\\0b' >chain.pem", "its chain.pem is no text" },
                { "cd ..; mv out away; ln -s . out; echo x >chain.pem", "but has left no chain.pem" },
                { "cd ..; rm -r out", "but has left no chain.pem" },
        };
        Ground g;

        begin(&g);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                run(&g, cases[i].script);
                ck_assert_int_eq(g.outcome, DRIVER_FAILED);
                ck_assert_msg(strstr(g.reason, cases[i].complaint), "%s: %s", cases[i].script, g.reason);
                ck_assert_ptr_null(g.chain);
        }
        end(&g);
}
END_TEST

START_TEST(a_chain_of_the_largest_size_is_one) {
        _cleanup_free_ char *script = xasprintf("head -c %d /dev/zero | tr '\\0' x >chain.pem", CHAIN_BYTES_MAX);
        Ground g;

        begin(&g);
        run(&g, script);
        ck_assert_int_eq(g.outcome, DRIVER_DONE);
        ck_assert_uint_eq(strlen(g.chain), CHAIN_BYTES_MAX);
        end(&g);
}
END_TEST

START_TEST(only_names_of_the_certificate_can_have_failed) {
        static const struct {
                const char *script, *names;
        } cases[] = {
                { "true", "" },
                { "echo '*.example.org' >failed-names", "*.example.org" },
                { "printf 'b.example.org\\n a.example.org\\r\\n\\na.example.org' >failed-names", "a.example.org" },
                { "printf '\\033[31m\\n--help\\n' >failed-names", "" },
                { "mkfifo failed-names", "" },
                { "yes a.example.org | head -c 1000000 >failed-names", "" },
                { "ln -s /etc/hostname failed-names", "" },
        };
        Ground g;

        begin(&g);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *script = xasprintf("%s; exit 1", cases[i].script);
                run(&g, script);
                ck_assert_int_eq(g.outcome, DRIVER_FAILED);
                ck_assert_str_eq(g.failed_names, cases[i].names);
        }
        end(&g);
}
END_TEST

START_TEST(when_to_come_back_is_a_number_of_seconds_within_reason) {
        static const struct {
                const char *said;
                int64_t seconds;
        } cases[] = { { "77", 77 },
                      { " 77 ", 77 },
                      { "0", 0 },
                      { "", 0 },
                      { "soon", 0 },
                      { "-5", 0 },
                      { "1.5", 0 },
                      { "77 78", 0 },
                      { "604800", 604800 },
                      { "604801", 604800 },
                      { "99999999999999999999999", 604800 } };
        Ground g;

        begin(&g);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *script = xasprintf("echo '%s' >retry-after; exit 4", cases[i].said);
                run(&g, script);
                ck_assert_int_eq(g.outcome, DRIVER_RETRY_AFTER);
                ck_assert_int_eq(g.retry_after, cases[i].seconds);
        }
        run(&g, "echo 77 >retry-after; exit 1");
        ck_assert_int_eq(g.retry_after, 0);
        end(&g);
}
END_TEST

START_TEST(garbage_is_shown_in_printable_lines) {
        Ground g;

        begin(&g);
        run(&g, "printf 'a\\033[2Jb\\n\\tc\\r\\n\\377\\0d'; printf 'e\\033]0;x\\007\\nsecond line' >reason; exit 1");
        ck_assert_str_eq(g.output, "a\\x1b[2Jb\n c\\x0d\n\\xff d\n");
        ck_assert_str_eq(g.reason, "e\\x1b]0;x\\x07");
        run(&g, "head -c 4000 /dev/zero | tr '\\0' x >reason; exit 1");
        ck_assert_uint_lt(strlen(g.reason), 600);
        run(&g, "head -c 200000 /dev/urandom; exit 1");
        for (const char *c = g.output; *c; c++)
                ck_assert_msg(*c == '\n' || (*c >= ' ' && *c <= '~'), "%d", *c);
        ck_assert_uint_lt(strlen(g.reason), 600);
        end(&g);
}
END_TEST

START_TEST(one_that_hangs_is_ended_with_all_that_it_has_started) {
        char rest[8];
        int ends[2];
        Ground g;

        begin(&g);
        g.call.time_limit_usec = SECOND;
        /* Those that it starts inherit the pipe's writing end: it ends when the last of them is gone. */
        ck_assert_int_eq(pipe(ends), 0);
        ck_assert_int_eq(fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
        run(&g, "trap '' TERM; echo nonsense >reason; echo x >chain.pem; sleep 300 & echo waiting; sleep 300");
        ck_assert_int_eq(g.outcome, DRIVER_FAILED);
        ck_assert_str_eq(g.reason, "it did not end within 1 s: waiting");
        ck_assert_ptr_null(g.chain);
        (void)close(ends[1]);
        ck_assert_int_eq(read(ends[0], rest, sizeof rest), 0);
        (void)close(ends[0]);
        end(&g);
}
END_TEST

START_TEST(what_its_links_lead_to_stays) {
        _cleanup_free_ char *precious = NULL, *script = NULL;
        Ground g;

        begin(&g);
        scratch_write("precious", "");
        precious = scratch_path("precious");
        script = xasprintf("mkdir -p a/b/c; ln -s %s a/b/file; ln -s %s a/b/folder; ln -s / ..; exit 1", precious,
                           scratch);
        run(&g, script);
        ck_assert_int_eq(access(precious, F_OK), 0);
        end(&g);
}
END_TEST

START_TEST(one_that_is_given_up_ends_without_a_call) {
        Driver *d = NULL;
        Ground g;

        begin(&g);
        start(&g, &d, "exec sleep 300");
        ck_assert_ptr_null(driver_free(d));
        ck_assert_nothing_left(&g);
        while (sd_event_run(g.event, 0) > 0)
                ;
        ck_assert_int_eq(g.calls, 0);
        ck_assert_ptr_null(driver_free(NULL));
        end(&g);
}
END_TEST

START_TEST(one_that_cannot_be_run_is_named) {
        _cleanup_free_ char *first = NULL, *second = NULL, *expected = NULL;
        Driver *d = NULL;
        Ground g;

        begin(&g);
        expected = xasprintf("cannot run the driver %s: No such file or directory", g.driver);
        ck_assert_int_eq(driver_start(&d, g.event, &g.call, on_done, &g, &first), -ENOENT);
        ck_assert_str_eq(first, expected);
        ck_assert_nothing_left(&g);
        g.call.scratch = "/nonexistent";
        ck_assert_int_eq(driver_start(&d, g.event, &g.call, on_done, &g, &second), -ENOENT);
        ck_assert_str_eq(second, "cannot make a directory for a driver in /nonexistent: No such file or directory");
        ck_assert_ptr_null(d);
        end(&g);
}
END_TEST

START_TEST(what_a_crash_has_left_is_removed_and_nothing_else) {
        _cleanup_free_ char *kept = NULL;
        DriverDirectory *left = NULL;
        Ground g;

        begin(&g);
        ck_assert_int_eq(driver_directory_make(&left, g.inside, "x"), 0);
        scratch_write("calls/other", "");
        kept = scratch_path("calls/other");
        driver_directory_tidy(g.inside);
        driver_directory_tidy("/nonexistent");
        ck_assert_int_eq(access(driver_directory_csr(left), F_OK), -1);
        ck_assert_int_eq(unlink(kept), 0);
        ck_assert_nothing_left(&g);
        (void)driver_directory_free(left);
        end(&g);
}
END_TEST

TEST_MAIN("driver", a_driver_is_told_everything_in_its_environment_alone,
          the_operator_adds_to_the_environment_but_what_a_call_is_about_stays,
          what_looks_like_an_option_or_a_command_is_text_in_a_variable, an_account_needs_neither_names_nor_a_chain,
          the_chain_is_handed_on_as_it_is, how_it_ended_decides_what_became_of_it,
          a_chain_that_is_no_file_of_a_sane_size_is_none, a_chain_of_the_largest_size_is_one,
          only_names_of_the_certificate_can_have_failed, when_to_come_back_is_a_number_of_seconds_within_reason,
          garbage_is_shown_in_printable_lines, one_that_hangs_is_ended_with_all_that_it_has_started,
          what_its_links_lead_to_stays, one_that_is_given_up_ends_without_a_call, one_that_cannot_be_run_is_named,
          what_a_crash_has_left_is_removed_and_nothing_else)
