/* The consumer's settings. */
#pragma once

#include "common/memory.h"
#include "common/program.h"
#include "common/redis-settings.h"
#include "common/text.h"

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
        char *nginx_conf, *nginx_main, *nginx_check;
        char *nginx_reload;               /* NULL: SIGHUP to the pid that the main configuration names */
        char *nginx_confirm;              /* NULL: on the HTTP port over loopback; "none": not at all */
        char *http_listen, *https_listen; /* [ADDRESS:]PORT */
        char *cert_dir, *vhost_dir;
        uint64_t reload_interval_msec;
        /* how it runs */
        ProgramSettings program;
        bool once, dry_run;
        char *explain;
} Settings;

extern const OptionTable settings_options;

/* Reads defaults, file and command line. Returns 0 and settings that the caller owns, or negative with a message
 * (owned by the caller). */
int settings_read(Settings **ret, int argc, char *const argv[], char **ret_message);
Settings *settings_free(Settings *s);
DEFINE_CLEANUP(Settings *, settings_free);
