/* One inspect reply, decoded into what Beachhead reads of it; the Engine and what containers told it are not trusted.
 * Decoders return NULL, or what is wrong. */
#include "registrar/container.h"

#include "common/json.h"
#include "registrar/stop-signal.h"
#include "registrar/variables.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

enum {
        ID_MAX = 128, /* bytes of a container's id */
        TEXT_MAX = 4096,
};

Container *container_free(Container *c) {
        if (!c)
                return NULL;
        for (size_t i = 0; i < c->n_settings; i++) {
                free(c->settings[i].name);
                free(c->settings[i].label);
                free(c->settings[i].value);
        }
        for (size_t i = 0; i < c->n_networks; i++) {
                free(c->networks[i].name);
                free(c->networks[i].ipv4);
                free(c->networks[i].ipv6);
        }
        for (size_t i = 0; i < c->n_ports; i++)
                free(c->ports[i].host_ip);
        free(c->settings);
        free(c->networks);
        free(c->ports);
        free(c->id);
        free(c->name);
        free(c->started);
        free(c->ailment);
        free(c->stop_signal);
        free(c->address);
        free(c);
        return NULL;
}

/* `label` NULL: it stands in the environment. */
static const char *add_setting(Container *c, const char *name, const char *label, const char *value) {
        size_t size = strlen(value);

        if (c->n_settings == CONTAINER_SETTINGS_MAX)
                return "it has more variables and labels for Beachhead than are read";
        for (size_t i = 0; i < c->n_settings; i++) {
                const Setting *other = &c->settings[i];
                if (other->value && setting_rank(other->label) == setting_rank(label) &&
                    strcmp(other->name, name) == 0)
                        size += strlen(other->value) + 1;
        }
        array_grow(c->settings, c->n_settings);
        c->settings[c->n_settings++] = (Setting){
                .name = xstrdup(name),
                .label = label ? xstrdup(label) : NULL,
                .value = size <= CONTAINER_SETTING_MAX ? xstrdup(value) : NULL,
        };
        return NULL;
}

static const char *decode_settings(Container *c, const cJSON *config, const char *domains_variable) {
        const cJSON *item, *environment = json_member(config, "Env"), *labels = json_member(config, "Labels");
        const char *name, *wrong = NULL;

        cJSON_ArrayForEach (item, environment) {
                const char *equals = cJSON_IsString(item) ? strchr(item->valuestring, '=') : NULL;
                if (!equals)
                        continue;
                name = setting_of_variable(item->valuestring, (size_t)(equals - item->valuestring), domains_variable);
                if (name && (wrong = add_setting(c, name, NULL, equals + 1)))
                        return wrong;
        }
        cJSON_ArrayForEach (item, labels) {
                name = item->string ? setting_of_label(item->string, domains_variable) : NULL;
                if (name && cJSON_IsString(item) && (wrong = add_setting(c, name, item->string, item->valuestring)))
                        return wrong;
        }
        return NULL;
}

/* An engine without health checks leaves the object out, or its status empty; Podman 4 calls it "Healthcheck". */
static Health decode_health(const cJSON *state) {
        const char *status = json_string(json_member(state, "Health"), "Status", TEXT_MAX);

        if (!status)
                status = json_string(json_member(state, "Healthcheck"), "Status", TEXT_MAX);
        if (!status || !*status || strcmp(status, "none") == 0)
                return HEALTH_NONE;
        if (strcmp(status, "healthy") == 0)
                return HEALTH_HEALTHY;
        return strcmp(status, "unhealthy") == 0 ? HEALTH_UNHEALTHY : HEALTH_STARTING;
}

/* Between two starts the Engine says both "Running" and "restarting". */
static void decode_state(Container *c, const cJSON *state) {
        const char *status = json_string(state, "Status", TEXT_MAX);
        const char *started = json_string(state, "StartedAt", TEXT_MAX);

        c->started = xstrdup(started ? started : "");
        c->running = cJSON_IsTrue(json_member(state, "Running")) && !streq_or_null(status, "restarting");
        c->paused = cJSON_IsTrue(json_member(state, "Paused")) || streq_or_null(status, "paused");
        c->health = decode_health(state);
}

/* RFC 3339, with a fraction or without. Returns Unix seconds, or -1. */
static int64_t decode_time(const char *text) {
        struct tm tm = { 0 };
        const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

        if (!rest)
                return -1;
        if (*rest == '.')
                rest += 1 + strspn(rest + 1, "0123456789");
        rest = strptime(rest, "%z", &tm);
        if (!rest || *rest)
                return -1;
        long offset = tm.tm_gmtoff;
        int64_t seconds = (int64_t)timegm(&tm) - offset;
        return seconds >= 0 ? seconds : -1;
}

