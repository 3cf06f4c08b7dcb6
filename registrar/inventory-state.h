/* The inside of an inventory: what is kept of each container, and the steps between its states. For inventory.c alone.
 * Pure. */
#pragma once

#include "registrar/engine-message.h"
#include "registrar/inventory.h"

#include <uthash.h>

/* One container, or what is left of one. */
typedef struct Entry {
        char id[CONTAINER_ID_MAX + 1];
        char *name;                 /* as list or event have it, until the container is read */
        Container *container;       /* as it was last read; NULL: it has not been, since it started */
        uint64_t revision;          /* of that; see SourceItem */
        bool gone;                  /* it ended; see entry_forget_if_idle() */
        bool inspecting;            /* an inspect is under way … */
        bool again;                 /* … and something happened meanwhile, so that its answer is too old */
        uint64_t heard_usec;        /* of the event that the inspect follows from (monotonic); 0: of none */
        bool failed;                /* the last inspect failed: the next list asks again */
        bool awaited;               /* a list asked for that inspect */
        uint64_t touched;           /* the number of the list that was the newest at its last event */
        uint64_t seen;              /* the number of the last list that it was in */
        uint64_t drains_until_usec; /* 0: it does not drain */
        bool doubted;               /* news of it may have been missed: the next list asks */
        char signal[CONTAINER_SIGNAL_MAX + 1]; /* the last one it was sent while it was not read, and until when … */
        uint64_t signal_until_usec;            /* … it drains if that asks it to end */
        char *disputed; /* what a list said otherwise and went on saying after an inspect: not asked about again */
        UT_hash_handle hh;
} Entry;

struct Inventory {
        InventoryHandlers handlers;
        const char *domains_variable;
        uint64_t drain_max_usec;
        Entry *entries; /* by id */
        size_t count;   /* of those that are not gone */
        size_t n_draining, n_awaited;
        uint64_t event_usec; /* of the event that is being followed now (monotonic); 0: it is none */
        uint64_t revision;   /* the newest one of any container */
        uint64_t list;       /* the number of the newest list */
        bool listing;        /* it was asked for and has not been read */
        bool listed;         /* one was ever read */
        bool complete;
        bool changed;
        bool full; /* said so */
};

/* Any entry, also of one that is gone. */
Entry *entry_find(const Inventory *i, const char *id);
/* An entry of one that is gone already, as a note that it is; NULL where there is no room. */
Entry *entry_add_gone(Inventory *i, const char *id);
/* The entry of a container that runs from now on, of which only the name is known; NULL where there is no room. */
Entry *entry_begin(Inventory *i, const char *id, const char *name);
/* It runs no more; the entry may be freed. */
void entry_end(Inventory *i, Entry *e);
/* Frees what is left of one that is gone, unless the answer to an inspect is due that must not be taken for one of its
 * next life, or a list that may still have it. */
void entry_forget_if_idle(Inventory *i, Entry *e);
void entry_forget(Inventory *i, Entry *e);

/* Asks for an inspect; where one is under way, for another one after it. */
void entry_look(Inventory *i, Entry *e);
/* The inspect that a list asked for needs not be waited for any more. */
void entry_stop_awaiting(Inventory *i, Entry *e);
/* Begins a drain, where the signal asks a container that was read to end. */
void entry_drain_if_told_to_end(Inventory *i, Entry *e, const char *signal, uint64_t until_usec);

void entry_end_drain(Inventory *i, Entry *e);

/* For people: the id where no name is known. */
const char *entry_name(const Entry *e);
/* "" changes nothing. */
void entry_set_name(Entry *e, const char *name);

/* What was read of the container differs from now on. */
void entry_revise(Inventory *i, Entry *e);

/* The end of every call that may have changed something. */
void inventory_settle(Inventory *i);
