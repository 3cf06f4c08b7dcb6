/* Keeps the table true to Redis: listen, scan, fence, re-read; at start, at every reconnect, every interval, and for
 * single keys at a hint or a deadline. Nothing is removed before a fence has shown that every hint sent until then was
 * heard. */
#pragma once

#include "beachhead/keyspace.h"
#include "common/memory.h"
#include "common/redis-url.h"
#include "consumer/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

enum {
        SUBSCRIBER_BATCH = 1000,       /* keys a SCAN step, keys an MGET */
        SUBSCRIBER_ROUNDS_MAX = 8,     /* of re-reading before a removal waits for the next reading */
        SUBSCRIBER_UNDECIDED_MAX = 8,  /* readings in a row that use up their rounds before one counts as a pass */
        SUBSCRIBER_PAUSE_MSEC = 10,    /* between two readings for hints, so that a flood of them costs little */
        SUBSCRIBER_STRETCH_STEPS = 20, /* of a pass in a row, before it lets go before it what was heard */
        SUBSCRIBER_GATHER_MSEC = 2,    /* after a first hint: those of one transaction come together */
        SUBSCRIBER_LATE_MSEC = 100,    /* after a deadline: leases that were refreshed together end together */
};

typedef struct Subscriber Subscriber;

typedef struct SubscriberHandlers {
        /* A reading was put into the table as a whole; `changed`: sites may differ; `full`: it was a pass over
         * everything. (What is absent may have had to wait for the next one.) */
        void (*read)(void *userdata, bool changed, bool full);
        void (*state)(void *userdata); /* look at subscriber_describe() */
        /* Seconds are not comparable between machines; this clock (microseconds, realtime) stamps what is missing and
         * gone. */
        uint64_t (*now)(void *userdata);
        void *userdata;
} SubscriberHandlers;

/* All borrowed; must outlive the subscriber. */
typedef struct SubscriberPolicy {
        const RedisUrl *redis;
        const Keyspace *keyspaces;
        size_t n_keyspaces;
        uint64_t interval_usec;
} SubscriberPolicy;

int subscriber_new(Subscriber **ret, sd_event *event, const SubscriberPolicy *policy, Table *table,
                   SubscriberHandlers handlers);
/* Makes a full pass due now, or right after the one under way. */
void subscriber_scan(Subscriber *s);
/* One phrase for the status line, borrowed until the next call; NULL while everything is well. */
const char *subscriber_describe(Subscriber *s);
Subscriber *subscriber_free(Subscriber *s);
DEFINE_CLEANUP(Subscriber *, subscriber_free);