/* Podman may give the number. */
static char *decode_stop_signal(const cJSON *config) {
        const char *name = json_string(config, "StopSignal", TEXT_MAX);
        int64_t number = json_integer(config, "StopSignal", 0);

        if (name && *name)
                return xstrdup(name);
        return number > 0 ? xasprintf("%lld", (long long)number) : xstrdup("SIGTERM");
}

static char *decode_address(const cJSON *object, const char *name, int family) {
        const char *text = json_string(object, name, INET6_ADDRSTRLEN);
        struct in6_addr address;

        return text && inet_pton(family, text, &address) == 1 ? xstrdup(text) : NULL;
}

static int compare_networks(const void *a, const void *b) {
        return strcmp(((const Network *)a)->name, ((const Network *)b)->name);
}

static const char *add_network(Container *c, const char *name, const cJSON *network) {
        if (c->n_networks == CONTAINER_NETWORKS_MAX)
                return "it is on more networks than are read";
        array_grow(c->networks, c->n_networks);
        c->networks[c->n_networks++] = (Network){
                .name = xstrdup(name),
                .ipv4 = decode_address(network, "IPAddress", AF_INET),
                .ipv6 = decode_address(network, "GlobalIPv6Address", AF_INET6),
        };
        return NULL;
}

/* Podman may list no network and give the address of its only one beside the list. */
static const char *decode_networks(Container *c, const cJSON *network_settings) {
        const cJSON *networks = json_member(network_settings, "Networks"), *network;
        const char *wrong;

        if (!cJSON_IsObject(networks) || !networks->child)
                return add_network(c, "bridge", network_settings);
        cJSON_ArrayForEach (network, networks)
                if ((wrong = add_network(c, network->string, network)))
                        return wrong;
        qsort(c->networks, c->n_networks, sizeof *c->networks, compare_networks);
        return NULL;
}

/* "80/tcp" or "80". Returns 0 where it is no TCP port. */
static uint16_t decode_port_key(const char *key) {
        size_t length = strcspn(key, "/");
        _cleanup_free_ char *number = xstrndup(key, length);
        uint16_t port;

        if (key[length] != '\0' && strcmp(key + length, "/tcp") != 0)
                return 0;
        return parse_port(number, &port) == 0 ? port : 0;
}

static void add_port(Container *c, uint16_t container_port, uint16_t host_port, const char *host_ip) {
        array_grow(c->ports, c->n_ports);
        c->ports[c->n_ports++] = (Port){ container_port, host_port, host_ip ? xstrdup(host_ip) : NULL };
}

/* A binding that is not in force yet has an empty HostPort; Podman leaves HostIp empty for every address. */
static void add_binding(Container *c, uint16_t container_port, const cJSON *binding) {
        const char *port = json_string(binding, "HostPort", TEXT_MAX), *ip = json_string(binding, "HostIp", TEXT_MAX);
        struct in6_addr address;
        uint16_t host_port;

        if (!port || parse_port(port, &host_port) < 0)
                return;
        if (!ip || !*ip)
                ip = "0.0.0.0";
        if (inet_pton(AF_INET, ip, &address) == 1 || inet_pton(AF_INET6, ip, &address) == 1)
                add_port(c, container_port, host_port, ip);
}

static int compare_ports(const void *a, const void *b) {
        const Port *x = a, *y = b;

        if (x->container_port != y->container_port)
                return x->container_port < y->container_port ? -1 : 1;
        if (x->host_port != y->host_port)
                return x->host_port < y->host_port ? -1 : 1;
        return strcmp(x->host_ip ? x->host_ip : "", y->host_ip ? y->host_ip : "");
}

/* Sorts, and leaves of a port that is both exposed and published, or exposed twice, what says more. */
static void settle_ports(Container *c) {
        size_t kept = 0;

        if (c->n_ports > 1)
                qsort(c->ports, c->n_ports, sizeof *c->ports, compare_ports);
        for (size_t i = 0; i < c->n_ports; i++) {
                const Port *next = i + 1 < c->n_ports ? &c->ports[i + 1] : NULL;
                if (c->ports[i].host_port > 0 || !next || next->container_port != c->ports[i].container_port)
                        c->ports[kept++] = c->ports[i];
        }
        c->n_ports = kept;
}

/* Ports as in "Ports", each with its bindings or null, or as in "ExposedPorts", each with an empty object. */
static void gather_ports(Container *c, const cJSON *ports) {
        const cJSON *item, *binding;

        cJSON_ArrayForEach (item, ports) {
                uint16_t port = item->string ? decode_port_key(item->string) : 0;
                if (port == 0)
                        continue;
                add_port(c, port, 0, NULL);
                if (!cJSON_IsArray(item))
                        continue;
                cJSON_ArrayForEach (binding, item) {
                        add_binding(c, port, binding);
                }
        }
}

