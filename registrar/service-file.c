/* One file of services.d, into a container that says itself where it is. */
#include "registrar/service-file.h"

#include "common/hostname.h"
#include "common/ini-file.h"
#include "common/option-value.h"
#include "common/server-name.h"
#include "registrar/problem.h"
#include "registrar/variables.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

DEFINE_CLEANUP(Registration *, registration_free);

/* What stands in a file beside the settings of a container. */
typedef struct OwnKeys {
        char *address, *check;
        CheckSpec spec; /* only its numbers */
} OwnKeys;

static const Option own_keys[] = {
        { .type = OPTION_TEXT, .name = "address", .offset = offsetof(OwnKeys, address) },
        { .type = OPTION_TEXT, .name = "check", .offset = offsetof(OwnKeys, check) },
        { .type = OPTION_UNSIGNED,
          .name = "check-interval",
          .min = 1,
          .max = CHECK_INTERVAL_MAX,
          .offset = offsetof(OwnKeys, spec.interval_sec) },
        { .type = OPTION_UNSIGNED,
          .name = "check-timeout",
          .min = 1,
          .max = CHECK_TIMEOUT_MAX,
          .offset = offsetof(OwnKeys, spec.timeout_sec) },
        { .type = OPTION_UNSIGNED,
          .name = "check-fall",
          .min = 1,
          .max = CHECK_TIMES_MAX,
          .offset = offsetof(OwnKeys, spec.fall) },
        { .type = OPTION_UNSIGNED,
          .name = "check-rise",
          .min = 1,
          .max = CHECK_TIMES_MAX,
          .offset = offsetof(OwnKeys, spec.rise) },
};
static const OptionTable own_table = { .options = own_keys, .count = sizeof own_keys / sizeof *own_keys };

/* A file while it is read. */
typedef struct Reading {
        OptionSource source; /* of the own keys */
        OwnKeys own;
        Container *container;
        const char *domains_variable;
} Reading;

/* A line has its limit: lists may go on in further ones. NULL: there is one value. */
static const char *separator_of(const Reading *r, const char *setting) {
        static const char *const lists[] = { "VIRTUAL_HOST", "ACME_HOST", "LETSENCRYPT_HOST" };

        if (strcmp(setting, r->domains_variable) == 0)
                return " ";
        if (strcmp(setting, "VIRTUAL_HOST_MULTIPORTS") == 0)
                return "\n";
        return name_find(lists, sizeof lists / sizeof *lists, setting) >= 0 ? "," : NULL;
}

static Setting *find_setting(Container *c, const char *name) {
        for (size_t i = 0; i < c->n_settings; i++)
                if (strcmp(c->settings[i].name, name) == 0)
                        return &c->settings[i];
        return NULL;
}

/* Returns what is wrong, owned by the caller, or NULL. */
static char *refuse_second(const char *value) {
        _cleanup_free_ char *shown = problem_value(value);

        return xasprintf("\"%s\" is the second value, and there can be one", shown);
}

static char *take_setting(Reading *r, const char *name, const char *key, const char *value) {
        const char *separator = separator_of(r, name);
        Container *c = r->container;
        Setting *s = find_setting(c, name);

        if (s && !separator)
                return refuse_second(value);
        if (s) {
                REPLACE_PTR(s->value, xasprintf("%s%s%s", s->value, separator, value));
                return NULL;
        }
        array_grow(c->settings, c->n_settings);
        c->settings[c->n_settings++] =
                (Setting){ .name = xstrdup(name), .label = xstrdup(key), .value = xstrdup(value) };
        return NULL;
}

static char *take_own(Reading *r, const Option *option, const char *value) {
        char *complaint = NULL;

        if (r->source.mentioned[option - own_keys])
                return refuse_second(value);
        (void)option_set(&r->source, option, value, &complaint);
        return complaint;
}

static char *take_pair(void *userdata, const char *key, const char *value) {
        Reading *r = userdata;
        const Option *option = option_find(&own_table, key, strlen(key));
        const char *setting = option ? NULL : setting_of_key(key, r->domains_variable);

        if (option)
                return take_own(r, option, value);
        if (setting)
                return take_setting(r, setting, key, value);
        return xstrdup("there is no such key: see beachhead-registrar(8), \"What is not a container\"");
}

/* ---- what the keys mean together ---- */

static int refuse(const char *key, const char *value, const char *wrong, char **ret_message) {
        _cleanup_free_ char *shown = problem_value(value);

        *ret_message = xasprintf("%s \"%s\" %s", key, shown, wrong);
        return -EINVAL;
}

