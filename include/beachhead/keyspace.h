/* The names of everything that registrar and consumer share in Redis. Includes nothing of ours; see
 * beachhead-registration(5) for the same in words. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define KEYSPACE_DEFAULT_PREFIX "/beachhead/"

enum {
        KEYSPACE_PREFIX_MAX = 128,   /* bytes of a prefix, its last slash included */
        KEYSPACE_INSTANCE_MAX = 255, /* bytes of <instance>: a container name, perhaps "@" and a node */
        KEYSPACE_NODE_MAX = 63,      /* bytes of <node>: a host name label, or 32 hex digits of a machine id */
};

/* One prefix and the names that follow from it; all strings are owned. */
typedef struct Keyspace {
        char *registrations; /* "/beachhead/": registrations live right below, on one level */
        char *nodes;         /* "/beachhead-nodes/": a manifest for each node */
        char *changes;       /* "/beachhead-changes": the channel of hints, each an <instance> */
        char *fences;        /* "/beachhead-fences": the channel of the consumers' fences */
        char *locks;         /* "/beachhead-locks/": what only one consumer may do at a time */
        char *certificates;  /* "/beachhead-certs/": what consumers share of certificates, sealed */
} Keyspace;

/* Derives all names from `prefix` (a missing last slash is added). Returns 0, or -EINVAL where the prefix is
 * empty, longer than KEYSPACE_PREFIX_MAX, or holds white space, control or glob characters. */
int keyspace_init(Keyspace *ret, const char *prefix);
void keyspace_done(Keyspace *k);

/* Below registrations, nodes, locks and certificates; the caller owns the result. */
char *keyspace_registration_key(const Keyspace *k, const char *instance);
char *keyspace_manifest_key(const Keyspace *k, const char *node);
char *keyspace_lock_key(const Keyspace *k, const char *what);
char *keyspace_certificate_key(const Keyspace *k, const char *name);

/* The <instance> of a registration's key, pointing into `key`; NULL where the key is not one of this keyspace
 * (another prefix, another level, no valid instance). */
const char *keyspace_instance(const Keyspace *k, const char *key);

/* The <node> of "<name>@<node>", pointing into `instance`; NULL without one. */
const char *keyspace_node(const char *instance);

/* Docker's rule for container names, with at most one "@" and a node after it. */
bool keyspace_instance_is_valid(const char *instance);
/* Letters, digits, "_", "." and "-", 1 to KEYSPACE_NODE_MAX of them. */
bool keyspace_node_is_valid(const char *node);
