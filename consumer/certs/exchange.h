/* Several edges: who may ask CAs, and how what one got reaches the others. On one Redis link of its own.
 *
 *     <prefix>-locks/certs          the owner's token, with a lease; empty: let go of
 *     <prefix>-certs/<name>         sealed values (seal.h), <name> by seal_name()
 *     <prefix>-certs/revision       another text whenever a sealed value has changed
 *
 * Without a key nothing but the lock is used. */
#pragma once

#include "beachhead/keyspace.h"
#include "common/memory.h"
#include "common/redis-url.h"
#include "consumer/certs/ownership.h"
#include "consumer/certs/seal.h"

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

enum {
        EXCHANGE_LEASE_SECONDS = 30,  /* of the lock */
        EXCHANGE_POLL_SECONDS = 2,    /* between two looks at lock and revision; the owner's renews its lease */
        EXCHANGE_CHECK_POLLS = 30,    /* between two looks whether all that the owner has put is there */
        EXCHANGE_VALUE_MAX = 1 << 20, /* bytes of one sealed value */
};

typedef struct Exchange Exchange;

/* All borrowed, and must outlive the exchange. */
typedef struct ExchangePolicy {
        const RedisUrl *redis;
        const Keyspace *keyspace;
        const char *token; /* who this is, the same over restarts: edge_token() */
        const SealKey
                *key; /* NULL: alone; once it was the owner it stays one while Redis is away, for no other may be */
        uint64_t lease_msec, poll_msec; /* 0: as above; all edges need the same lease */
} ExchangePolicy;

typedef struct ExchangeHandlers {
        /* Told once each; never from a function of this header. An edge that takes over has been told of news before,
         * and becomes the owner when what it fetched because of them has come. Whoever becomes the owner puts what it
         * has: what was put before it lost the lock is forgotten. */
        void (*role)(void *userdata, ExchangeRole role);
        /* Somebody has put new values there, or a fetch ended early: a reason to fetch what is wanted. */
        void (*changed)(void *userdata);
        void *userdata;
} ExchangeHandlers;

Exchange *exchange_new(sd_event *event, ExchangePolicy policy, ExchangeHandlers handlers);
/* Also between two calls of the handler: a lease that has run out is over at once. */
ExchangeRole exchange_role(const Exchange *x);
/* The token of who holds the lock, printable, as Redis said last; NULL: nobody, or not known. Borrowed. */
const char *exchange_holder(const Exchange *x);
/* A phrase on why Redis cannot be asked, or what others share cannot be read; NULL while all is well. Borrowed. */
const char *exchange_describe(const Exchange *x);

/* Puts a value at a place for `seconds`; as long as this is the owner it is kept (see kept-values.h for how many), and
 * put again where it is found missing. What is there already is not put twice. Nothing where there is no key or this
 * is not the owner. Returns 0, or -EFBIG: sealed it would be larger than EXCHANGE_VALUE_MAX. */
int exchange_put(Exchange *x, const char *place, const char *bytes, size_t size, uint64_t seconds);
/* `bytes` NULL: nothing (that is sealed with our key) is there. Borrowed. */
typedef void ExchangeGotFunc(void *userdata, const char *place, const char *bytes, size_t size);
/* Fetches the places in batches; each gets its call from the loop, unless Redis goes away first: `changed` is told
 * when it is back. Nothing is called where there is no key. */
void exchange_get(Exchange *x, const char *const *places, size_t count, ExchangeGotFunc *got, void *userdata);

/* Lets go of the lock, when all that was put is there; as far as that can be done within two seconds. Not from a
 * handler. */
Exchange *exchange_free(Exchange *x);
DEFINE_CLEANUP(Exchange *, exchange_free);
