/* Reads the manifests of all nodes from Redis now and then, over a connection of its own: for the status alone, so
 * that nothing else waits for it. */
#pragma once

#include "common/redis-url.h"
#include "consumer/status/view.h"

#include <systemd/sd-event.h>

/* Of more the first ones by name are kept. */
enum {
        NODES_MAX = 1000,
        NODES_BYTES_MAX = 64 * 1024 * 1024, /* of all manifests */
};

typedef struct Nodes Nodes;

/* All borrowed; must outlive the nodes. */
typedef struct NodesPolicy {
        const RedisUrl *redis;
        const Keyspace *keyspaces;
        size_t n_keyspaces;
        uint64_t interval_usec;
} NodesPolicy;

/* `changed` is called after each reading. */
void nodes_new(Nodes **ret, sd_event *event, const NodesPolicy *policy, void (*changed)(void *userdata),
               void *userdata);
/* Borrowed until the loop runs again; what was read last stands while Redis is away. */
const NodeList *nodes_list(const Nodes *n);
Nodes *nodes_free(Nodes *n);
DEFINE_CLEANUP(Nodes *, nodes_free);
