/* The announcing half: looks at every container of the inventory, hands what should be published to the publisher, and
 * says what changed. */
#pragma once

#include "beachhead/keyspace.h"
#include "common/memory.h"
#include "registrar/inventory.h"
#include "registrar/options.h"
#include "registrar/publisher.h"

#include <stddef.h>

typedef struct Announcer Announcer;

/* Borrows all of them. `machine` stands in the values; NULL: none does. `publisher` NULL: a dry run, which prints. */
Announcer *announcer_new(const Settings *settings, const char *machine, const Keyspace *keyspace,
                         Publisher *publisher);
Announcer *announcer_free(Announcer *a);
DEFINE_CLEANUP(Announcer *, announcer_free);

/* Looks at all containers and commits what follows. */
void announcer_run(Announcer *a, const Inventory *inventory);
/* How many containers had an error in that look. */
size_t announcer_errors(const Announcer *a);
