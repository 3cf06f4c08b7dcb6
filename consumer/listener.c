/* What others say in Redis. */
#include "consumer/listener.h"

#include "common/redis-link.h"
#include "common/text.h"
#include "common/timer.h"

#include <string.h>

enum {
        SUBSCRIPTIONS = 3,       /* a keyspace: changes, fences, keyspace events */
        SUBSCRIBING_SECONDS = 5, /* until they are confirmed: the server hangs */
};

struct Listener {
        sd_event *event;
        const RedisUrl *redis;
        const Keyspace *keyspaces;
        size_t n_keyspaces;
        const Table *table;
        ListenerHandlers handlers;
        RedisLink *link;
        size_t confirmed; /* subscriptions */
        sd_event_source *limit;
};

bool listener_is_listening(const Listener *l) {
        return redis_link_is_up(l->link) && l->confirmed == SUBSCRIPTIONS * l->n_keyspaces;
}

static const Keyspace *keyspace_of_channel(const Listener *l, const char *channel) {
        for (size_t i = 0; i < l->n_keyspaces; i++)
                if (strcmp(l->keyspaces[i].changes, channel) == 0)
                        return &l->keyspaces[i];
        return NULL;
}

static void on_published(const Listener *l, const char *channel, const char *payload) {
        const Keyspace *keyspace = keyspace_of_channel(l, channel);

        if (!keyspace) {
                l->handlers.fence(l->handlers.userdata, payload);
        } else if (keyspace_instance_is_valid(payload)) {
                _cleanup_free_ char *key = keyspace_registration_key(keyspace, payload);
                l->handlers.key(l->handlers.userdata, key);
        }
}

/* A registrar's refresh emits "set" and "expire" for each key: they are no news of a key that its writer sends hints
 * about. */
static bool is_news(const Listener *l, const char *key, const char *operation) {
        const Entry *entry = table_find(l->table, key);

        if (strcmp(operation, "expire") == 0)
                return false;
        if (strcmp(operation, "set") != 0 || !entry || entry->state != ENTRY_LIVE)
                return true;
        return !strchr(key, '@') && !(entry->registration && entry->registration->machine);
}

/* "__keyspace@<db>__:<key>" with the name of the command or event as payload. */
static void on_keyspace_event(const Listener *l, const char *channel, const char *operation) {
        const char *key = strstr(channel, "__:");

        if (!key)
                return;
        key += strlen("__:");
        for (size_t i = 0; i < l->n_keyspaces; i++)
                if (keyspace_instance(&l->keyspaces[i], key) && is_news(l, key, operation))
                        l->handlers.key(l->handlers.userdata, key);
}

static void on_subscribed(Listener *l) {
        l->confirmed++;
        if (!listener_is_listening(l))
                return;
        timer_stop(l->limit);
        l->handlers.listening(l->handlers.userdata);
}

static const char *text_of(const redisReply *reply, size_t i) {
        return i < reply->elements && reply->element[i]->str ? reply->element[i]->str : "";
}

static void on_message(void *userdata, redisReply *reply) {
        Listener *l = userdata;
        const char *kind = reply->type == REDIS_REPLY_ARRAY ? text_of(reply, 0) : "";

        if (reply->type == REDIS_REPLY_ERROR)
                redis_link_drop(l->link, reply->str);
        else if (strcmp(kind, "subscribe") == 0 || strcmp(kind, "psubscribe") == 0)
                on_subscribed(l);
        else if (strcmp(kind, "message") == 0)
                on_published(l, text_of(reply, 1), text_of(reply, 2));
        else if (strcmp(kind, "pmessage") == 0)
                on_keyspace_event(l, text_of(reply, 2), text_of(reply, 3));
}

static int on_limit(sd_event_source *timer, uint64_t usec, void *userdata) {
        (void)timer, (void)usec;
        listener_drop(userdata, "the subscriptions are not confirmed");
        return 0;
}

static void on_up(void *userdata) {
        Listener *l = userdata;

        timer_arm(&l->limit, l->event, SUBSCRIBING_SECONDS * UINT64_C(1000000), on_limit, l);
        for (size_t i = 0; i < l->n_keyspaces; i++) {
                const Keyspace *k = &l->keyspaces[i];
                _cleanup_free_ char *events = xasprintf("__keyspace@%u__:%s*", l->redis->database, k->registrations);
                redis_link_subscribe(l->link, on_message, l, "SUBSCRIBE", k->changes);
                redis_link_subscribe(l->link, on_message, l, "SUBSCRIBE", k->fences);
                redis_link_subscribe(l->link, on_message, l, "PSUBSCRIBE", events);
        }
}

static void on_down(void *userdata, const char *error) {
        Listener *l = userdata;

        l->confirmed = 0;
        timer_stop(l->limit);
        l->handlers.down(l->handlers.userdata, error);
}

void listener_drop(Listener *l, const char *reason) {
        redis_link_drop(l->link, reason);
}

void listener_new(Listener **ret, sd_event *event, const RedisUrl *redis, const Keyspace *keyspaces,
                  size_t n_keyspaces, const Table *table, ListenerHandlers handlers) {
        Listener *l = new0(Listener);
        RedisLinkHandlers of_link = { .up = on_up, .down = on_down, .userdata = l };

        *l = (Listener){
                .event = sd_event_ref(event),
                .redis = redis,
                .keyspaces = keyspaces,
                .n_keyspaces = n_keyspaces,
                .table = table,
                .handlers = handlers,
        };
        redis_link_new(&l->link, event, redis, of_link);
        *ret = l;
}

Listener *listener_free(Listener *l) {
        if (!l)
                return NULL;
        l->link = redis_link_free(l->link);
        l->limit = sd_event_source_disable_unref(l->limit);
        sd_event_unref(l->event);
        free(l);
        return NULL;
}
