/* A container as the Engine describes it: one inspect reply, decoded into what Beachhead reads. What other sources
 * have to show is described in the same way. Pure. Source: Docker Engine API, GET /containers/{id}/json. */
#pragma once

#include "common/memory.h"
#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        CONTAINER_REPLY_MAX = 8 * 1024 * 1024, /* bytes of one inspect reply */
        CONTAINER_SETTING_MAX = 64 * 1024,     /* bytes of one variable or label, all of one name taken together */
        CONTAINER_SETTINGS_MAX = 200,          /* variables and labels that are read */
        CONTAINER_NETWORKS_MAX = 100,
        CONTAINER_PORTS_MAX = 5000,
};

typedef enum Health {
        HEALTH_NONE, /* has no health check */
        HEALTH_STARTING,
        HEALTH_HEALTHY,
        HEALTH_UNHEALTHY,
} Health;

/* A variable of the environment, a label, or a key of a service's file. */
typedef struct Setting {
        char *name;  /* its one name (variables.h): "VIRTUAL_HOST", "keepalive" */
        char *label; /* or key, as it stands there; NULL: a variable of the environment */
        char *value; /* NULL: longer than CONTAINER_SETTING_MAX */
} Setting;

typedef struct Network {
        char *name;
        char *ipv4, *ipv6; /* or NULL */
} Network;

/* A TCP port that is exposed by the image or container and, where host_port is not 0, published on the host. */
typedef struct Port {
        uint16_t container_port, host_port;
        char *host_ip; /* "0.0.0.0", "::" or an address; NULL where not published */
} Port;

typedef struct Container {
        char *id;
        char *name;      /* without the leading slash */
        int64_t created; /* Unix seconds; -1 unknown */
        char *started;   /* when its present life began, as the Engine writes it; "" unknown */
        bool running, paused;
        Health health;
        char *ailment;     /* what is wrong with its health; NULL: nobody says */
        char *stop_signal; /* as in the image, "SIGTERM" by default */
        char *address;     /* where it says itself that it is; NULL: where networks and ports say, it is a container */
        bool host_network;
        Setting *settings;
        size_t n_settings;
        Network *networks; /* in the order of their names */
        size_t n_networks;
        Port *ports; /* in the order of container_port, host_port, host_ip */
        size_t n_ports;
} Container;

/* Decodes one inspect reply. `domains_variable` is the variable that takes the place of BEACHHEAD_DOMAINS (--envvar).
 * Kept are it and the variables and labels of variables.h. All else, secrets among it, is forgotten here. Returns 0,
 * or -EBADMSG with what is missing, wrong or too much in *ret_message (owned by the caller). */
int container_decode(Container **ret, const char *bytes, size_t size, const char *domains_variable,
                     char **ret_message);

/* The value of a setting without white space around it, a label before a variable and our own before nginx-proxy's:
 * where such a label has it, the others of that name do not count. Several of one name add up, joined by `separator`;
 * without one the last counts, as in docker-gen. NULL where there is none or nothing in it; the caller owns the
 * result. */
char *container_setting(const Container *c, const char *name, const char *separator);
/* How the container itself calls that setting, for messages: a label or key, or else `name`. Borrowed. */
const char *container_setting_source(const Container *c, const char *name);
/* Whether what counts of a setting is longer than CONTAINER_SETTING_MAX. */
bool container_setting_is_overlong(const Container *c, const char *name);
/* The name of the first setting of which that is true; NULL: of none. */
const char *container_overlong_setting(const Container *c);

/* Whether `signal` ("15", "TERM", "SIGTERM") asks this container to end: its stop signal, or KILL. */
bool container_ends_on(const Container *c, const char *signal);

Container *container_free(Container *c);
DEFINE_CLEANUP(Container *, container_free);
