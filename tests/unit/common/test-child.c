/* A child's end is reported once, with what it wrote, whatever it or its children do. */
#include "common/child.h"
#include "common/text.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { SECOND = 1000000, LONG = 60 * SECOND };

typedef struct Outcome {
        sd_event *event;
        int calls, status;
        char *output;
} Outcome;

static sd_event *event_new(void) {
        sd_event *event = NULL;
        sigset_t set;

        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGCHLD);
        (void)sigaddset(&set, SIGTERM);
        ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
        ck_assert_int_ge(sd_event_new(&event), 0);
        return event;
}

static void note_end(void *userdata, int status, const char *output) {
        Outcome *o = userdata;

        o->calls++;
        o->status = status;
        o->output = xstrdup(output);
        (void)sd_event_exit(o->event, 0);
}

static int fail_test(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source;
        (void)usec;
        (void)userdata;
        ck_abort_msg("the child's end was not reported");
}

/* Runs a program to its reported end. */
static Outcome run_call(const ChildCall *call) {
        Outcome o = { .event = event_new() };
        Child *c = NULL;

        ck_assert_int_ge(sd_event_add_time_relative(o.event, NULL, CLOCK_MONOTONIC, 20 * SECOND, 0, fail_test, NULL),
                         0);
        ck_assert_int_eq(child_start(&c, o.event, call, note_end, &o), 0);
        ck_assert_int_eq(o.calls, 0);
        ck_assert_int_eq(sd_event_loop(o.event), 0);
        ck_assert_int_eq(o.calls, 1);
        o.event = sd_event_unref(o.event);
        return o;
}

static Outcome run_with(const char *script, const char *input, uint64_t time_limit_usec) {
        char *const argv[] = { "sh", "-c", (char *)script, NULL };

        return run_call(&(ChildCall){ .argv = argv, .input = input, .time_limit_usec = time_limit_usec });
}

static Outcome run(const char *script, uint64_t time_limit_usec) {
        return run_with(script, NULL, time_limit_usec);
}

START_TEST(status_and_both_outputs_are_reported) {
        static const struct {
                const char *script, *output;
                int status;
        } cases[] = {
                { "true", "", 0 },
                { "echo out; echo err >&2; exit 3", "out\nerr\n", 3 },
                { "kill -9 $$", "", 128 + SIGKILL },
                { "kill -15 $$", "", 128 + SIGTERM },
                { "printf 'a\\0b'", "a b", 0 },
                { "cat; echo read to the end", "read to the end\n", 0 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Outcome o = run(cases[i].script, LONG);
                ck_assert_int_eq(o.status, cases[i].status);
                ck_assert_str_eq(o.output, cases[i].output);
                free(o.output);
        }
}
END_TEST

START_TEST(the_child_is_reaped_before_its_end_is_reported) {
        Outcome o = run("true", LONG);

        ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
        ck_assert_int_eq(errno, ECHILD);
        free(o.output);
}
END_TEST

START_TEST(the_first_bytes_of_much_output_are_kept) {
        Outcome o = run("echo first; i=0; while [ $i -lt 30000 ]; do echo 123456789; i=$((i+1)); done; exit 4", LONG);

        ck_assert_int_eq(o.status, 4);
        ck_assert_uint_eq(strlen(o.output), CHILD_OUTPUT_MAX);
        ck_assert_int_eq(strncmp(o.output, "first\n123456789\n", 16), 0);
        free(o.output);
}
END_TEST

START_TEST(a_grandchild_with_the_pipe_holds_up_nobody) {
        Outcome o = run("sleep 300 & echo $!", LONG);
        uint64_t pid = 0;

        o.output[strcspn(o.output, "\n")] = '\0';
        ck_assert_int_eq(o.status, 0);
        ck_assert_int_eq(parse_unsigned(o.output, 2, INT32_MAX, &pid), 0);
        ck_assert_int_eq(kill((pid_t)pid, SIGKILL), 0);
        free(o.output);
}
END_TEST

START_TEST(a_grandchild_that_writes_for_ever_holds_up_nobody) {
        Outcome o = run("yes & exit 5", LONG);

        ck_assert_int_eq(o.status, 5);
        free(o.output);
}
END_TEST

START_TEST(the_time_limit_ends_the_whole_group) {
        int ends[2];
        char rest[8];

        /* The group inherits the pipe's writing end: it ends when the last of them is gone. */
        ck_assert_int_eq(pipe(ends), 0);
        ck_assert_int_eq(fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
        Outcome o = run("trap '' TERM; echo begun; sleep 300 & sleep 300", SECOND / 5);
        ck_assert_int_eq(o.status, -ETIME);
        ck_assert_str_eq(o.output, "begun\n");
        (void)close(ends[1]);
        ck_assert_int_eq(read(ends[0], rest, sizeof rest), 0);
        (void)close(ends[0]);
        free(o.output);
}
END_TEST

START_TEST(signals_that_we_block_or_ignore_reach_a_child) {
        static const struct {
                const char *name;
                int number;
        } cases[] = { { "TERM", SIGTERM }, { "PIPE", SIGPIPE }, { "HUP", SIGHUP } };

        (void)signal(SIGPIPE, SIG_IGN);
        (void)signal(SIGHUP, SIG_IGN);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *script = xasprintf("kill -%s $$; echo still here", cases[i].name);
                Outcome o = run(script, LONG);
                ck_assert_int_eq(o.status, 128 + cases[i].number);
                ck_assert_str_eq(o.output, "");
                free(o.output);
        }
}
END_TEST

START_TEST(a_child_has_the_pipe_as_its_outputs_only) {
        Outcome o = run("out=$(readlink /proc/$$/fd/1); for f in /proc/$$/fd/*; do"
                        " [ \"$(readlink $f)\" = \"$out\" ] && echo ${f##*/}; done",
                        LONG);

        ck_assert_str_eq(o.output, "1\n2\n");
        free(o.output);
}
END_TEST

START_TEST(a_child_sees_the_environment_that_it_is_given_and_else_ours) {
        char *const argv[] = { "/bin/sh", "-c", "echo ${GIVEN-not given}, ${OURS-not ours}", NULL };
        static char *const environment[] = { "GIVEN=given", NULL };
        static const struct {
                char *const *environment;
                const char *output;
        } cases[] = { { NULL, "not given, ours\n" }, { environment, "given, not ours\n" } };

        ck_assert_int_eq(setenv("OURS", "ours", 1), 0);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                ChildCall call = { .argv = argv, .environment = cases[i].environment, .time_limit_usec = LONG };
                Outcome o = run_call(&call);
                ck_assert_str_eq(o.output, cases[i].output);
                free(o.output);
        }
}
END_TEST

