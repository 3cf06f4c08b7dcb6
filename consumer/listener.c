/* What others say in Redis. */
#include "consumer/listener.h"

#include "common/log.h"
#include "common/redis-error.h"
#include "common/redis-link.h"
#include "common/text.h"
#include "common/timer.h"

#include <string.h>

enum {
        CHANNELS = 2,            /* of a keyspace: changes, fences */
        SUBSCRIBING_SECONDS = 5, /* until they are confirmed: the server hangs */
        QUOTE_MAX = 200,         /* bytes of Redis' words in a log line */
};

struct Listener {
        sd_event *event;
        const RedisUrl *redis;
        const Keyspace *keyspaces;
        size_t n_keyspaces;
        const Table *table;
        ListenerHandlers handlers;
        RedisLink *link;
        size_t confirmed;    /* subscriptions */
        bool events_refused; /* this Redis user may not hear keyspace events: they are not asked for any more */
        bool subscribing;    /* not all are confirmed yet */
        sd_event_source *limit;
};

bool listener_is_listening(const Listener *l) {
        size_t subscriptions = (l->events_refused ? CHANNELS : CHANNELS + 1) * l->n_keyspaces;

        return redis_link_is_up(l->link) && l->confirmed == subscriptions;
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
        l->subscribing = false;
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
                redis_link_drop_for(l->link, reply);
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

/* The channel on which Redis tells of a keyspace's registrations; the caller owns it. */
static char *events_pattern(const Listener *l, const Keyspace *keyspace) {
        return xasprintf("__keyspace@%u__:%s*", l->redis->database, keyspace->registrations);
}

/* Keyspace events come last, so that their refusal is told from one that matters. */
static void on_up(void *userdata) {
        Listener *l = userdata;

        l->subscribing = true;
        timer_arm(&l->limit, l->event, SUBSCRIBING_SECONDS * UINT64_C(1000000), on_limit, l);
        for (size_t i = 0; i < l->n_keyspaces; i++) {
                redis_link_subscribe(l->link, on_message, l, "SUBSCRIBE", l->keyspaces[i].changes);
                redis_link_subscribe(l->link, on_message, l, "SUBSCRIBE", l->keyspaces[i].fences);
        }
        for (size_t i = 0; i < l->n_keyspaces && !l->events_refused; i++) {
                _cleanup_free_ char *pattern = events_pattern(l, &l->keyspaces[i]);
                redis_link_subscribe(l->link, on_message, l, "PSUBSCRIBE", pattern);
        }
}

/* hiredis ends a connection on which a subscription is refused: the next one does without. */
static bool is_refusal_of_events(const Listener *l, const char *error) {
        size_t channels = CHANNELS * l->n_keyspaces;

        return !l->events_refused && l->confirmed >= channels && l->confirmed < channels + l->n_keyspaces &&
               has_prefix(error, "NOPERM");
}

static void log_refusal_of_events(const Listener *l, const char *error) {
        _cleanup_free_ char *reason = printable(error, strlen(error), QUOTE_MAX);
        Text channels = { 0 };

        for (size_t i = 0; i < l->n_keyspaces; i++) {
                _cleanup_free_ char *pattern = events_pattern(l, &l->keyspaces[i]);
                text_appendf(&channels, " '&%s'", pattern);
        }
        _cleanup_free_ char *granted = text_take(&channels);
        log_warning(
                "Redis refuses its keyspace notifications: %s; hints, leases and full passes work without them, but "
                "what is written or deleted without a hint waits for the next full pass; to have them: ACL "
                "SETUSER %s +psubscribe%s, then reload this service",
                reason, l->redis->user ? l->redis->user : "default", granted);
}

/* Of one of our own channels, in whose order they were asked for. The caller owns it. */
static char *explain_refusal(const Listener *l, const char *error) {
        const Keyspace *keyspace = &l->keyspaces[l->confirmed / CHANNELS % l->n_keyspaces];
        const RedisErrorContext context = {
                .command = "SUBSCRIBE",
                .key = l->confirmed % CHANNELS == 0 ? keyspace->changes : keyspace->fences,
                .user = l->redis->user,
        };

        return redis_error_explain(error, &context);
}

static void on_down(void *userdata, const char *error) {
        Listener *l = userdata;
        bool events = l->subscribing && is_refusal_of_events(l, error);
        _cleanup_free_ char *reason =
                l->subscribing && has_prefix(error, "NOPERM") ? explain_refusal(l, error) : xstrdup(error);

        l->confirmed = 0;
        l->subscribing = false;
        timer_stop(l->limit);
        if (!events)
                return l->handlers.down(l->handlers.userdata, reason);
        l->events_refused = true; /* nothing was read yet that would have to be given up */
        log_refusal_of_events(l, error);
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
