/* One connection to Redis or to a sentinel, on the event loop: resolves, connects, authenticates. It ends at the first
 * failure and can be opened again; when, is its owner's to know. */
#pragma once

#include "common/memory.h"
#include "common/redis-url.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

enum { REDIS_REPLY_MAX = 96 * 1024 * 1024 }; /* bytes of strings in one reply; a larger one ends the connection */

typedef struct RedisConnection RedisConnection;

/* `reply` is borrowed; NULL: the connection ended first. It may be an error (REDIS_REPLY_ERROR). */
typedef void RedisReplyFunc(void *userdata, redisReply *reply);

/* Where to; all borrowed while the connection is open. */
typedef struct RedisTarget {
        const RedisPlace *place; /* NULL with a unix socket */
        const char *socket_path;
        const char *user, *password;
        bool tls, sentinel;
        unsigned open_seconds;  /* from the first packet to redis_connection_greeted() */
        unsigned reply_seconds; /* without any reply while some are owed: the server hangs */
} RedisTarget;

typedef struct RedisConnectionHandlers {
        void (*opened)(void *userdata); /* AUTH is on its way; commands may follow it at once */
        /* Says why. Every command that was waiting has had its call with NULL. */
        void (*ended)(void *userdata, const char *error);
        void *userdata;
} RedisConnectionHandlers;

RedisConnection *redis_connection_new(sd_event *event, RedisConnectionHandlers handlers);
/* Where the connection is closed. The outcome may be told from here. */
void redis_connection_open(RedisConnection *c, RedisTarget target);
/* Opened and not dropped: commands may be sent. */
bool redis_connection_is_open(const RedisConnection *c);
/* The server has shown that it is what it should be. */
void redis_connection_greeted(RedisConnection *c);

/* Queues one command of `argc` words, binary safe; what is queued before the loop runs again goes out together. The
 * first word is kept by reference until the reply. `done` may be NULL. Where the connection is not open, `done` is
 * called with NULL from here. An error that speaks of the server (redis-error.h) ends the connection, too. */
void redis_connection_send(RedisConnection *c, RedisReplyFunc *done, void *userdata, size_t argc,
                           const char *const *argv, const size_t *sizes);
/* See redis_link_subscribe() and redis_link_finish(). */
void redis_connection_subscribe(RedisConnection *c, RedisReplyFunc *message, void *userdata, const char *command,
                                const char *channel);
void redis_connection_finish(RedisConnection *c, unsigned limit_msec);

/* Ends it with that reason, from the loop; the first reason counts. Nothing is sent from now on. */
void redis_connection_drop(RedisConnection *c, const char *reason);
/* What a reply says that is not what was hoped for, and what to do about it; owned by the caller. From within its
 * call, the command that it answers is named. */
char *redis_connection_explain(const RedisConnection *c, const redisReply *reply);

/* Ends it without telling its owner; every waiting call has its NULL. */
void redis_connection_close(RedisConnection *c);
/* Not from within a reply. */
RedisConnection *redis_connection_free(RedisConnection *c);
DEFINE_CLEANUP(RedisConnection *, redis_connection_free);
