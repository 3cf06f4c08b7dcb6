/* Asks sentinels where the master is, for ever: one of them at a time, the next one when it does not answer. */
#pragma once

#include "common/memory.h"
#include "common/redis-url.h"

#include <systemd/sd-event.h>

enum {
        SENTINEL_ASK_MSEC = 500,    /* between two questions: a failover is noticed that late at most */
        SENTINEL_OPEN_SECONDS = 2,  /* for connecting to one … */
        SENTINEL_REPLY_SECONDS = 1, /* … and for its reply; then it is the next one's turn */
};

typedef struct Sentinel Sentinel;

typedef struct SentinelHandlers {
        /* After every answer; borrowed. Whether it really is a master, the asker has to see. */
        void (*answered)(void *userdata, const RedisPlace *master);
        /* Not one of them knows; `error` says of each why. Asked again with backoff. */
        void (*failed)(void *userdata, const char *error);
        void *userdata;
} SentinelHandlers;

/* Borrows `url`, which names sentinels. Everything is told from the loop. */
Sentinel *sentinel_new(sd_event *event, const RedisUrl *url, SentinelHandlers handlers);
/* What was answered last is of no use: the next question goes to another sentinel. */
void sentinel_doubt(Sentinel *s);
/* Not from a handler. */
Sentinel *sentinel_free(Sentinel *s);
DEFINE_CLEANUP(Sentinel *, sentinel_free);
