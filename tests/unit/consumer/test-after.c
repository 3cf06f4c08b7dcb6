/* The operator's command after a certificate is new: once for each, one after the other, and what it is told is so. */
#include "consumer/certs/after.h"

#include "common/file.h"
#include "common/log.h"
#include "common/timer.h"
#include "tests/unit/check-main.h"
#include "tests/unit/scratch.h"

#include <signal.h>
#include <sys/resource.h>

typedef struct Ground {
        sd_event *event;
        After *after;
        char *command;
        sd_event_source *clock;
} Ground;

static void on_ended(void *userdata) {
        const Ground *g = userdata;

        (void)sd_event_exit(g->event, 0);
}

static void begin(Ground *g, const char *script) {
        _cleanup_free_ char *path = NULL;
        sigset_t set;

        log_setup(LOG_EMERG, LOG_FORMAT_PLAIN);
        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGCHLD);
        ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
        scratch_make();
        *g = (Ground){ 0 };
        if (script) {
                _cleanup_free_ char *text = xasprintf("#!/bin/sh\ncd %s\n%s\n", scratch, script);
                scratch_write("command", text);
                path = scratch_path("command");
                ck_assert_int_eq(chmod(path, 0700), 0);
                g->command = xasprintf("%s 'an argument'", path);
        }
        ck_assert_int_ge(sd_event_new(&g->event), 0);
        g->after = after_new(g->event, g->command, on_ended, g);
}

static void end(Ground *g) {
        g->after = after_free(g->after);
        (void)sd_event_source_disable_unref(g->clock);
        (void)sd_event_unref(g->event);
        free(g->command);
        scratch_remove();
}

static int note_nothing(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source, (void)usec, (void)userdata;
        return 0;
}

static void run(const Ground *g, const char *name) {
        _cleanup_string_list_ StringList names = { 0 };
        _cleanup_free_ char *certificate = xasprintf("/certs/%s/fullchain.pem", name);
        _cleanup_free_ char *key = xasprintf("/certs/%s/key.pem", name);

        string_list_add(&names, name);
        string_list_add(&names, "*.z.org");
        after_run(g->after, &names, certificate, key);
}

static void expect_said(const char *text) {
        _cleanup_free_ char *path = scratch_path("said"), *bytes = NULL;
        size_t size;

        ck_assert_int_eq(file_read(path, 10000, &bytes, &size), 0);
        ck_assert_str_eq(bytes, text);
}

START_TEST(each_certificate_has_it_run_once_in_order) {
        Ground g;

        begin(&g, "test -e running && echo both >>said; touch running; sleep 0.05; rm running\n"
                  "echo \"$1 $BEACHHEAD_NAMES $BEACHHEAD_CERTIFICATE $BEACHHEAD_KEY\" >>said; exit $(wc -l <said)");
        run(&g, "a.org");
        run(&g, "b.org");
        ck_assert(after_is_busy(g.after));
        ck_assert_int_eq(sd_event_loop(g.event), 0);
        ck_assert(!after_is_busy(g.after));
        expect_said("an argument a.org *.z.org /certs/a.org/fullchain.pem /certs/a.org/key.pem\n"
                    "an argument b.org *.z.org /certs/b.org/fullchain.pem /certs/b.org/key.pem\n");
        end(&g);
}
END_TEST

START_TEST(it_has_our_path_and_nothing_else_of_our_environment) {
        Ground g;

        ck_assert_int_eq(setenv("SECRET", "of ours", 1), 0);
        begin(&g, "env | sort | cut -d= -f1 | grep -vx -e _ -e PWD -e OLDPWD -e SHLVL >said");
        run(&g, "a.org");
        ck_assert_int_eq(sd_event_loop(g.event), 0);
        expect_said("BEACHHEAD_CERTIFICATE\nBEACHHEAD_KEY\nBEACHHEAD_NAMES\nPATH\n");
        end(&g);
}
END_TEST

START_TEST(without_a_command_nothing_is_run) {
        Ground g;

        begin(&g, NULL);
        run(&g, "a.org");
        ck_assert(!after_is_busy(g.after));
        end(&g);
}
END_TEST

START_TEST(a_command_that_is_not_there_holds_up_nothing) {
        Ground g;

        begin(&g, "true");
        scratch_delete("command");
        run(&g, "a.org");
        run(&g, "b.org");
        if (after_is_busy(g.after))
                ck_assert_int_eq(sd_event_loop(g.event), 0);
        ck_assert(!after_is_busy(g.after));
        end(&g);
}
END_TEST

/* Nothing more can be opened, as where the host is short of everything; returns what the limit was. */
static rlim_t leave_no_descriptor(Ground *g) {
        struct rlimit limit, none;

        timer_arm(&g->clock, g->event, 0, note_nothing, NULL); /* which a loop of ours has long before */
        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        none = (struct rlimit){ .rlim_cur = 0, .rlim_max = limit.rlim_max };
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
        return limit.rlim_cur;
}

static void allow_descriptors(rlim_t count) {
        struct rlimit limit;

        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        limit.rlim_cur = count;
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(one_that_the_host_has_no_room_for_now_is_run_later) {
        Ground g;

        begin(&g, "echo $BEACHHEAD_NAMES >>said");
        rlim_t limit = leave_no_descriptor(&g);
        run(&g, "a.org");
        run(&g, "b.org");
        ck_assert(after_is_busy(g.after));
        allow_descriptors(limit);
        ck_assert_int_eq(sd_event_loop(g.event), 0);
        expect_said("a.org *.z.org\nb.org *.z.org\n");
        end(&g);
}
END_TEST

START_TEST(one_that_hangs_ends_with_us) {
        Ground g;

        begin(&g, "sleep 1000");
        run(&g, "a.org");
        run(&g, "b.org");
        end(&g);
}
END_TEST

TEST_MAIN("after", each_certificate_has_it_run_once_in_order, it_has_our_path_and_nothing_else_of_our_environment,
          without_a_command_nothing_is_run, a_command_that_is_not_there_holds_up_nothing,
          one_that_the_host_has_no_room_for_now_is_run_later, one_that_hangs_ends_with_us)
