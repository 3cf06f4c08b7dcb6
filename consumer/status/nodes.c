/* The manifests of all nodes: SCAN for their keys, then one after the other. */
#include "consumer/status/nodes.h"

#include "common/log.h"
#include "common/redis-link.h"
#include "common/redis-scan.h"
#include "common/timer.h"

#include <stdio.h>
#include <string.h>

enum { SCAN_BATCH = 1000 };

DEFINE_CLEANUP(Manifest *, manifest_free);

struct Nodes {
        sd_event *event;
        NodesPolicy policy;
        void (*changed)(void *userdata);
        void *userdata;
        RedisLink *link;
        sd_event_source *interval;
        NodeList known;
        /* the reading under way */
        bool reading;
        size_t keyspace;    /* that is scanned */
        StringList to_read; /* keys, in reverse order, each once */
        size_t read_bytes;
        NodeList read;
};

static void node_list_clear(NodeList *l) {
        for (size_t i = 0; i < l->count; i++) {
                free(l->items[i].name);
                (void)manifest_free(l->items[i].manifest);
        }
        free(l->items);
        *l = (NodeList){ 0 };
}

static void end_reading(Nodes *n) {
        n->reading = false;
        string_list_clear(&n->to_read);
        node_list_clear(&n->read);
        n->read_bytes = 0;
}

static int compare_names(const void *a, const void *b) {
        return strcmp(((const Node *)a)->name, ((const Node *)b)->name);
}

static void tell_left_out(const Nodes *n) {
        if (n->read.left_out > 0 && n->known.left_out == 0)
                log_warning(
                        "there are more manifests than the status shows (%d, and %d MiB of them): %zu nodes are left "
                        "out, the last ones by name; what they publish is served all the same",
                        NODES_MAX, NODES_BYTES_MAX / 1024 / 1024, n->read.left_out);
}

static void finish(Nodes *n) {
        tell_left_out(n);
        if (n->read.count > 1)
                qsort(n->read.items, n->read.count, sizeof *n->read.items, compare_names);
        node_list_clear(&n->known);
        n->known = n->read;
        n->read = (NodeList){ 0 };
        end_reading(n);
        n->changed(n->userdata);
}

/* ---- manifests ---- */

static void read_next(Nodes *n);

/* The keyspace of a manifest's key, and its node in *ret_node, borrowed from the key. */
static const Keyspace *keyspace_of(const Nodes *n, const char *key, const char **ret_node) {
        for (size_t i = 0; i < n->policy.n_keyspaces; i++)
                if (has_prefix(key, n->policy.keyspaces[i].nodes)) {
                        *ret_node = key + strlen(n->policy.keyspaces[i].nodes);
                        if (keyspace_node_is_valid(*ret_node))
                                return &n->policy.keyspaces[i];
                }
        return NULL;
}

static void take_manifest(Nodes *n, const char *key, const redisReply *reply) {
        _cleanup_(manifest_freep) Manifest *m = NULL;
        const char *node;
        const Keyspace *keyspace = keyspace_of(n, key, &node);

        if (reply->type != REDIS_REPLY_STRING || manifest_decode(&m, reply->str, reply->len) < 0)
                return;
        array_grow(n->read.items, n->read.count);
        n->read.items[n->read.count++] =
                (Node){ .name = node_name(n->policy.n_keyspaces, keyspace, node), .manifest = TAKE_PTR(m) };
}

static void on_manifest(void *userdata, redisReply *reply) {
        Nodes *n = userdata;

        if (!reply)
                return end_reading(n);
        if (reply->type == REDIS_REPLY_ERROR && !redis_link_is_up(n->link))
                return end_reading(n);
        _cleanup_free_ char *key = n->to_read.items[--n->to_read.count];
        n->read_bytes += reply->type == REDIS_REPLY_STRING ? reply->len : 0;
        if (n->read_bytes <= NODES_BYTES_MAX)
                take_manifest(n, key, reply);
        else
                n->read.left_out++;
        read_next(n);
}

/* No more of it than a manifest may have: GETRANGE where GET would fetch whatever is there. */
static void read_next(Nodes *n) {
        char end[16];

        if (n->to_read.count == 0)
                return finish(n);
        (void)snprintf(end, sizeof end, "%d", MANIFEST_VALUE_MAX);
        redis_link_call(n->link, on_manifest, n, "GETRANGE", n->to_read.items[n->to_read.count - 1], "0", end, NULL);
}

