/* What an operator may say about the output "exec". */
#pragma once

#include "common/options.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ExecSettings {
        char *command; /* words as of command.h */
        uint64_t interval_msec, time_limit_sec;
} ExecSettings;

enum { EXEC_INTERVAL_MAX_MSEC = 60 * 60 * 1000, EXEC_TIME_LIMIT_MAX_SEC = 24 * 60 * 60 };

/* Rows for an option table whose settings have an ExecSettings named `exec`. */
/* clang-format off */
#define EXEC_OPTIONS(Settings)                                                                                        \
        { .type = OPTION_TEXT, .name = "exec", .argument = "CMD",                                                     \
          .help = "the program of the output exec: gets the same on standard input at every change",                  \
          .offset = offsetof(Settings, exec.command) },                                                               \
        { .type = OPTION_UNSIGNED, .name = "exec-interval", .argument = "MSEC", .standard = "250",                    \
          .max = EXEC_INTERVAL_MAX_MSEC, .help = "changes within that time are one run",                              \
          .offset = offsetof(Settings, exec.interval_msec) },                                                         \
        { .type = OPTION_UNSIGNED, .name = "exec-time-limit", .argument = "SECONDS", .standard = "60", .min = 1,      \
          .max = EXEC_TIME_LIMIT_MAX_SEC, .help = "for one run, which is killed then",                                \
          .offset = offsetof(Settings, exec.time_limit_sec) }
/* clang-format on */

/* `is_used`: there is such an output. Returns 0, or -EINVAL with a message (owned by the caller). */
int exec_settings_check(const ExecSettings *s, bool is_used, char **ret_message);
