/* The consumer's settings. */
#pragma once

#include "common/memory.h"
#include "common/program.h"
#include "common/redis-settings.h"
#include "common/text.h"
#include "consumer/certs/settings.h"
#include "consumer/claims.h"
#include "consumer/exec/settings.h"
#include "consumer/json/settings.h"
#include "consumer/nginx/settings.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Settings {
        /* what is read */
        RedisSettings redis;
        StringList key_prefixes;
        uint64_t interval_sec, hold_max_sec, linger_sec;
        char *state_dir;
        /* who may have which domain */
        StringList allowed_domains, reserved_domains;
        Claims *claims; /* what they come to; NULL: nothing is said */
        /* what is made of it */
        StringList outputs;
        char *cert_dir; /* NULL: none */
        char *listen;   /* where the status is served; NULL: nowhere */
        NginxSettings nginx;
        CertsSettings certs;
        JsonSettings json;
        ExecSettings exec;
        /* how it runs */
        ProgramSettings program;
        bool once, dry_run, help_nginx, help_certs, help_outputs, help_policy;
        char *explain;
} Settings;

extern const OptionTable settings_options;

/* Reads defaults, file and command line. Returns 0 and settings that the caller owns, or negative with a message
 * (owned by the caller). */
int settings_read(Settings **ret, int argc, char *const argv[], char **ret_message);
/* Whether a person has something shown or tidied, with --dry-run, --explain, --output=table or --certs-remove-unused:
 * no state directory is taken then, no site touched. */
bool settings_only_show(const Settings *s);
/* Whether it ends by itself: --once, --dry-run, --explain, --certs-remove-unused. */
bool settings_are_one_pass(const Settings *s);
/* Prints what --help, --help-… and --version ask for; returns whether there was such a thing. */
bool settings_answer(const Settings *s);
Settings *settings_free(Settings *s);
DEFINE_CLEANUP(Settings *, settings_free);
