/* The configuration file: INI (ini-file.h), keys are the long option names. Pure. */
#pragma once

#include "common/options.h"

enum { OPTIONS_FILE_MAX = 1024 * 1024 }; /* bytes of a configuration file; a larger one is refused unread */

/* Reads the file's bytes into `settings`; `name` is how messages call it. Returns 0, or -EINVAL with a message (file,
 * line, key) owned by the caller. */
int options_file_parse(const OptionTable *table, const char *name, const char *bytes, size_t size, void *settings,
                       char **ret_message);
