/* Event lines and lists, decoded; the Engine and what containers told it are not trusted. */
#include "registrar/engine-message.h"

#include "common/json.h"
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 4096 };

bool container_id_is_valid(const char *id) {
        size_t length = strlen(id);

        if (length < 1 || length > CONTAINER_ID_MAX)
                return false;
        for (const char *c = id; *c; c++)
                if (!isxdigit((unsigned char)*c))
                        return false;
        return true;
}

/* Without the leading slash; NULL where it is no container's name. */
static const char *valid_name(const char *name) {
        if (name && *name == '/')
                name++;
        return name && keyspace_instance_is_valid(name) && !keyspace_node(name) ? name : NULL;
}

/* `text` fits: its length was checked where it was read. */
static void copy_text(char *to, size_t size, const char *text) {
        (void)snprintf(to, size, "%s", text ? text : "");
}

/* ---- events ---- */

static const struct {
        const char *action;
        EngineEventKind kind;
} container_actions[] = {
        { "start", ENGINE_STARTED },  { "die", ENGINE_ENDED },
        { "stop", ENGINE_ENDED }, /* Podman's first word about it */
        { "destroy", ENGINE_ENDED },  { "remove", ENGINE_ENDED },
        { "pause", ENGINE_PAUSED },   { "unpause", ENGINE_UNPAUSED },
        { "rename", ENGINE_RENAMED }, { "kill", ENGINE_SIGNALLED },
};

static Health health_from_word(const char *word) {
        static const char *const words[] = {
                [HEALTH_STARTING] = "starting",
                [HEALTH_HEALTHY] = "healthy",
                [HEALTH_UNHEALTHY] = "unhealthy",
        };

        for (Health h = HEALTH_STARTING; word && h <= HEALTH_UNHEALTHY; h++)
                if (strcmp(words[h], word) == 0)
                        return h;
        return HEALTH_NONE;
}

/* Docker: the action is "health_status: healthy". Podman: it is "health_status", and the word stands beside it. */
static Health decode_health(const cJSON *event, const char *action) {
        static const char plain[] = "health_status", with_word[] = "health_status: ";
        const char *word = NULL;

        if (has_prefix(action, with_word))
                word = action + strlen(with_word);
        else if (strcmp(action, plain) == 0 && !(word = json_string(event, "HealthStatus", TEXT_MAX)))
                word = json_string(json_member(json_member(event, "Actor"), "Attributes"), plain, TEXT_MAX);
        return health_from_word(word);
}

static EngineEventKind decode_container_action(const cJSON *event, const char *action, Health *ret_health) {
        for (size_t i = 0; i < sizeof container_actions / sizeof *container_actions; i++)
                if (strcmp(container_actions[i].action, action) == 0)
                        return container_actions[i].kind;
        *ret_health = decode_health(event, action);
        return *ret_health == HEALTH_NONE ? ENGINE_OTHER : ENGINE_HEALTH;
}

static EngineEventKind decode_network_action(const char *action) {
        return strcmp(action, "connect") == 0 || strcmp(action, "disconnect") == 0 ? ENGINE_NETWORK : ENGINE_OTHER;
}

int engine_event_decode(const char *line, size_t size, EngineEvent *ret) {
        EngineEvent e = { 0 };
        _cleanup_json_ cJSON *event = json_parse(line, size);
        const cJSON *actor = json_member(event, "Actor"), *attributes = json_member(actor, "Attributes");
        const char *type = json_string(event, "Type", TEXT_MAX), *action = json_string(event, "Action", TEXT_MAX);
        const char *id = NULL, *name = NULL, *signal;

        if (!type || !action)
                return -EBADMSG;
        if (strcmp(type, "container") == 0) {
                e.kind = decode_container_action(event, action, &e.health);
                id = json_string(actor, "ID", CONTAINER_ID_MAX);
                name = valid_name(json_string(attributes, "name", CONTAINER_NAME_MAX));
        } else if (strcmp(type, "network") == 0) {
                e.kind = decode_network_action(action);
                id = json_string(attributes, "container", CONTAINER_ID_MAX);
        }
        if (e.kind != ENGINE_OTHER && (!id || !container_id_is_valid(id)))
                return -EBADMSG;
        if (e.kind != ENGINE_OTHER) {
                signal = json_string(attributes, "signal", CONTAINER_SIGNAL_MAX);
                copy_text(e.id, sizeof e.id, id);
                copy_text(e.name, sizeof e.name, name);
                copy_text(e.signal, sizeof e.signal, signal);
        }
        *ret = e;
        return 0;
}

/* ---- whereabouts ---- */

static void add_network(StringList *l, const char *name, const char *ipv4, const char *ipv6) {
        if ((ipv4 && *ipv4) || (ipv6 && *ipv6))
                string_list_addf(l, "network %s %s %s", name, ipv4 ? ipv4 : "", ipv6 ? ipv6 : "");
}

/* The host's address is left out: it cannot change while the container lives, and Podman does not list it. */
static void add_port(StringList *l, unsigned container_port, unsigned host_port) {
        if (host_port > 0)
                string_list_addf(l, "port %u %u", container_port, host_port);
}

