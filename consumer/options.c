/* The consumer's options: one table for the command line, the file and --help. */
#include "consumer/options.h"

#include "beachhead/keyspace.h"
#include "common/options.h"
#include "common/server-name.h"
#include "consumer/exec/exec.h"
#include "consumer/output.h"
#include "consumer/status/listen-address.h"
#include "consumer/table/table-output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define AT(field) .offset = offsetof(Settings, field)

/* clang-format off */
static const Option options[] = {
        { .type = OPTION_HEADING, .help = "What is read" },
        REDIS_OPTIONS(Settings),
        { .type = OPTION_TEXTS, .name = "key-prefix", .argument = "PREFIX", .standard = KEYSPACE_DEFAULT_PREFIX,
          .help = "what the keys begin with; may be repeated", AT(key_prefixes) },
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
          .help = OUTPUT_NAMES "; repeatable", AT(outputs) },
        { .type = OPTION_TEXT, .name = "cert-dir", .argument = "DIR", .standard = "/etc/nginx/certs",
          .help = "<domain>.crt and <domain>.key", AT(cert_dir) },
        NGINX_OPTIONS(Settings),
        { .type = OPTION_HEADING, .help = "How it runs" },
        PROGRAM_CONFIG_OPTION(Settings),
        { .type = OPTION_TEXT, .name = "listen", .argument = "ADDR:PORT",
          .help = "the status over HTTP: 127.0.0.1:PORT, [::1]:PORT, unix:/PATH", AT(listen) },
        { .type = OPTION_FLAG, .name = "once", .command_line_only = true,
          .help = "one pass; exit 0: all is confirmed, else 1", AT(once) },
        { .type = OPTION_FLAG, .letter = 'n', .name = "dry-run", .command_line_only = true,
          .help = "print what would be written, touch nothing", AT(dry_run) },
        { .type = OPTION_TEXT, .name = "explain", .argument = "DOMAIN", .command_line_only = true,
          .help = "who publishes it, what was decided, what stands in the way", AT(explain) },
        PROGRAM_OPTIONS(Settings),
        { .type = OPTION_FLAG, .name = "help-nginx", .command_line_only = true,
          .help = "print the options of the nginx output: more than what stands here", AT(help_nginx) },
        { .type = OPTION_FLAG, .name = "help-outputs", .command_line_only = true,
          .help = "print the options of the other outputs", AT(help_outputs) },
        { .type = OPTION_FLAG, .name = "help-certs", .command_line_only = true,
          .help = "print the options of the certs output", AT(help_certs) },
        { .type = OPTION_FLAG, .name = "help-policy", .command_line_only = true,
          .help = "print the options that say who may have which domain", AT(help_policy) },
        NGINX_MORE_OPTIONS(Settings),
        CERTS_OPTIONS(Settings),
        { .type = OPTION_HEADING, .topic = "policy", .help = "Who may have which domain" },
        { .type = OPTION_TEXTS, .name = "allow-domain", .argument = "PATTERN",
          .help = "serve no domain but this one; *.example.org: all below it; may be repeated", AT(allowed_domains) },
        { .type = OPTION_TEXTS, .name = "reserve-domain", .argument = "\"PATTERN OWNER…\"",
          .help = "these alone may claim it: @NODE, or a network; may be repeated", AT(reserved_domains) },
        { .type = OPTION_HEADING, .topic = "outputs", .help = "Sites for programs of your own" },
        JSON_OPTIONS(Settings),
        EXEC_OPTIONS(Settings),
};
/* clang-format on */

const OptionTable settings_options = {
        .program = "beachhead-consumer",
        .synopsis = "[OPTION…]",
        .summary = "Makes nginx configuration and certificates of what is registered in Redis.",
        .options = options,
        .count = sizeof options / sizeof *options,
};

/* Two of a kind would write the same files. */
static const char *named_twice(const StringList *l) {
        for (size_t i = 0; i < l->count; i++)
                for (size_t k = 0; k < i; k++)
                        if (strcmp(l->items[i], l->items[k]) == 0)
                                return l->items[i];
        return NULL;
}

static bool shows_table(const Settings *s) {
        return string_list_contains(&s->outputs, table_output_class.name);
}

bool settings_only_show(const Settings *s) {
        return s->dry_run || s->explain || s->certs.remove_unused || shows_table(s);
}

bool settings_are_one_pass(const Settings *s) {
        return s->once || s->dry_run || s->explain || s->certs.remove_unused;
}

static int check_listen(const char *listen, char **ret_message) {
        _cleanup_(listen_address_freep) ListenAddress *address = NULL;
        const char *rule;

        if (!listen || listen_address_parse(listen, &address, &rule) >= 0)
                return 0;
        return options_refuse("listen", listen, rule, ret_message);
}

