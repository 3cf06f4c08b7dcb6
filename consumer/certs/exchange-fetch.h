/* Fetches sealed values from Redis, a batch at a time. */
#pragma once

#include "beachhead/keyspace.h"
#include "common/redis-link.h"
#include "consumer/certs/exchange.h"
#include "consumer/certs/seal.h"

#include <stdbool.h>
#include <stddef.h>

enum { EXCHANGE_FETCHES_AT_ONCE = 16 }; /* values, each of EXCHANGE_VALUE_MAX at most */

typedef struct ExchangeFetchHandlers {
        ExchangeGotFunc *got;
        void *got_userdata;
        /* `complete`: every place had its call. */
        void (*ended)(void *userdata, bool complete);
        void *ended_userdata;
} ExchangeFetchHandlers;

/* Borrows the link and the key until the end, which comes from the loop, from redis_link_free() or, where nothing can
 * be sent, from here. */
void exchange_fetch(RedisLink *link, const Keyspace *keyspace, const SealKey *key, const char *const *places,
                    size_t count, ExchangeFetchHandlers handlers);