START_TEST(what_cannot_be_started_is_said_at_once) {
        char *const argv[] = { "beachhead-no-such-program", NULL };
        Outcome o = { .event = event_new() };
        Child *c = NULL;

        ck_assert_int_eq(child_start(&c, o.event, &(ChildCall){ .argv = argv, .time_limit_usec = LONG }, note_end, &o),
                         -ENOENT);
        ck_assert_ptr_null(c);
        ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
        (void)sd_event_unref(o.event);
}
END_TEST

START_TEST(a_freed_child_is_killed_without_a_word) {
        char *const argv[] = { "sleep", "300", NULL };
        Outcome o = { .event = event_new() };
        Child *c = NULL;

        ck_assert_int_eq(child_start(&c, o.event, &(ChildCall){ .argv = argv, .time_limit_usec = LONG }, note_end, &o),
                         0);
        ck_assert_ptr_null(child_free(c));
        ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
        ck_assert_int_eq(errno, ECHILD);
        while (sd_event_run(o.event, 0) > 0)
                ;
        ck_assert_int_eq(o.calls, 0);
        ck_assert_ptr_null(child_free(NULL));
        (void)sd_event_unref(o.event);
}
END_TEST

START_TEST(a_child_reads_its_input_or_does_not) {
        static const struct {
                const char *script, *output;
                int status;
        } cases[] = {
                { "wc -c | tr -d ' '", "3000000\n", 0 },
                { "head -c 3; exec <&-; exit 3", "xxx", 3 },
                { "true", "", 0 },
                { "cat >/dev/null; cat; echo again", "again\n", 0 },
        };
        _cleanup_free_ char *input = xcalloc(1, 3000000 + 1);

        (void)memset(input, 'x', 3000000);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Outcome o = run_with(cases[i].script, input, LONG);
                ck_assert_int_eq(o.status, cases[i].status);
                ck_assert_str_eq(o.output, cases[i].output);
                free(o.output);
        }
        Outcome o = run_with("cat; echo read to the end", "", LONG);
        ck_assert_str_eq(o.output, "read to the end\n");
        free(o.output);
}
END_TEST

TEST_MAIN("child", status_and_both_outputs_are_reported, the_child_is_reaped_before_its_end_is_reported,
          the_first_bytes_of_much_output_are_kept, a_grandchild_with_the_pipe_holds_up_nobody,
          a_grandchild_that_writes_for_ever_holds_up_nobody, the_time_limit_ends_the_whole_group,
          signals_that_we_block_or_ignore_reach_a_child, a_child_has_the_pipe_as_its_outputs_only,
          a_child_sees_the_environment_that_it_is_given_and_else_ours, what_cannot_be_started_is_said_at_once,
          a_freed_child_is_killed_without_a_word, a_child_reads_its_input_or_does_not)
