/* Makes Redis hold what should be published, as leases, in one transaction a change or refresh; deletes what is its
 * own and no longer wanted; keeps off what belongs to another machine. */
#pragma once

#include "beachhead/histogram.h"
#include "beachhead/keyspace.h"
#include "common/memory.h"
#include "common/redis-url.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

typedef struct Publisher Publisher;

/* All borrowed; must outlive the publisher. */
typedef struct PublisherPolicy {
        const RedisUrl *redis;
        const Keyspace *keyspace;
        uint64_t expire_sec; /* 0: registrations do not expire */
        const char *node;    /* --node, or NULL */
        const char *machine; /* the machine id; NULL where containers were named on the command line: then there is
                              * no manifest either, and only what this process wrote itself is its own */
} PublisherPolicy;

typedef struct PublisherHandlers {
        void (*settled)(void *userdata); /* Redis holds what was asked for last */
        void (*state)(void *userdata);   /* connection or clash changed: look at publisher_describe() */
        void *userdata;
} PublisherHandlers;

void publisher_new(Publisher **ret, sd_event *event, const PublisherPolicy *policy, PublisherHandlers handlers);
Publisher *publisher_free(Publisher *p);
DEFINE_CLEANUP(Publisher *, publisher_free);

/* The whole of what should be there: between begin and commit, one publisher_want() for each instance that is
 * published and one publisher_keep() for each that exists but could not be read now: such a one is neither written nor
 * deleted. A commit publishes the difference. */
void publisher_begin(Publisher *p);
void publisher_want(Publisher *p, const char *instance, const char *value);
void publisher_keep(Publisher *p, const char *instance);
/* The same for one that is not vouched for: it is in the manifest still, and no longer refreshed. */
void publisher_release(Publisher *p, const char *instance);
void publisher_commit(Publisher *p, uint64_t containers);
/* The next commit follows from an event of the Engine that came then (monotonic); 0: from none. */
void publisher_note_event(Publisher *p, uint64_t event_usec);

/* What the manifest says of the Engine, from the next transaction on: "connected", "away" or "none". Borrowed. */
void publisher_set_engine(Publisher *p, const char *engine);
/* Renews every lease and the manifest's, in one transaction. */
void publisher_refresh(Publisher *p);
/* Lets every lease run out from now on: nothing is written until the next commit. */
void publisher_suspend(Publisher *p);
/* Deletes every own registration, then calls settled. The manifest stays for its lease and lists nothing: so consumers
 * see that all went on purpose. */
void publisher_withdraw(Publisher *p);

/* Redis holds what was asked for last, as far as this machine may write it. */
bool publisher_is_settled(const Publisher *p);
bool publisher_is_connected(const Publisher *p);
/* Another machine publishes under this node's name. */
bool publisher_has_clash(const Publisher *p);
/* How many registrations of this host Redis holds; how long it took from an event until it did. */
size_t publisher_count(const Publisher *p);
const Histogram *publisher_event_to_publish(const Publisher *p);
/* One phrase for the status line, borrowed until the next call. */
const char *publisher_describe(Publisher *p);
