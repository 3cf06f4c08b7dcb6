/* The consumer's options: one table for the command line, the file and --help. */
#include "consumer/options.h"

#include "beachhead/keyspace.h"
#include "common/hostname.h"
#include "common/options.h"
#include "consumer/output.h"

#include <errno.h>
#include <string.h>

enum { RELOAD_INTERVAL_MAX_MSEC = 60 * 1000 };

#define AT(field) .offset = offsetof(Settings, field)

/* clang-format off */
static const Option options[] = {
        { .type = OPTION_HEADING, .help = "What is read" },
        REDIS_OPTIONS(Settings),
        { .type = OPTION_TEXTS, .name = "key-prefix", .argument = "PREFIX", .standard = KEYSPACE_DEFAULT_PREFIX,
          .help = "what the names of the keys begin with; may be repeated", AT(key_prefixes) },
        { .type = OPTION_UNSIGNED, .name = "interval", .argument = "SECONDS", .standard = "30", .min = 1, .max = OPTION_SECONDS_MAX,
          .help = "between two full passes", AT(interval_sec) },
        { .type = OPTION_UNSIGNED, .name = "hold-max", .argument = "SECONDS", .standard = "600", .max = OPTION_SECONDS_MAX,
          .help = "serve on what is missing, at most that long", AT(hold_max_sec) },
        { .type = OPTION_UNSIGNED, .name = "linger", .argument = "SECONDS", .standard = "30", .max = OPTION_SECONDS_MAX,
          .help = "answer 503 for a site whose last endpoint left", AT(linger_sec) },
        { .type = OPTION_TEXT, .name = "state-dir", .argument = "DIR",
          .help = "where the memory lives; else $STATE_DIRECTORY, else /var/lib/beachhead", AT(state_dir) },
        { .type = OPTION_HEADING, .help = "What is made of it" },
        { .type = OPTION_TEXTS, .name = "output", .argument = "NAME", .standard = "nginx",
          .help = "nginx or requests; may be repeated", AT(outputs) },
        { .type = OPTION_TEXT, .name = "nginx-conf", .argument = "FILE", .standard = "/etc/nginx/conf.d/beachhead.conf", .needed = true,
          .help = "the file that is written", AT(nginx_conf) },
        { .type = OPTION_TEXT, .name = "nginx-main", .argument = "FILE", .standard = "/etc/nginx/nginx.conf", .needed = true,
          .help = "the main configuration, which includes it", AT(nginx_main) },
        { .type = OPTION_TEXT, .name = "nginx-check", .argument = "CMD", .standard = "nginx -t -q -c {main}", .needed = true,
          .help = "checks the configuration {main}", AT(nginx_check) },
        { .type = OPTION_TEXT, .name = "nginx-reload", .argument = "CMD",
          .help = "else SIGHUP to the pid that the main configuration names", AT(nginx_reload) },
        { .type = OPTION_TEXT, .name = "nginx-confirm", .argument = "URL",
          .help = "where nginx is asked what it runs; else the HTTP port over loopback; none: not asked", AT(nginx_confirm) },
        { .type = OPTION_TEXT, .name = "http-port", .argument = "[ADDR:]PORT", .standard = "80", .needed = true,
          .help = "where nginx listens", AT(http_listen) },
        { .type = OPTION_TEXT, .name = "https-port", .argument = "[ADDR:]PORT", .standard = "443", .needed = true,
          .help = "where nginx listens with TLS", AT(https_listen) },
        { .type = OPTION_TEXT, .name = "cert-dir", .argument = "DIR", .standard = "/etc/nginx/certs",
          .help = "<domain>.crt and <domain>.key", AT(cert_dir) },
        { .type = OPTION_TEXT, .name = "vhost-dir", .argument = "DIR", .standard = "/etc/nginx/vhost.d",
          .help = "<domain>: included in that domain's server blocks", AT(vhost_dir) },
        { .type = OPTION_UNSIGNED, .name = "reload-interval", .argument = "MSEC", .standard = "250", .max = RELOAD_INTERVAL_MAX_MSEC,
          .help = "changes after a reload are gathered that long", AT(reload_interval_msec) },
        { .type = OPTION_HEADING, .help = "How it runs" },
        PROGRAM_CONFIG_OPTION(Settings),
        { .type = OPTION_FLAG, .name = "once", .command_line_only = true,
          .help = "one pass; exit 0: all confirmed, 1: something failed or was set aside", AT(once) },
        { .type = OPTION_FLAG, .letter = 'n', .name = "dry-run", .command_line_only = true,
          .help = "print what would be written, touch nothing", AT(dry_run) },
        { .type = OPTION_TEXT, .name = "explain", .argument = "DOMAIN", .command_line_only = true,
          .help = "who publishes it, what was decided, what stands in the way", AT(explain) },
        PROGRAM_OPTIONS(Settings),
};
/* clang-format on */

