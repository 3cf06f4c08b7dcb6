/* What an operator may say about the output "json". */
#pragma once

#include "common/options.h"

typedef struct JsonSettings {
        char *file; /* absolute; settings_read() fills it where it is not given */
} JsonSettings;

/* Rows for an option table whose settings have a JsonSettings named `json`. */
/* clang-format off */
#define JSON_OPTIONS(Settings)                                                                                        \
        { .type = OPTION_TEXT, .name = "json-file", .argument = "FILE",                                               \
          .help = "where the output json writes; else sites.json in the state directory",                             \
          .offset = offsetof(Settings, json.file) }
/* clang-format on */