static const char *decode_ports(Container *c, const cJSON *network_settings, const cJSON *config) {
        gather_ports(c, json_member(network_settings, "Ports"));
        gather_ports(c, json_member(config, "ExposedPorts"));
        settle_ports(c);
        return c->n_ports > CONTAINER_PORTS_MAX ? "it has more ports than are read" : NULL;
}

/* Without state or configuration a container would seem to ask for nothing: then the reply is no answer at all. */
static const char *decode_container(Container *c, const cJSON *reply, const char *domains_variable) {
        const cJSON *state = json_member(reply, "State"), *config = json_member(reply, "Config");
        const cJSON *network_settings = json_member(reply, "NetworkSettings");
        const char *id = json_string(reply, "Id", ID_MAX), *name = json_string(reply, "Name", TEXT_MAX), *wrong;

        if (!id || !*id || !name)
                return "there is no \"Id\" or no \"Name\"";
        if (!cJSON_IsObject(state) || !cJSON_IsObject(config))
                return "there is no \"State\" or no \"Config\"";
        c->id = xstrdup(id);
        c->name = xstrdup(*name == '/' ? name + 1 : name);
        c->created = decode_time(json_string(reply, "Created", TEXT_MAX));
        c->stop_signal = decode_stop_signal(config);
        c->host_network =
                streq_or_null(json_string(json_member(reply, "HostConfig"), "NetworkMode", TEXT_MAX), "host");
        decode_state(c, state);
        if ((wrong = decode_settings(c, config, domains_variable)) || (wrong = decode_networks(c, network_settings)))
                return wrong;
        return decode_ports(c, network_settings, config);
}

int container_decode(Container **ret, const char *bytes, size_t size, const char *domains_variable,
                     char **ret_message) {
        _cleanup_(container_freep) Container *c = new0(Container);

        _cleanup_json_ cJSON *reply = size <= CONTAINER_REPLY_MAX ? json_parse(bytes, size) : NULL;
        const char *wrong = size > CONTAINER_REPLY_MAX ? "it is larger than an inspect reply may be"
                            : !cJSON_IsObject(reply)   ? "it is no JSON object"
                                                       : decode_container(c, reply, domains_variable);
        if (wrong) {
                *ret_message = xstrdup(wrong);
                return -EBADMSG;
        }
        *ret = TAKE_PTR(c);
        return 0;
}

static int highest_rank(const Container *c, const char *name) {
        int highest = 0;

        for (size_t i = 0; i < c->n_settings; i++)
                if (strcmp(c->settings[i].name, name) == 0 && setting_rank(c->settings[i].label) > highest)
                        highest = setting_rank(c->settings[i].label);
        return highest;
}

/* Whether it is of that name, and not overruled. */
static bool counts(const Container *c, const Setting *s, const char *name) {
        return strcmp(s->name, name) == 0 && setting_rank(s->label) == highest_rank(c, name);
}

char *container_setting(const Container *c, const char *name, const char *separator) {
        _cleanup_text_ Text text = { 0 };

        for (size_t i = 0; i < c->n_settings; i++) {
                const Setting *s = &c->settings[i];
                if (!s->value || !counts(c, s, name))
                        continue;
                if (!separator)
                        text_done(&text);
                else if (text.size > 0)
                        text_append(&text, separator);
                text_append(&text, s->value);
        }
        _cleanup_free_ char *value = trimmed(text.data ? text.data : "");
        return *value ? TAKE_PTR(value) : NULL;
}

const char *container_setting_source(const Container *c, const char *name) {
        const char *source = name;

        for (size_t i = 0; i < c->n_settings; i++)
                if (c->settings[i].label && counts(c, &c->settings[i], name))
                        source = c->settings[i].label;
        return source;
}

bool container_setting_is_overlong(const Container *c, const char *name) {
        for (size_t i = 0; i < c->n_settings; i++)
                if (!c->settings[i].value && counts(c, &c->settings[i], name))
                        return true;
        return false;
}

const char *container_overlong_setting(const Container *c) {
        for (size_t i = 0; i < c->n_settings; i++)
                if (container_setting_is_overlong(c, c->settings[i].name))
                        return c->settings[i].name;
        return NULL;
}

bool container_ends_on(const Container *c, const char *signal) {
        int number = signal_number(signal), stop = signal_number(c->stop_signal);

        return number == SIGKILL || (number > 0 && number == (stop > 0 ? stop : SIGTERM));
}
