/* What others say in Redis: hints, fences and keyspace events, over a connection of its own that comes back by itself.
 */
#pragma once

#include "beachhead/keyspace.h"
#include "common/memory.h"
#include "common/redis-url.h"
#include "consumer/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

typedef struct Listener Listener;

typedef struct ListenerHandlers {
        void (*listening)(void *userdata);                /* from now on nothing is missed */
        void (*key)(void *userdata, const char *key);     /* somebody speaks of it */
        void (*fence)(void *userdata, const char *token); /* all that was said before has been heard */
        void (*down)(void *userdata, const char *error);
        void *userdata;
} ListenerHandlers;

/* All borrowed; must outlive the listener. The table says which keyspace events are a mere refresh. Where the Redis
 * user may not hear keyspace events, that is said once, and the listener does without them. */
void listener_new(Listener **ret, sd_event *event, const RedisUrl *redis, const Keyspace *keyspaces,
                  size_t n_keyspaces, const Table *table, ListenerHandlers handlers);
bool listener_is_listening(const Listener *l);
/* Ends the connection from the loop with that reason; it comes back. */
void listener_drop(Listener *l, const char *reason);
Listener *listener_free(Listener *l);
DEFINE_CLEANUP(Listener *, listener_free);