static int settings_check(const Settings *s, char **ret_message) {
        for (size_t i = 0; i < s->key_prefixes.count; i++)
                if (redis_settings_check_prefix(s->key_prefixes.items[i], ret_message) < 0)
                        return -EINVAL;
        for (size_t i = 0; i < s->outputs.count; i++)
                if (!output_class_find(s->outputs.items[i]))
                        return options_refuse("output", s->outputs.items[i], "must be " OUTPUT_NAMES, ret_message);
        if (named_twice(&s->outputs))
                return options_refuse("output", named_twice(&s->outputs), "is named twice", ret_message);
        if (shows_table(s) && s->outputs.count > 1)
                return options_refuse("output", table_output_class.name, "is for a person: it is the only one",
                                      ret_message);
        if (*s->state_dir != '/')
                return options_refuse("state-dir", s->state_dir, "must be an absolute path", ret_message);
        if (*s->json.file != '/')
                return options_refuse("json-file", s->json.file, "must be an absolute path", ret_message);
        int r;
        if ((r = check_listen(s->listen, ret_message)) < 0 ||
            (r = exec_settings_check(&s->exec, string_list_contains(&s->outputs, exec_output_class.name),
                                     ret_message)) < 0 ||
            (r = certs_settings_check(&s->certs, ret_message)) < 0)
                return r;
        return nginx_settings_check(&s->nginx, s->cert_dir, ret_message);
}

typedef int ClaimsRuleFunc(Claims *c, const char *text, const char **ret_rule);

static int add_rules(Claims *c, ClaimsRuleFunc *add, const char *option, const StringList *texts, char **ret_message) {
        const char *rule;

        for (size_t i = 0; i < texts->count; i++)
                if (add(c, texts->items[i], &rule) < 0)
                        return options_refuse(option, texts->items[i], rule, ret_message);
        return 0;
}

static int read_claims(Settings *s, char **ret_message) {
        int r;

        if (s->allowed_domains.count + s->reserved_domains.count == 0)
                return 0;
        s->claims = claims_new();
        r = add_rules(s->claims, claims_allow, "allow-domain", &s->allowed_domains, ret_message);
        return r < 0 ? r : add_rules(s->claims, claims_reserve, "reserve-domain", &s->reserved_domains, ret_message);
}

/* As domains are registered. */
static int normalize_explained(Settings *s, char **ret_message) {
        _cleanup_free_ char *ascii = NULL;
        char *domain = NULL;
        ServerNameKind kind;

        if (!s->explain)
                return 0;
        if (server_name_to_ascii(s->explain, &ascii) < 0 || server_name_normalize(ascii, &domain, &kind, NULL) < 0)
                return options_refuse("explain", s->explain, "must be a domain", ret_message);
        REPLACE_PTR(s->explain, domain);
        return 0;
}

/* Where systemd gives a state directory, that is it; of several the first. */
static void settle_paths(Settings *s) {
        const char *given = getenv("STATE_DIRECTORY");

        if (!s->state_dir)
                s->state_dir = given && *given ? xstrndup(given, strcspn(given, ":")) : xstrdup("/var/lib/beachhead");
        if (!s->json.file)
                s->json.file = xasprintf("%s/sites.json", s->state_dir);
}

/* The helps about a topic. */
static const char *asked_topic(const Settings *s) {
        return s->help_nginx     ? "nginx"
               : s->help_certs   ? "certs"
               : s->help_outputs ? "outputs"
               : s->help_policy  ? "policy"
                                 : NULL;
}

bool settings_answer(const Settings *s) {
        if (!asked_topic(s))
                return program_answer(&s->program, &settings_options);
        _cleanup_free_ char *help = options_help(&settings_options, asked_topic(s));
        (void)fputs(help, stdout);
        return true;
}

int settings_read(Settings **ret, int argc, char *const argv[], char **ret_message) {
        _cleanup_(settings_freep) Settings *s = new0(Settings);
        int r = options_read(&settings_options, argc, argv, s, NULL, ret_message);

        if (r < 0)
                return r;
        if (!program_only_answers(&s->program) && !asked_topic(s)) {
                settle_paths(s);
                if ((r = settings_check(s, ret_message)) < 0 || (r = read_claims(s, ret_message)) < 0 ||
                    (r = normalize_explained(s, ret_message)) < 0)
                        return r;
        }
        *ret = TAKE_PTR(s);
        return 0;
}

Settings *settings_free(Settings *s) {
        if (!s)
                return NULL;
        (void)claims_free(s->claims);
        options_free(&settings_options, s);
        free(s);
        return NULL;
}
