/* The hosts that publish. */
#include "consumer/status/node-status.h"

#include <string.h>
#include <uthash.h>

/* While they are gathered. */
typedef struct Gathered {
        NodeStatus status;
        UT_hash_handle hh;
} Gathered;

/* Owns the name. */
static NodeStatus *gather(Gathered **all, char *name) {
        Gathered *g;

        HASH_FIND_STR(*all, name, g);
        if (g) {
                free(name);
                return &g->status;
        }
        g = new0(Gathered);
        g->status.name = name;
        HASH_ADD_KEYPTR(hh, *all, g->status.name, strlen(g->status.name), g);
        return &g->status;
}

/* The name of the node that an entry is from, owned by the caller; NULL: its writer keeps no manifest. */
static char *node_of(const StatusView *v, const Entry *e) {
        for (size_t i = 0; i < v->n_keyspaces; i++) {
                const char *instance = keyspace_instance(&v->keyspaces[i], e->key);
                if (!instance)
                        continue;
                const char *node = keyspace_node(instance);
                if (!node && e->registration)
                        node = e->registration->machine;
                return node && keyspace_node_is_valid(node) ? node_name(v->n_keyspaces, &v->keyspaces[i], node) : NULL;
        }
        return NULL;
}

static void gather_entries(const StatusView *v, Gathered **all) {
        size_t count;
        const Entry *const *entries = table_entries(v->table, &count);

        for (size_t i = 0; i < count; i++) {
                char *name = entries[i]->state == ENTRY_GONE ? NULL : node_of(v, entries[i]);
                if (!name)
                        continue;
                NodeStatus *status = gather(all, name);
                if (entries[i]->state == ENTRY_LIVE)
                        status->live++;
                else
                        status->missing++;
        }
}

static int compare_names(const void *a, const void *b) {
        return strcmp(((const NodeStatus *)a)->name, ((const NodeStatus *)b)->name);
}

NodeStatuses *node_statuses_new(const StatusView *v) {
        NodeStatuses *s = new0(NodeStatuses);
        Gathered *all = NULL, *g, *next;

        for (size_t i = 0; i < v->nodes->count; i++)
                gather(&all, xstrdup(v->nodes->items[i].name))->manifest = v->nodes->items[i].manifest;
        gather_entries(v, &all);
        s->items = xcalloc(HASH_COUNT(all), sizeof *s->items);
        HASH_ITER (hh, all, g, next) {
                HASH_DEL(all, g);
                s->items[s->count++] = g->status;
                free(g);
        }
        if (s->count > 1)
                qsort(s->items, s->count, sizeof *s->items, compare_names);
        return s;
}

NodeStatuses *node_statuses_free(NodeStatuses *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->count; i++)
                free(s->items[i].name);
        free(s->items);
        free(s);
        return NULL;
}
