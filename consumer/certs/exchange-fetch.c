/* Fetches sealed values from Redis, a batch at a time. */
#include "consumer/certs/exchange-fetch.h"

#include "common/text.h"
#include "consumer/certs/private-key.h"

#include <stdio.h>
#include <string.h>

typedef struct Fetch {
        RedisLink *link;
        const SealKey *key;
        ExchangeFetchHandlers handlers;
        StringList places, keys;
        size_t sent, answered;
        bool broken;
} Fetch;

static Fetch *fetch_free(Fetch *f) {
        string_list_clear(&f->places);
        string_list_clear(&f->keys);
        free(f);
        return NULL;
}
DEFINE_CLEANUP(Fetch *, fetch_free);

static void send_batch(Fetch *f);

static void end_or_go_on(Fetch *fetch) {
        if (fetch->answered < fetch->sent)
                return;
        if (!fetch->broken && fetch->sent < fetch->places.count)
                return send_batch(fetch);
        _cleanup_(fetch_freep) Fetch *f = fetch;
        f->handlers.ended(f->handlers.ended_userdata, !f->broken);
}

/* The value, sealed for this place by somebody with our key; anything else under that key is nothing. */
static void tell(const Fetch *f, const char *place, const redisReply *reply) {
        _cleanup_secret_ char *bytes = NULL;
        size_t size = 0;

        if (reply->type == REDIS_REPLY_STRING && strlen(reply->str) == reply->len)
                (void)unseal(f->key, place, reply->str, &bytes, &size);
        f->handlers.got(f->handlers.got_userdata, place, bytes, size);
}

static bool is_wrong_type(const redisReply *reply) {
        return reply->type == REDIS_REPLY_ERROR && has_prefix(reply->str, "WRONGTYPE");
}

static void on_value(void *userdata, redisReply *reply) {
        Fetch *f = userdata;
        const char *place = f->places.items[f->answered++];

        if (reply && reply->type != REDIS_REPLY_STRING && !is_wrong_type(reply))
                redis_link_drop_for(f->link, reply);
        f->broken |= !reply || !redis_link_is_up(f->link);
        if (!f->broken)
                tell(f, place, reply);
        end_or_go_on(f);
}

/* Of what is too large only so much is fetched: a part of it is nothing that we have sealed. */
static void send_batch(Fetch *f) {
        size_t first = f->sent, left = f->places.count - first;
        size_t end = first + (left < EXCHANGE_FETCHES_AT_ONCE ? left : EXCHANGE_FETCHES_AT_ONCE);
        char last[24];

        (void)snprintf(last, sizeof last, "%d", EXCHANGE_VALUE_MAX - 1);
        f->sent = end;
        for (size_t i = first; i < end; i++) /* the last call may be the end */
                redis_link_call(f->link, on_value, f, "GETRANGE", f->keys.items[i], "0", last, NULL);
}

void exchange_fetch(RedisLink *link, const Keyspace *keyspace, const SealKey *key, const char *const *places,
                    size_t count, ExchangeFetchHandlers handlers) {
        Fetch *f = new0(Fetch);

        *f = (Fetch){ .link = link, .key = key, .handlers = handlers };
        for (size_t i = 0; i < count; i++) {
                _cleanup_free_ char *name = seal_name(key, places[i]);
                string_list_add(&f->places, places[i]);
                string_list_take(&f->keys, keyspace_certificate_key(keyspace, name));
        }
        end_or_go_on(f);
}