const OptionTable settings_options = {
        .program = "beachhead-consumer",
        .synopsis = "[OPTION…]",
        .summary = "Makes nginx configuration and certificate requests of what is registered in Redis.",
        .options = options,
        .count = sizeof options / sizeof *options,
};

/* PORT, IPv4:PORT or [IPv6]:PORT. */
static bool listen_is_valid(const char *text) {
        const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
        uint16_t number;

        if (parse_port(port, &number) < 0)
                return false;
        if (!colon)
                return true;
        bool bracketed = *text == '[' && colon > text && colon[-1] == ']';
        _cleanup_free_ char *host =
                bracketed ? xstrndup(text + 1, (size_t)(colon - text) - 2) : xstrndup(text, (size_t)(colon - text));
        return bracketed ? address_is_ipv6(host) : !strchr(host, ':') && endpoint_host_is_valid(host);
}

static int check_path(char **ret_message, const char *option, const char *path) {
        return !path || *path == '/' ? 0 : options_refuse(option, path, "must be an absolute path", ret_message);
}

static int check_paths(const Settings *s, char **ret_message) {
        int r;

        if ((r = check_path(ret_message, "state-dir", s->state_dir)) < 0 ||
            (r = check_path(ret_message, "nginx-conf", s->nginx_conf)) < 0 ||
            (r = check_path(ret_message, "nginx-main", s->nginx_main)) < 0 ||
            (r = check_path(ret_message, "cert-dir", s->cert_dir)) < 0)
                return r;
        return check_path(ret_message, "vhost-dir", s->vhost_dir);
}

/* Two of a kind would write the same files. */
static const char *named_twice(const StringList *l) {
        for (size_t i = 0; i < l->count; i++)
                for (size_t k = 0; k < i; k++)
                        if (strcmp(l->items[i], l->items[k]) == 0)
                                return l->items[i];
        return NULL;
}

static int settings_check(const Settings *s, char **ret_message) {
        for (size_t i = 0; i < s->key_prefixes.count; i++)
                if (redis_settings_check_prefix(s->key_prefixes.items[i], ret_message) < 0)
                        return -EINVAL;
        for (size_t i = 0; i < s->outputs.count; i++)
                if (!output_class_find(s->outputs.items[i]))
                        return options_refuse("output", s->outputs.items[i], "must be nginx or requests", ret_message);
        if (named_twice(&s->outputs))
                return options_refuse("output", named_twice(&s->outputs), "is named twice", ret_message);
        if (!listen_is_valid(s->http_listen))
                return options_refuse("http-port", s->http_listen, "must be a port or address:port", ret_message);
        if (!listen_is_valid(s->https_listen))
                return options_refuse("https-port", s->https_listen, "must be a port or address:port", ret_message);
        return check_paths(s, ret_message);
}

/* As domains are registered: in lower case, without a last dot. */
static int normalize_explained(Settings *s, char **ret_message) {
        char *domain = NULL;
        bool wildcard;

        if (!s->explain)
                return 0;
        if (hostname_pattern_normalize(s->explain, &domain, &wildcard) < 0)
                return options_refuse("explain", s->explain, "must be a domain", ret_message);
        REPLACE_PTR(s->explain, domain);
        return 0;
}

/* Where systemd gives a state directory, that is it; of several the first. */
static void settle_state_dir(Settings *s) {
        const char *given = getenv("STATE_DIRECTORY");

        if (s->state_dir)
                return;
        s->state_dir = given && *given ? xstrndup(given, strcspn(given, ":")) : xstrdup("/var/lib/beachhead");
}

int settings_read(Settings **ret, int argc, char *const argv[], char **ret_message) {
        _cleanup_(settings_freep) Settings *s = new0(Settings);
        int r = options_read(&settings_options, argc, argv, s, NULL, ret_message);

        if (r < 0)
                return r;
        if (!program_only_answers(&s->program)) {
                settle_state_dir(s);
                if ((r = settings_check(s, ret_message)) < 0 || (r = normalize_explained(s, ret_message)) < 0)
                        return r;
        }
        *ret = TAKE_PTR(s);
        return 0;
}

Settings *settings_free(Settings *s) {
        if (!s)
                return NULL;
        options_free(&settings_options, s);
        free(s);
        return NULL;
}
