/* The announcing half: looks at every item of the sources, hands what should be published to the publisher, and says
 * what changed. */
#pragma once

#include "beachhead/keyspace.h"
#include "common/memory.h"
#include "registrar/options.h"
#include "registrar/publisher.h"
#include "registrar/source.h"

#include <stddef.h>

typedef struct Announcer Announcer;

/* Borrows all of them. `machine` stands in the values; NULL: none does. `publisher` NULL: a dry run, which prints. */
Announcer *announcer_new(const Settings *settings, const char *machine, const Keyspace *keyspace, Publisher *publisher,
                         const Sources *sources);
Announcer *announcer_free(Announcer *a);
DEFINE_CLEANUP(Announcer *, announcer_free);

/* Looks at all items and commits what follows. `event_usec` is when the event came that this follows from (monotonic);
 * 0: it follows from none. */
void announcer_run(Announcer *a, uint64_t event_usec);
/* How many items had an error in that look. */
size_t announcer_errors(const Announcer *a);
