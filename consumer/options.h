/* The consumer's settings. */
#pragma once

#include "common/memory.h"
#include "common/program.h"
#include "common/redis-settings.h"
#include "common/text.h"
#include "consumer/nginx/settings.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Settings {
        /* what is read */
        RedisSettings redis;
        StringList key_prefixes;
        uint64_t interval_sec, hold_max_sec, linger_sec;
        char *state_dir;
        /* what is made of it */
        StringList outputs;
        NginxSettings nginx;
        /* how it runs */
        ProgramSettings program;
        bool once, dry_run, help_nginx;
        char *explain;
} Settings;

extern const OptionTable settings_options;

/* Reads defaults, file and command line. Returns 0 and settings that the caller owns, or negative with a message
 * (owned by the caller). */
int settings_read(Settings **ret, int argc, char *const argv[], char **ret_message);
Settings *settings_free(Settings *s);
DEFINE_CLEANUP(Settings *, settings_free);