/* ---- their keys ---- */

static void scan_step(Nodes *n, const char *cursor);

/* Where the key stands, or belongs, among those to read. */
static size_t place_of(const StringList *l, const char *key) {
        size_t low = 0, high = l->count;

        while (low < high) {
                size_t middle = (low + high) / 2;
                if (strcmp(l->items[middle], key) > 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static void insert(StringList *l, size_t place, const char *key) {
        string_list_add(l, key);
        char *added = l->items[l->count - 1];
        memmove(l->items + place + 1, l->items + place, (l->count - 1 - place) * sizeof *l->items);
        l->items[place] = added;
}

static void drop_last_by_name(StringList *l) {
        free(l->items[0]);
        memmove(l->items, l->items + 1, --l->count * sizeof *l->items);
}

/* Of more than NODES_MAX the first ones by name stay. */
static void add_key(Nodes *n, const char *key) {
        StringList *l = &n->to_read;
        size_t place = place_of(l, key);

        if (place < l->count && strcmp(l->items[place], key) == 0)
                return;
        insert(l, place, key);
        if (l->count <= NODES_MAX)
                return;
        drop_last_by_name(l);
        n->read.left_out++;
}

static void take_keys(Nodes *n, const redisReply *keys) {
        const char *node;

        for (size_t i = 0; i < keys->elements; i++)
                if (keyspace_of(n, keys->element[i]->str, &node))
                        add_key(n, keys->element[i]->str);
}

static void on_scanned(void *userdata, redisReply *reply) {
        Nodes *n = userdata;

        if (!reply || !redis_is_scan_step(reply))
                return end_reading(n);
        take_keys(n, reply->element[1]);
        const char *cursor = reply->element[0]->str;
        if (strcmp(cursor, "0") != 0)
                return scan_step(n, cursor);
        if (++n->keyspace < n->policy.n_keyspaces)
                return scan_step(n, "0");
        read_next(n);
}

static void scan_step(Nodes *n, const char *cursor) {
        _cleanup_free_ char *pattern = xasprintf("%s*", n->policy.keyspaces[n->keyspace].nodes);
        char count[16];

        (void)snprintf(count, sizeof count, "%d", SCAN_BATCH);
        redis_link_call(n->link, on_scanned, n, "SCAN", cursor, "MATCH", pattern, "COUNT", count, NULL);
}

static void read_all(Nodes *n) {
        if (n->reading || !redis_link_is_up(n->link))
                return;
        n->reading = true;
        n->keyspace = 0;
        scan_step(n, "0");
}

/* ---- life ---- */

static void on_up(void *userdata) {
        read_all(userdata);
}

/* The subscriber says so in the log. */
static void on_down(void *userdata, const char *error) {
        (void)error;
        end_reading(userdata);
}

static int on_interval(sd_event_source *timer, uint64_t usec, void *userdata) {
        Nodes *n = userdata;

        (void)timer, (void)usec;
        timer_arm(&n->interval, n->event, n->policy.interval_usec, on_interval, n);
        read_all(n);
        return 0;
}

void nodes_new(Nodes **ret, sd_event *event, const NodesPolicy *policy, void (*changed)(void *userdata),
               void *userdata) {
        Nodes *n = new0(Nodes);
        const RedisLinkHandlers handlers = { .up = on_up, .down = on_down, .userdata = n };

        *n = (Nodes){ .event = sd_event_ref(event), .policy = *policy, .changed = changed, .userdata = userdata };
        redis_link_new(&n->link, event, policy->redis, handlers);
        timer_arm(&n->interval, event, policy->interval_usec, on_interval, n);
        *ret = n;
}

const NodeList *nodes_list(const Nodes *n) {
        return &n->known;
}

Nodes *nodes_free(Nodes *n) {
        if (!n)
                return NULL;
        n->link = redis_link_free(n->link);
        n->interval = sd_event_source_disable_unref(n->interval);
        end_reading(n);
        node_list_clear(&n->known);
        sd_event_unref(n->event);
        free(n);
        return NULL;
}
