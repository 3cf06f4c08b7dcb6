/* The output "exec": a program of the operator's has the sites as they are, whatever becomes of its runs. */
#include "consumer/exec/exec.h"

#include "common/file.h"
#include "consumer/sites-json.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/output-ground.h"

static char command[1024];

/* Runs a shell script, in the scratch directory. */
static World *running_with(const char *script, ExecSettings settings) {
        scratch_make();
        ck_assert_int_lt(snprintf(command, sizeof command, "sh -c 'cd %s; %s'", scratch, script), (int)sizeof command);
        settings.command = command;
        if (settings.time_limit_sec == 0)
                settings.time_limit_sec = 60;
        return world_new(&exec_output_class, (Settings){ .exec = settings });
}

static World *running(const char *script) {
        return running_with(script, (ExecSettings){ 0 });
}

static void change(World *w, int number) {
        _cleanup_free_ char *value = xasprintf(ROUTE("a.org", HTTP("10.0.0.1", % d)), number);

        present(w->table, "web", value);
        apply(w);
}

static void expect_content(const char *name, const char *wanted) {
        _cleanup_free_ char *path = scratch_path(name), *bytes = NULL;
        size_t size;

        ck_assert_int_eq(file_read(path, 100000, &bytes, &size), 0);
        ck_assert_str_eq(bytes, wanted);
}

static void expect_sites_in(const World *w, const char *name) {
        _cleanup_free_ char *wanted = sites_json(w->sites);

        expect_content(name, wanted);
}

START_TEST(the_program_gets_the_sites_once) {
        _cleanup_(world_freep) World *w = running("cat >sites; echo run >>runs");

        ck_assert_int_eq(exec_output_class.state(w->output), OUTPUT_BUSY);
        apply(w);
        ck_assert_int_eq(exec_output_class.state(w->output), OUTPUT_BUSY);
        run_until_settled(w);
        expect_state(w, OUTPUT_DONE, "0 sites with sh");
        expect_sites_in(w, "sites");
        apply(w);
        expect_state(w, OUTPUT_DONE, "0 sites with sh");
        ck_assert_int_eq(sd_event_run(w->event, 0), 0);
        change(w, 1);
        expect_state(w, OUTPUT_BUSY, "sh is at work");
        run_until_settled(w);
        expect_state(w, OUTPUT_DONE, "1 site with sh");
        expect_sites_in(w, "sites");
        expect_content("runs", "run\nrun\n");
}
END_TEST

START_TEST(what_changes_during_a_run_is_one_more_run) {
        _cleanup_(world_freep) World *w = running("echo begin >>runs; cat >sites; while ! test -e go; do sleep 0.01;"
                                                  " done; echo end >>runs");
        _cleanup_free_ char *runs = scratch_path("runs");

        change(w, 1);
        while (access(runs, F_OK) < 0)
                (void)sd_event_run(w->event, 10000);
        change(w, 2);
        change(w, 3);
        scratch_write("go", "");
        run_until_settled(w);
        expect_state(w, OUTPUT_DONE, "1 site with sh");
        expect_sites_in(w, "sites");
        expect_content("runs", "begin\nend\nbegin\nend\n");
}
END_TEST

START_TEST(changes_within_the_interval_wait_for_its_end) {
        _cleanup_(world_freep) World *w =
                running_with("echo run >>runs", (ExecSettings){ .interval_msec = 3600 * 1000 });

        change(w, 1);
        run_until_settled(w);
        change(w, 2);
        ck_assert_int_eq(exec_output_class.state(w->output), OUTPUT_BUSY);
        ck_assert_int_eq(sd_event_run(w->event, 0), 0);
        expect_content("runs", "run\n");
        change(w, 1); /* and it is as it was: there is nothing to wait for */
        expect_state(w, OUTPUT_DONE, "1 site with sh");
}
END_TEST

START_TEST(a_program_that_fails_is_run_again_with_what_is_wanted_then) {
        _cleanup_(world_freep) World *w =
                running("cat >sites; echo run >>runs; test -e mended || { echo first; echo no server; exit 3; }");

        change(w, 1);
        run_until_settled(w);
        expect_state(w, OUTPUT_FAILED, "sh ended with status 3: first / no server");
        run_until_settled(w);
        ck_assert_int_eq(failures_in_a_row, 2);
        change(w, 2);
        scratch_write("mended", "");
        run_until_settled(w);
        expect_state(w, OUTPUT_DONE, "1 site with sh");
        expect_sites_in(w, "sites");
        expect_content("runs", "run\nrun\nrun\n");
        ck_assert_int_eq(failures_in_a_row, 0);
}
END_TEST

