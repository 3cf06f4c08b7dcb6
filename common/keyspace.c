/* The names of everything that registrar and consumer share in Redis. */
#include "beachhead/keyspace.h"

#include "common/memory.h"
#include "common/text.h"

#include <errno.h>
#include <string.h>

int keyspace_init(Keyspace *ret, const char *prefix) {
        size_t length = strlen(prefix);

        if (length == 0 || length >= KEYSPACE_PREFIX_MAX)
                return -EINVAL;
        for (const char *c = prefix; *c; c++)
                if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("*?[]\\", *c))
                        return -EINVAL;
        int base = (int)(prefix[length - 1] == '/' ? length - 1 : length);
        *ret = (Keyspace){
                .registrations = xasprintf("%.*s/", base, prefix),
                .nodes = xasprintf("%.*s-nodes/", base, prefix),
                .changes = xasprintf("%.*s-changes", base, prefix),
                .fences = xasprintf("%.*s-fences", base, prefix),
                .locks = xasprintf("%.*s-locks/", base, prefix),
                .certificates = xasprintf("%.*s-certs/", base, prefix),
        };
        return 0;
}

void keyspace_done(Keyspace *k) {
        free(k->registrations);
        free(k->nodes);
        free(k->changes);
        free(k->fences);
        free(k->locks);
        free(k->certificates);
        *k = (Keyspace){ 0 };
}

char *keyspace_registration_key(const Keyspace *k, const char *instance) {
        return xasprintf("%s%s", k->registrations, instance);
}

char *keyspace_manifest_key(const Keyspace *k, const char *node) {
        return xasprintf("%s%s", k->nodes, node);
}

char *keyspace_lock_key(const Keyspace *k, const char *what) {
        return xasprintf("%s%s", k->locks, what);
}

char *keyspace_certificate_key(const Keyspace *k, const char *name) {
        return xasprintf("%s%s", k->certificates, name);
}

const char *keyspace_instance(const Keyspace *k, const char *key) {
        if (!has_prefix(key, k->registrations))
                return NULL;
        key += strlen(k->registrations);
        return keyspace_instance_is_valid(key) ? key : NULL;
}

const char *keyspace_node(const char *instance) {
        const char *at = strchr(instance, '@');

        return at ? at + 1 : NULL;
}

/* The length of the run of characters that Docker allows in a name. */
static size_t name_length(const char *text) {
        return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
}

bool keyspace_node_is_valid(const char *node) {
        size_t length = name_length(node);

        return length > 0 && length <= KEYSPACE_NODE_MAX && node[length] == '\0';
}

bool keyspace_instance_is_valid(const char *instance) {
        size_t length = name_length(instance);

        if (length == 0 || strlen(instance) > KEYSPACE_INSTANCE_MAX)
                return false;
        return instance[length] == '\0' || (instance[length] == '@' && keyspace_node_is_valid(instance + length + 1));
}
