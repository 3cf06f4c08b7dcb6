/* The registrar's options: one table for the command line, the file and --help. */
#include "registrar/options.h"

#include "beachhead/keyspace.h"
#include "common/options.h"
#include "registrar/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum {
        REFRESH_WITHOUT_EXPIRY_MSEC = 10 * 1000,
        REFRESH_PERCENT = 45, /* of the expiry: one refresh may fail before a lease is over */
};

static const char *const advertise_names[] = {
        [ADVERTISE_CONTAINER] = "container", [ADVERTISE_PUBLISHED] = "published", NULL
};
static const char *const health_names[] = { [HEALTH_REQUIRE] = "require", [HEALTH_IGNORE] = "ignore", NULL };

#define AT(field) .offset = offsetof(Settings, field)

/* clang-format off */
static const Option options[] = {
        { .type = OPTION_HEADING, .help = "Where" },
        REDIS_OPTIONS(Settings),
        { .type = OPTION_TEXT, .name = "key-prefix", .argument = "PREFIX", .standard = KEYSPACE_DEFAULT_PREFIX, .needed = true,
          .help = "what the names of all keys begin with", AT(key_prefix) },
        { .type = OPTION_TEXT, .name = "docker-url", .argument = "URL",
          .help = "unix:///path, tcp://host:port or none; else $DOCKER_HOST, else unix:///var/run/docker.sock", AT(docker_url) },
        { .type = OPTION_TEXT, .name = "services-dir", .argument = "DIR", .standard = SERVICES_DIRECTORY,
          .help = "where files describe what is not a container", AT(services_dir) },
        { .type = OPTION_HEADING, .help = "What is published" },
        { .type = OPTION_TEXT, .name = "envvar", .argument = "NAME", .standard = "BEACHHEAD_DOMAINS", .needed = true,
          .help = "the variable that names a container's domains", AT(domains_variable) },
        { .type = OPTION_FLAG, .name = "enumerate", .help = "all containers; the default where none is named", AT(enumerate) },
        { .type = OPTION_TEXT, .name = "node", .argument = "NAME",
          .help = "this host's name in the keys; needed where several hosts share a Redis", AT(node) },
        { .type = OPTION_TEXT, .name = "machine-id", .argument = "ID",
          .help = "who publishes; else derived from /etc/machine-id", AT(machine_id) },
        { .type = OPTION_CHOICE, .name = "advertise", .argument = "HOW", .standard = "container", .choices = advertise_names,
          .help = "the container's own address, or the port published on the host", AT(advertise) },
        { .type = OPTION_TEXT, .name = "node-address", .argument = "IP", .help = "this host's address for others", AT(node_address) },
        { .type = OPTION_TEXTS, .name = "network", .argument = "NAME",
          .help = "use the address on this network; may be repeated", AT(networks) },
        { .type = OPTION_FLAG, .name = "prefer-ipv6", .help = "publish the IPv6 address where a network gives both", AT(prefer_ipv6) },
        { .type = OPTION_FLAG, .name = "docker-network", .help = "publish the container's name, not its address", AT(docker_network) },
        { .type = OPTION_FLAG, .name = "only-exposed", .help = "leave out ports that the container does not expose", AT(only_exposed) },
        { .type = OPTION_HEADING, .help = "When" },
        { .type = OPTION_UNSIGNED, .name = "expire", .argument = "SECONDS", .standard = "60", .max = OPTION_SECONDS_MAX,
          .help = "how long an entry lives unrefreshed; 0: for ever", AT(expire_sec) },
        { .type = OPTION_TEXT, .name = "refresh", .argument = "SECONDS",
          .help = "else 45% of the expiry, never later; 0: publish once and exit", AT(refresh) },
        { .type = OPTION_CHOICE, .name = "health", .argument = "HOW", .standard = "require", .choices = health_names,
          .help = "whether a container with a health check must be healthy", AT(health) },
        { .type = OPTION_UNSIGNED, .name = "drain-max", .argument = "SECONDS", .standard = "300", .max = OPTION_SECONDS_MAX,
          .help = "register again what was told to stop and did not", AT(drain_max_sec) },
        { .type = OPTION_UNSIGNED, .name = "engine-grace", .argument = "SECONDS", .standard = "600", .max = OPTION_SECONDS_MAX,
          .help = "go on refreshing while the Engine does not answer", AT(engine_grace_sec) },
        { .type = OPTION_FLAG, .name = "deregister-on-stop", .help = "delete everything when stopped", AT(deregister_on_stop) },
        { .type = OPTION_HEADING, .help = "How it runs" },
        PROGRAM_CONFIG_OPTION(Settings),
        { .type = OPTION_FLAG, .letter = 'n', .name = "dry-run", .command_line_only = true,
          .help = "print what would be published and why the rest is not", AT(dry_run) },
        { .type = OPTION_FLAG, .name = "error-missing-envvar", .help = "a container without the variable is an error", AT(error_missing_envvar) },
        { .type = OPTION_FLAG, .name = "ignore-missing-envvar", .help = "it never is, not even a named one", AT(ignore_missing_envvar) },
        { .type = OPTION_FLAG, .name = "error-missing-container", .help = "a named container that is missing is an error", AT(error_missing_container) },
        { .type = OPTION_TEXT, .name = "metrics-file", .argument = "FILE",
          .help = "write figures for node_exporter's textfile collector; its name ends in .prom", AT(metrics_file) },
        { .type = OPTION_FLAG, .name = "systemd", .help = "log lines with a priority prefix, for a service manager", AT(systemd) },
        PROGRAM_OPTIONS(Settings),
};
/* clang-format on */

