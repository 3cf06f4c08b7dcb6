/* Finds registrations in Redis: SCAN, and a look at each key that a step brings. */
#include "registrar/sweep.h"

#include "beachhead/registration.h"
#include "common/redis-scan.h"
#include "common/text.h"
#include "registrar/peek.h"

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
        size_t looked;              /* at so many of them */
        bool ended;                 /* the connection has */
        char *error;                /* the first one among the replies */
} Sweep;

static Sweep *sweep_free(Sweep *s) {
        string_list_clear(&s->instances);
        string_list_clear(&s->keys);
        free(s->pattern);
        free(s->cursor);
        free(s->error);
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

static void end_step(Sweep *s) {
        _cleanup_free_ char *error = TAKE_PTR(s->error);

        if (s->ended)
                (void)sweep_free(s);
        else if (error)
                sweep_end(s, error);
        else
                sweep_next(s);
}

/* Of the next key of the step. */
static void on_value(void *userdata, redisReply *reply) {
        Sweep *s = userdata;
        size_t i = s->looked++;

        if (!reply)
                s->ended = true;
        else if (redis_is_refusal(reply) && !s->error)
                s->error = redis_link_explain(s->link, reply);
        else if (redis_is_value(reply))
                s->found(s->userdata, s->instances.items[i], reply->str, reply->len);
        if (s->looked == s->keys.count)
                end_step(s);
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
        s->looked = 0;
        for (size_t i = 0, count = s->keys.count; i < count; i++) /* the last call may free the sweep */
                redis_peek(s->link, on_value, s, s->keys.items[i], REGISTRATION_VALUE_MAX);
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
