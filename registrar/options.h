/* The registrar's settings. */
#pragma once

#include "common/memory.h"
#include "common/program.h"
#include "common/redis-settings.h"
#include "common/text.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Settings {
        /* where */
        RedisSettings redis;
        char *key_prefix;
        char *docker_url;
        char *services_dir; /* or NULL */
        /* what is published */
        char *domains_variable;
        uint64_t expire_sec;
        char *refresh; /* seconds; NULL: 45% of the expiry; "0": once, then exit */
        char *node, *machine_id;
        int advertise; /* Advertise */
        char *node_address;
        StringList networks;
        bool prefer_ipv6, docker_network, only_exposed;
        /* when */
        int health; /* HealthPolicy */
        uint64_t drain_max_sec, engine_grace_sec;
        bool deregister_on_stop;
        /* how it runs */
        bool enumerate, dry_run;
        bool error_missing_envvar, ignore_missing_envvar, error_missing_container;
        bool systemd;
        char *metrics_file; /* or NULL */
        ProgramSettings program;
        /* beside the options */
        StringList containers; /* named on the command line */
        uint64_t refresh_msec; /* 0: once, then exit */
} Settings;

typedef enum HealthPolicy {
        HEALTH_REQUIRE,
        HEALTH_IGNORE,
} HealthPolicy;

extern const OptionTable settings_options;

/* Reads defaults, file and command line. Returns 0 and settings that the caller owns, or negative with a message
 * (owned by the caller). */
int settings_read(Settings **ret, int argc, char *const argv[], char **ret_message);
/* Every container of the Engine is looked at, as opposed to the named ones. */
bool settings_enumerate(const Settings *s);
/* One pass is made, as opposed to a service that goes on. */
bool settings_one_pass(const Settings *s);
Settings *settings_free(Settings *s);
DEFINE_CLEANUP(Settings *, settings_free);
