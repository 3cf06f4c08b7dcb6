/* What both programs do before their own work begins: how they talk, what they answer to --help and --version, how
 * they say that they cannot begin. */
#pragma once

#include "common/log.h"
#include "common/options.h"

#include <stdbool.h>

enum { EXIT_USAGE = 2 }; /* the settings are wrong, or cannot be acted on here */

typedef struct ProgramSettings {
        char *config; /* read with the options; here for the table alone */
        bool verbose, quiet, no_timestamp, help, version;
} ProgramSettings;

/* Rows for an option table whose settings have a ProgramSettings named `program`: --config, and what ends --help. */
/* clang-format off */
#define PROGRAM_CONFIG_OPTION(Settings)                                                                               \
        { .type = OPTION_TEXT, .name = "config", .argument = "FILE", .command_line_only = true,                       \
          .help = "INI file with these options by their long names", .offset = offsetof(Settings, program.config) }
#define PROGRAM_OPTIONS(Settings)                                                                                     \
        { .type = OPTION_FLAG, .name = "verbose", .help = "log more",                                                 \
          .offset = offsetof(Settings, program.verbose) },                                                            \
        { .type = OPTION_FLAG, .name = "quiet", .help = "log warnings and errors only",                               \
          .offset = offsetof(Settings, program.quiet) },                                                              \
        { .type = OPTION_FLAG, .name = "no-timestamp", .help = "log lines without a time",                            \
          .offset = offsetof(Settings, program.no_timestamp) },                                                       \
        { .type = OPTION_FLAG, .letter = 'h', .name = "help", .help = "print this text", .command_line_only = true,   \
          .offset = offsetof(Settings, program.help) },                                                               \
        { .type = OPTION_FLAG, .name = "version", .help = "print the version", .command_line_only = true,             \
          .offset = offsetof(Settings, program.version) }
/* clang-format on */

/* Whether --help or --version is asked for: nothing else in the settings needs to make sense then. */
bool program_only_answers(const ProgramSettings *s);
/* Prints what they ask for; returns whether there was such a thing. */
bool program_answer(const ProgramSettings *s, const OptionTable *table);

/* For log_setup(); --quiet and --verbose cancel out. */
int program_log_level(const ProgramSettings *s);
LogFormat program_log_format(const ProgramSettings *s);

/* Says on standard error why the program does not run (NULL: it is out of resources); returns `status`. */
int program_fail(const OptionTable *table, int status, const char *message);
