/* A connection to Redis that lives on the event loop and comes back by itself: after any failure it tries again with
 * backoff, for ever. Where the URL names sentinels it is one to the master that they know, and goes where they say
 * that another one is by now. */
#pragma once

#include "common/memory.h"
#include "common/redis-connection.h"
#include "common/redis-url.h"

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

enum {
        REDIS_CONNECT_SECONDS = 5, /* from the first packet to the reply to SELECT */
        REDIS_REPLY_SECONDS = 15,  /* without any reply while some are owed: the server hangs */
};

typedef struct RedisLink RedisLink;

/* Up: commands may be sent. Down (`error` says why): every command that was waiting has had its call with NULL. */
typedef void RedisLinkUpFunc(void *userdata);
typedef void RedisLinkDownFunc(void *userdata, const char *error);
typedef struct RedisLinkHandlers {
        RedisLinkUpFunc *up;
        RedisLinkDownFunc *down;
        /* No sentinel answers any more, which does not matter until there is another master: told once. Or NULL. */
        void (*unwatched)(void *userdata, const char *error);
        void *userdata;
} RedisLinkHandlers;

/* Borrows `url`, which must outlive the link. Connects from the loop, never from here. */
void redis_link_new(RedisLink **ret, sd_event *event, const RedisUrl *url, RedisLinkHandlers handlers);
bool redis_link_is_up(const RedisLink *l);
/* For people: the URL, and where the sentinels say that the master is. The caller owns it. */
char *redis_link_describe(const RedisLink *l);

/* Queues one command of `argc` words, binary safe, the first of them a literal; what is queued before the loop runs
 * again goes out together. `done` may be NULL. Where the link is not up, `done` is called with NULL from here. A reply
 * that says the server is of no use (READONLY, LOADING, NOAUTH …) is told, and ends the connection, too. */
void redis_link_send(RedisLink *l, RedisReplyFunc *done, void *userdata, size_t argc, const char *const *argv,
                     const size_t *sizes);
/* The same for NUL-terminated words: redis_link_call(l, done, userdata, "GET", key, NULL). */
void redis_link_call(RedisLink *l, RedisReplyFunc *done, void *userdata, ...) __attribute__((sentinel));

/* One command over a list of keys: WATCH, MGET. Nothing is sent, and `done` not called, where the list is empty. */
void redis_link_send_keys(RedisLink *l, RedisReplyFunc *done, void *userdata, const char *command,
                          const char *const *keys, size_t count);

/* SUBSCRIBE or PSUBSCRIBE: `message` gets every reply and message from now on, until the link is down. A link that has
 * subscribed takes no other commands. */
void redis_link_subscribe(RedisLink *l, RedisReplyFunc *message, void *userdata, const char *command,
                          const char *channel);

/* Sends what is queued and takes the replies that are owed, without the loop, for so long at most: for last words
 * before redis_link_free(). (A server that finds the connection closed before it could reply may leave unread what
 * follows.) Not from within a reply. */
void redis_link_finish(RedisLink *l, unsigned limit_msec);
/* Ends the connection with that reason from the loop and comes back with backoff; the first reason counts. Nothing is
 * sent from now on. */
void redis_link_drop(RedisLink *l, const char *reason);
/* The same for a reply that is not what was hoped for: with what it says, and what to do about it. */
void redis_link_drop_for(RedisLink *l, const redisReply *reply);
/* That reason; the caller owns it. */
char *redis_link_explain(const RedisLink *l, const redisReply *reply);
/* Not from within a reply. */
RedisLink *redis_link_free(RedisLink *l);
DEFINE_CLEANUP(RedisLink *, redis_link_free);