/* Sorted, since neither reply has an order, and each once: a port is listed for IPv4 and for IPv6. */
static char *join_whereabouts(const char *name, StringList *l) {
        Text t = { 0 };

        string_list_sort(l);
        text_append(&t, name);
        for (size_t i = 0; i < l->count; i++)
                if (i == 0 || strcmp(l->items[i], l->items[i - 1]) != 0)
                        text_appendf(&t, "\n%s", l->items[i]);
        return text_take(&t);
}

char *container_whereabouts(const Container *c) {
        _cleanup_string_list_ StringList l = { 0 };

        for (size_t i = 0; i < c->n_networks; i++)
                add_network(&l, c->networks[i].name, c->networks[i].ipv4, c->networks[i].ipv6);
        for (size_t i = 0; i < c->n_ports; i++)
                add_port(&l, c->ports[i].container_port, c->ports[i].host_port);
        return join_whereabouts(c->name, &l);
}

static char *listed_whereabouts(const cJSON *object, const char *name) {
        const cJSON *networks = json_member(json_member(object, "NetworkSettings"), "Networks"), *item;
        _cleanup_string_list_ StringList l = { 0 };

        if (cJSON_IsObject(networks))
                cJSON_ArrayForEach (item, networks)
                        add_network(&l, item->string, json_string(item, "IPAddress", TEXT_MAX),
                                    json_string(item, "GlobalIPv6Address", TEXT_MAX));
        cJSON_ArrayForEach (item, json_member(object, "Ports"))
                if (streq_or_null(json_string(item, "Type", TEXT_MAX), "tcp"))
                        add_port(&l, (unsigned)json_integer(item, "PrivatePort", 0),
                                 (unsigned)json_integer(item, "PublicPort", 0));
        return join_whereabouts(name, &l);
}

/* ---- the list ---- */

/* "Up 5 minutes (healthy)". */
static Health listed_health(const char *status) {
        if (!status)
                return HEALTH_NONE;
        if (strstr(status, "(healthy)"))
                return HEALTH_HEALTHY;
        if (strstr(status, "(unhealthy)"))
                return HEALTH_UNHEALTHY;
        return strstr(status, "(health: starting)") || strstr(status, "(starting)") ? HEALTH_STARTING : HEALTH_NONE;
}

/* A container that has links is also listed under their names, "/other/alias". */
static const char *listed_name(const cJSON *object) {
        const cJSON *item;

        cJSON_ArrayForEach (item, json_member(object, "Names")) {
                const char *name = cJSON_IsString(item) ? valid_name(item->valuestring) : NULL;
                if (name)
                        return name;
        }
        return "";
}

/* One between two restarts is listed too, as "restarting"; it does not run. */
static void take_listed(EngineList *l, size_t max, const cJSON *object) {
        const char *id = json_string(object, "Id", CONTAINER_ID_MAX), *state = json_string(object, "State", TEXT_MAX);
        bool paused = streq_or_null(state, "paused");

        if (!id || !container_id_is_valid(id) || (state && !paused && strcmp(state, "running") != 0))
                return;
        if (l->count == max) {
                l->cut = true;
                return;
        }
        const char *name = listed_name(object);
        array_grow(l->containers, l->count);
        ListedContainer *c = &l->containers[l->count++];
        *c = (ListedContainer){
                .name = xstrdup(name),
                .paused = paused,
                .health = listed_health(json_string(object, "Status", TEXT_MAX)),
                .whereabouts = listed_whereabouts(object, name),
        };
        copy_text(c->id, sizeof c->id, id);
}

static const char *skip_space(const char *p, const char *end) {
        while (p < end && strchr(" \t\r\n", *p) && *p)
                p++;
        return p;
}

/* Where the value at `p` ends: at the comma or bracket behind it; NULL where it does not. Only tells values apart;
 * whether they are JSON is for the parser to say. */
static const char *find_value_end(const char *p, const char *end) {
        bool in_string = false;
        size_t depth = 0;

        for (; p < end; p++) {
                if (in_string && *p == '\\' && p + 1 < end)
                        p++;
                else if (*p == '"')
                        in_string = !in_string;
                else if (in_string)
                        continue;
                else if (*p == '[' || *p == '{')
                        depth++;
                else if (depth == 0 && (*p == ',' || *p == ']' || *p == '}'))
                        return p;
                else if (*p == ']' || *p == '}')
                        depth--;
        }
        return NULL;
}

int engine_list_decode(const char *bytes, size_t size, size_t max, EngineList *ret) {
        _cleanup_engine_list_ EngineList l = { 0 };
        const char *end = bytes + size, *p = skip_space(bytes, end);
        bool more = true;

        if (p == end || *p != '[')
                return -EBADMSG;
        p = skip_space(p + 1, end);
        if (p < end && *p == ']') {
                more = false;
                p++;
        }
        while (more) {
                const char *value_end = find_value_end(p, end);
                _cleanup_json_ cJSON *object = value_end ? json_parse(p, (size_t)(value_end - p)) : NULL;
                if (!object || *value_end == '}')
                        return -EBADMSG;
                take_listed(&l, max, object);
                more = *value_end == ',';
                p = value_end + 1;
        }
        if (skip_space(p, end) != end)
                return -EBADMSG;
        *ret = l;
        l = (EngineList){ 0 };
        return 0;
}

void engine_list_done(EngineList *l) {
        for (size_t i = 0; i < l->count; i++) {
                free(l->containers[i].name);
                free(l->containers[i].whereabouts);
        }
        free(l->containers);
        *l = (EngineList){ 0 };
}
