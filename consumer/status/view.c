/* What the status is rendered from. */
#include "consumer/status/view.h"

char *node_name(size_t n_keyspaces, const Keyspace *keyspace, const char *node) {
        return n_keyspaces > 1 ? keyspace_manifest_key(keyspace, node) : xstrdup(node);
}

/* Redis is not asked for: with it away every edge goes on serving, and none is better than another. */
char *status_view_ailment(const StatusView *v) {
        for (size_t i = 0; i < v->n_outputs; i++) {
                const Output *o = v->outputs[i];
                char *words = o->class->ailment ? o->class->ailment(o) : NULL;
                if (words)
                        return words;
        }
        return NULL;
}
