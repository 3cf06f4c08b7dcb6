/* Finds registrations in Redis: SCAN, and an MGET over what each step brings. */
#include "registrar/sweep.h"

#include "common/redis-scan.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

typedef struct Sweep {
        RedisLink *link;
        const Keyspace *keyspace;
        const char *node;
        SweepFoundFunc *found;
        SweepDoneFunc *done;
        void *userdata;
        char *pattern;
        char *cursor;
        StringList instances, keys; /* of this step */
} Sweep;

static Sweep *sweep_free(Sweep *s) {
        string_list_clear(&s->instances);
        string_list_clear(&s->keys);
        free(s->pattern);
        free(s->cursor);
        free(s);
        return NULL;
}

static void sweep_step(Sweep *s);

static void sweep_end(Sweep *s, const char *error) {
        SweepDoneFunc *done = s->done;
        void *userdata = s->userdata;

        sweep_free(s);
        done(userdata, error);
}

static void sweep_next(Sweep *s) {
        if (strcmp(s->cursor, "0") != 0)
                sweep_step(s);
        else
                sweep_end(s, NULL);
}

/* Whether the sweep goes on with this reply; otherwise it has ended. */
static bool is_usable(Sweep *s, const redisReply *reply, bool as_expected) {
        if (reply && as_expected)
                return true;
        _cleanup_free_ char *error = reply ? redis_link_explain(s->link, reply) : NULL;
        if (error)
                sweep_end(s, error);
        else
                (void)sweep_free(s);
        return false;
}

static void on_values(void *userdata, redisReply *reply) {
        Sweep *s = userdata;

        if (!is_usable(s, reply, reply && reply->type == REDIS_REPLY_ARRAY))
                return;
        for (size_t i = 0; i < s->instances.count && i < reply->elements; i++)
                if (reply->element[i]->type == REDIS_REPLY_STRING)
                        s->found(s->userdata, s->instances.items[i], reply->element[i]->str, reply->element[i]->len);
        sweep_next(s);
}

static void on_keys(void *userdata, redisReply *reply) {
        Sweep *s = userdata;

        if (!is_usable(s, reply, reply && redis_is_scan_step(reply)))
                return;
        REPLACE_PTR(s->cursor, xstrdup(reply->element[0]->str));
        string_list_clear(&s->instances);
        string_list_clear(&s->keys);
        for (size_t i = 0; i < reply->element[1]->elements; i++) {
                const char *key = reply->element[1]->element[i]->str;
                const char *instance = key ? keyspace_instance(s->keyspace, key) : NULL;
                if (!instance || !streq_or_null(keyspace_node(instance), s->node))
                        continue;
                string_list_add(&s->instances, instance);
                string_list_add(&s->keys, key);
        }
        if (s->keys.count == 0)
                return sweep_next(s);
        redis_link_send_keys(s->link, on_values, s, "MGET", (const char *const *)s->keys.items, s->keys.count);
}

static void sweep_step(Sweep *s) {
        char count[16];

        (void)snprintf(count, sizeof count, "%d", SWEEP_BATCH);
        redis_link_call(s->link, on_keys, s, "SCAN", s->cursor, "MATCH", s->pattern, "COUNT", count, NULL);
}

void sweep_start(RedisLink *link, const Keyspace *keyspace, const char *node, SweepFoundFunc *found,
                 SweepDoneFunc *done, void *userdata) {
        Sweep *s = new0(Sweep);

        *s = (Sweep){
                .link = link,
                .keyspace = keyspace,
                .node = node,
                .found = found,
                .done = done,
                .userdata = userdata,
                .pattern = xasprintf("%s*%s%s", keyspace->registrations, node ? "@" : "", node ? node : ""),
                .cursor = xstrdup("0"),
        };
        sweep_step(s);
}
