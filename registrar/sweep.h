/* Finds the registrations of one node, or of all writers without a node, that are in Redis now. */
#pragma once

#include "beachhead/keyspace.h"
#include "common/redis-link.h"

enum { SWEEP_BATCH = 1000 }; /* keys a SCAN step */

/* For each registration found; the value is borrowed and has `size` bytes. */
typedef void SweepFoundFunc(void *userdata, const char *instance, const char *value, size_t size);
/* All were found, or `error` (borrowed) is what Redis answered instead. Not called where the connection ends first. */
typedef void SweepDoneFunc(void *userdata, const char *error);

/* `node` NULL: those without a node. Borrows everything until it is done or the connection is down. */
void sweep_start(RedisLink *link, const Keyspace *keyspace, const char *node, SweepFoundFunc *found,
                 SweepDoneFunc *done, void *userdata);
