/* How a program talks, and what it answers without doing anything. */
#include "common/memory.h"
#include "common/program.h"
#include "tests/unit/check-main.h"

#include <stdio.h>
#include <string.h>

typedef struct Settings {
        ProgramSettings program;
} Settings;

static const Option options[] = { PROGRAM_CONFIG_OPTION(Settings), PROGRAM_OPTIONS(Settings) };
static const OptionTable table = {
        .program = "beachhead-tester",
        .synopsis = "[OPTION…]",
        .summary = "Tests.",
        .options = options,
        .count = sizeof options / sizeof *options,
};

/* What is printed for the arguments, "" where nothing is asked; the caller owns it. */
static char *answer(const char *argument) {
        char *arguments[] = { (char *)"beachhead-tester", (char *)argument };
        _cleanup_free_ char *message = NULL;
        char *printed = NULL;
        size_t size;
        Settings s = { 0 };
        FILE *before = stdout;

        ck_assert_int_eq(options_read(&table, 2, arguments, &s, NULL, &message), 0);
        stdout = open_memstream(&printed, &size);
        ck_assert_ptr_nonnull(stdout);
        bool answered = program_answer(&s.program, &table);
        (void)fclose(stdout);
        stdout = before;
        ck_assert_int_eq(answered, size > 0);
        ck_assert_int_eq(answered, program_only_answers(&s.program));
        options_free(&table, &s);
        return printed;
}

START_TEST(version_and_help_are_all_that_is_done) {
        _cleanup_free_ char *version = answer("--version"), *help = answer("-h"), *nothing = answer("--verbose");

        ck_assert_str_eq(version, "beachhead-tester " BEACHHEAD_VERSION "\n");
        ck_assert_int_eq(strncmp(help, "usage: beachhead-tester [OPTION…]\nTests.\n", 42), 0);
        ck_assert_ptr_nonnull(strstr(help, "--no-timestamp"));
        ck_assert_str_eq(nothing, "");
}
END_TEST

START_TEST(quiet_and_verbose_cancel_out) {
        static const struct {
                bool quiet, verbose;
                int level;
        } cases[] = {
                { false, false, LOG_INFO },
                { true, false, LOG_WARNING },
                { false, true, LOG_DEBUG },
                { true, true, LOG_INFO },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                ProgramSettings s = { .quiet = cases[i].quiet, .verbose = cases[i].verbose };
                ck_assert_int_eq(program_log_level(&s), cases[i].level);
        }
}
END_TEST

START_TEST(a_failure_gives_the_exit_status_that_goes_with_it) {
        ck_assert_int_eq(program_fail(&table, EXIT_USAGE, "no such thing"), 2);
        ck_assert_int_eq(program_fail(&table, EXIT_FAILURE, NULL), 1);
}
END_TEST

TEST_MAIN("program", version_and_help_are_all_that_is_done, quiet_and_verbose_cancel_out,
          a_failure_gives_the_exit_status_that_goes_with_it)