/* What looks like an IPv4 address is meant to be one, and no name. */
static bool looks_like_ipv4(const char *host) {
        return host[strspn(host, "0123456789.")] == '\0';
}

static int settle_address(Reading *r, char **ret_message) {
        const char *address = r->own.address;
        struct in_addr ipv4;

        if (!address) {
                *ret_message = xstrdup("there is no address: say with address= where edges reach the service");
                return -EINVAL;
        }
        if (!endpoint_host_is_valid(address) || (looks_like_ipv4(address) && inet_pton(AF_INET, address, &ipv4) != 1))
                return refuse("address", address,
                              "must be an IPv4 address, an IPv6 address without brackets, or a host name",
                              ret_message);
        r->container->address = lower_case(address);
        return 0;
}

static void ignore_problem(void *userdata, const char *domain, const char *reason) {
        (void)userdata, (void)domain, (void)reason;
}

/* What is checked where the file does not say: the first endpoint that is published, for the first domain. */
static void find_target(const char *value, CheckSpec *spec) {
        _cleanup_(registration_freep) Registration *r = NULL;

        if (registration_decode(&r, value, strlen(value), ignore_problem, NULL) < 0)
                return;
        for (size_t i = 0; i < r->n_routes; i++) {
                const Route *route = &r->routes[i];
                const Endpoint *e = route->endpoint.host ? &route->endpoint
                                    : route->http.host   ? &route->http
                                                         : &route->https;
                if (spec->kind == CHECK_HTTP && !spec->domain && server_name_kind(route->domain) == SERVER_NAME_EXACT)
                        spec->domain = xstrdup(route->domain);
                if (spec->port == 0 && e->host)
                        spec->port = e->port;
        }
}

static int settle_check(const Reading *r, const char *value, CheckSpec *ret, char **ret_message) {
        const char *text = r->own.check;

        *ret = r->own.spec;
        if (text && check_spec_parse(text, ret) < 0)
                return refuse("check", text, "must be none, tcp[:PORT] or http[:PORT][/PATH]", ret_message);
        if (ret->kind == CHECK_NONE)
                return 0;
        find_target(value, ret);
        if (ret->port == 0)
                return refuse("check", text, "needs a port, since nothing is served at any", ret_message);
        ret->host = xstrdup(r->container->address);
        return 0;
}

static int settle(Reading *r, const AnnouncementPolicy *policy, CheckSpec *ret_check, char **ret_message) {
        _cleanup_(announcement_done) Announcement a = { 0 };
        int k = settle_address(r, ret_message);

        if (k < 0)
                return k;
        announce(r->container, policy, &a);
        if (a.outcome == ANNOUNCED)
                return settle_check(r, a.value, ret_check, ret_message);
        *ret_message = a.outcome == ANNOUNCED_ERROR
                               ? TAKE_PTR(a.reason)
                               : xstrdup("it asks for nothing: give domains=, virtual_host= or letsencrypt_host=");
        return -EINVAL;
}

static void reading_begin(Reading *r, const char *name, const char *domains_variable) {
        *r = (Reading){
                .own.spec = { .interval_sec = 5, .timeout_sec = 3, .fall = 2, .rise = 2 },
                .container = new0(Container),
                .domains_variable = domains_variable,
        };
        r->source = option_source(&own_table, &r->own);
        *r->container = (Container){
                .id = xstrdup(name),
                .name = xstrdup(name),
                .created = -1,
                .started = xstrdup(""),
                .running = true,
                .stop_signal = xstrdup("SIGTERM"),
        };
}

static void reading_done(Reading *r) {
        option_source_done(&r->source);
        options_free(&own_table, &r->own);
        (void)container_free(r->container);
}

int service_file_parse(ServiceFile *ret, const char *path, const char *name, const char *bytes, size_t size,
                       const AnnouncementPolicy *policy, char **ret_message) {
        _cleanup_(reading_done) Reading r;
        _cleanup_(check_spec_done) CheckSpec check = { 0 };
        _cleanup_free_ char *wrong = NULL;

        reading_begin(&r, name, policy->domains_variable);
        int k = ini_file_parse(path, bytes, size, take_pair, &r, ret_message);
        if (k < 0)
                return k;
        if ((k = settle(&r, policy, &check, &wrong)) < 0) {
                *ret_message = xasprintf("%s: %s", path, wrong);
                return k;
        }
        ret->container = TAKE_PTR(r.container);
        ret->check = check;
        check = (CheckSpec){ 0 };
        return 0;
}

void service_file_done(ServiceFile *f) {
        f->container = container_free(f->container);
        check_spec_done(&f->check);
}
