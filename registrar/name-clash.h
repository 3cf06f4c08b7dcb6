/* One name and two machines: two hosts with the same --node; or, without --node, two containers of one name. Who was
 * there first goes on; of two that both were, the one with the lower id. Pure. */
#pragma once

#include "registrar/lease.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct NameClash {
        const char *own;     /* this machine; borrowed */
        uint64_t lease_usec; /* of a manifest */
        bool has_published;  /* this machine's manifest was there */
        char *machine;       /* the one that has the node's name; NULL: no other has */
        uint64_t seen_usec;  /* when it was last known who has it (monotonic) */
} NameClash;

void name_clash_done(NameClash *c);

/* The node's manifest is of `machine`; NULL: there is none that can be read. Returns whether another one has the name
 * now than before. */
bool name_clash_look(NameClash *c, const char *machine, uint64_t now_usec);
/* The same for one registration, without --node: its key holds a value (`there`) of `machine`, NULL where that says
 * none. Withholds the change where the key is not this machine's to write or to delete. Returns whether the lease has
 * turned out to be another machine's. */
bool name_clash_look_at_key(const NameClash *c, Lease *l, LeaseChange *change, bool there, const char *machine);