const OptionTable settings_options = {
        .program = "beachhead-registrar",
        .synopsis = "[OPTION…] [CONTAINER…]",
        .summary = "Publishes to Redis which domains the containers and services of this host serve.",
        .options = options,
        .count = sizeof options / sizeof *options,
};

bool settings_enumerate(const Settings *s) {
        return s->enumerate || s->containers.count == 0;
}

bool settings_one_pass(const Settings *s) {
        return s->dry_run || s->refresh_msec == 0;
}

/* 45% of the expiry where nothing is said, and never later than that. */
static int settle_refresh(Settings *s, char **ret_message) {
        uint64_t latest =
                s->expire_sec > 0 ? s->expire_sec * 1000 * REFRESH_PERCENT / 100 : REFRESH_WITHOUT_EXPIRY_MSEC;
        uint64_t wanted_sec;

        s->refresh_msec = latest;
        if (!s->refresh)
                return 0;
        if (parse_unsigned(s->refresh, 0, OPTION_SECONDS_MAX, &wanted_sec) < 0)
                return options_refuse("refresh", s->refresh, "must be a number of seconds", ret_message);
        if (wanted_sec * 1000 < latest)
                s->refresh_msec = wanted_sec * 1000;
        return 0;
}

static bool is_address(const char *text) {
        unsigned char buffer[sizeof(struct in6_addr)];

        return inet_pton(AF_INET, text, buffer) == 1 || inet_pton(AF_INET6, text, buffer) == 1;
}

/* Names that become part of a key. */
static int check_name(const char *option, const char *name, char **ret_message) {
        if (!name || keyspace_node_is_valid(name))
                return 0;
        return options_refuse(option, name, "must be up to 63 letters, digits, \"_\", \".\" and \"-\"", ret_message);
}

/* node_exporter reads "*.prom" alone. */
static bool is_collected(const char *metrics_file) {
        const char *ending = metrics_file ? strrchr(metrics_file, '.') : NULL;

        return !metrics_file || (ending && strcmp(ending, ".prom") == 0);
}

static int settings_check(Settings *s, char **ret_message) {
        int r;

        if ((r = redis_settings_check_prefix(s->key_prefix, ret_message)) < 0 ||
            (r = check_name("node", s->node, ret_message)) < 0 ||
            (r = check_name("machine-id", s->machine_id, ret_message)) < 0)
                return r;
        if (s->node_address && !is_address(s->node_address))
                return options_refuse("node-address", s->node_address, "must be an IPv4 or IPv6 address", ret_message);
        if (!is_collected(s->metrics_file))
                return options_refuse("metrics-file", s->metrics_file, "must end in .prom: no other file is collected",
                                      ret_message);
        return settle_refresh(s, ret_message);
}

int settings_read(Settings **ret, int argc, char *const argv[], char **ret_message) {
        _cleanup_(settings_freep) Settings *s = new0(Settings);
        int r = options_read(&settings_options, argc, argv, s, &s->containers, ret_message);

        if (r < 0)
                return r;
        if (!program_only_answers(&s->program) && (r = settings_check(s, ret_message)) < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

Settings *settings_free(Settings *s) {
        if (!s)
                return NULL;
        options_free(&settings_options, s);
        string_list_clear(&s->containers);
        free(s);
        return NULL;
}