START_TEST(a_run_that_failed_leaves_nothing_to_rely_on) {
        _cleanup_(world_freep) World *w = running("echo run >>runs; test -e mended");

        scratch_write("mended", "");
        change(w, 1);
        run_until_settled(w);
        scratch_delete("mended");
        change(w, 2);
        run_until_settled(w);
        ck_assert_int_eq(exec_output_class.state(w->output), OUTPUT_FAILED);
        scratch_write("mended", "");
        change(w, 1);
        run_until_settled(w);
        expect_state(w, OUTPUT_DONE, "1 site with sh");
        expect_content("runs", "run\nrun\nrun\n");
}
END_TEST

START_TEST(a_program_that_hangs_is_killed) {
        _cleanup_(world_freep) World *w =
                running_with("trap : TERM; echo waiting; sleep 300", (ExecSettings){ .time_limit_sec = 1 });

        change(w, 1);
        run_until_settled(w);
        expect_state(w, OUTPUT_FAILED, "sh was killed after 1 s: waiting");
}
END_TEST

START_TEST(a_program_that_does_not_exist_is_looked_for_again) {
        scratch_make();
        (void)snprintf(command, sizeof command, "%s/program", scratch);
        _cleanup_(world_freep) World *w =
                world_new(&exec_output_class, (Settings){ .exec = { .command = command, .time_limit_sec = 60 } });
        _cleanup_free_ char *wanted = xasprintf("%s cannot be started: No such file or directory", command);
        _cleanup_free_ char *at_last = xasprintf("1 site with %s", command);

        change(w, 1);
        run_until_settled(w);
        expect_state(w, OUTPUT_FAILED, wanted);
        scratch_write("program", "#!/bin/sh\n");
        ck_assert_int_eq(chmod(command, 0755), 0);
        run_until_settled(w);
        expect_state(w, OUTPUT_DONE, at_last);
}
END_TEST

/* More than any pipe holds. */
static void register_much(World *w) {
        for (int i = 0; i < 2000; i++) {
                _cleanup_free_ char *instance = xasprintf("web%d", i);
                _cleanup_free_ char *value = xasprintf(ROUTE("a%d.org", HTTP("10.0.0.1", 80)), i);
                present(w->table, instance, value);
        }
        apply(w);
}

START_TEST(a_program_may_leave_its_input_and_write_what_it_likes) {
        static const char *const scripts[] = { "true", "exec <&-; echo closed", "head -c 1 >/dev/null",
                                               "yes | head -c 10000000", "printf \"\\\\033[2J\\\\001\\\\xff\"" };

        for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
                _cleanup_(world_freep) World *w = running(scripts[i]);
                register_much(w);
                run_until_settled(w);
                expect_state(w, OUTPUT_DONE, "2000 sites with sh");
        }
}
END_TEST

START_TEST(only_the_end_of_much_output_is_quoted_and_as_text) {
        _cleanup_(world_freep) World *w = running("yes | head -c 5000; printf \"\\\\033[2J\"; exit 1");

        change(w, 1);
        run_until_settled(w);
        _cleanup_free_ char *text = exec_output_class.describe(w->output);
        ck_assert_uint_lt(strlen(text), 1200);
        ck_assert_ptr_nonnull(strstr(text, "y / y / \\x1b[2J"));
}
END_TEST

START_TEST(what_runs_at_the_end_is_killed) {
        World *w = running("echo $$ >pid.new; mv pid.new pid; exec sleep 300");
        _cleanup_free_ char *path = scratch_path("pid"), *text = NULL;
        uint64_t pid;
        size_t size;

        change(w, 1);
        while (access(path, F_OK) < 0)
                (void)sd_event_run(w->event, 10000);
        ck_assert_int_eq(file_read(path, 100, &text, &size), 0);
        text[strcspn(text, "\n")] = '\0';
        ck_assert_int_eq(parse_unsigned(text, 2, INT32_MAX, &pid), 0);
        ck_assert_int_eq(kill((pid_t)pid, 0), 0);
        (void)world_free(w);
        ck_assert_int_eq(kill((pid_t)pid, 0), -1);
}
END_TEST

TEST_MAIN("exec", the_program_gets_the_sites_once, what_changes_during_a_run_is_one_more_run,
          changes_within_the_interval_wait_for_its_end, a_program_that_fails_is_run_again_with_what_is_wanted_then,
          a_run_that_failed_leaves_nothing_to_rely_on, a_program_that_hangs_is_killed,
          a_program_that_does_not_exist_is_looked_for_again, a_program_may_leave_its_input_and_write_what_it_likes,
          only_the_end_of_much_output_is_quoted_and_as_text, what_runs_at_the_end_is_killed)
