/* What the status over HTTP is rendered from: the consumer as it stands at one moment. Everything is borrowed until
 * the loop runs again. Pure. */
#pragma once

#include "beachhead/keyspace.h"
#include "beachhead/manifest.h"
#include "consumer/output.h"
#include "consumer/sites.h"
#include "consumer/table.h"

#include <stddef.h>
#include <stdint.h>

/* A manifest that is in Redis. */
typedef struct Node {
        char *name; /* as node_name() has it */
        Manifest *manifest;
} Node;

typedef struct NodeList {
        Node *items; /* in the order of their names */
        size_t count;
        size_t left_out; /* for lack of room */
} NodeList;

typedef struct StatusView {
        const Table *table;
        const Sites *sites; /* NULL: Redis has not been read yet */
        Output *const *outputs;
        size_t n_outputs;
        const Keyspace *keyspaces;
        size_t n_keyspaces;
        const NodeList *nodes;
        const char *redis;       /* where it is, without user and password */
        const char *redis_error; /* why it is away; NULL: it is not */
        const char *ailment;     /* as status_view_ailment() has it; NULL: none */
        uint64_t changes;        /* how often the sites differed */
        uint64_t realtime_usec, monotonic_usec;
} StatusView;

/* What a node below `keyspace` is called: its name; where there are several keyspaces, the key of its manifest. The
 * caller owns it. */
char *node_name(size_t n_keyspaces, const Keyspace *keyspace, const char *node);
/* Why no requests should be sent to this edge, a sentence that the caller owns; NULL: they may be. */
char *status_view_ailment(const StatusView *v);
