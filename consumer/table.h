/* The table: what is registered, until when; what is missing and held, what has gone and lingers. Pure; it can be
 * saved and loaded.
 *
 *   live ──key not there, its writer's live manifest does not list it──────────► gone (lingers, then forgotten)
 *     │ ──key not there, no manifest ever, its lease had run to its end────────► gone
 *     └───key not there otherwise──► missing ──hold-max──► gone
 *                                       └──key is back──► live
 *
 * Absence is decided by the caller's reading, never by a clock: a deadline is only a reason to look. */
#pragma once

#include "beachhead/registration.h"
#include "common/memory.h"
#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        TABLE_ENTRIES_MAX = 1000000,
        TABLE_ROUTES_MAX = 1000000,            /* of all entries */
        TABLE_BYTES_MAX = 256 * 1024 * 1024,   /* of keys and values, and what is wrong with them */
        ENTRY_PROBLEMS_MAX = 20,               /* of one value that are kept; all of them are told */
        TABLE_GONE_PER_KEY_MAX = 8,            /* former registrations of one key that linger; the oldest make room */
        TABLE_MEMORY_MAX = 1024 * 1024 * 1024, /* bytes of a saved table; a longer one is refused */
};

typedef enum EntryState {
        ENTRY_LIVE,
        ENTRY_MISSING, /* serves on only where a site has nothing else */
        ENTRY_GONE,    /* left on purpose: its sites linger */
        _ENTRY_STATE_COUNT,
} EntryState;

/* A part of a value that is left out. */
typedef struct EntryProblem {
        char *domain; /* NULL: the value as a whole */
        char *reason;
} EntryProblem;

typedef struct EntryProblems {
        EntryProblem *items;
        size_t count;
} EntryProblems;

typedef struct Entry {
        char *key;   /* in Redis; unique among live and missing entries */
        char *value; /* the bytes as read, a NUL behind them; empty without a registration */
        size_t value_size;
        Registration *registration; /* decoded; NULL where nothing of the value could be read */
        EntryProblems problems;     /* of that value */
        EntryProblems refused;      /* of the one that the key holds by now and that cannot be read at all */
        EntryState state;
        uint64_t since_usec;    /* missing or gone since (realtime) */
        uint64_t deadline_usec; /* live: when its lease ends as far as known (monotonic); UINT64_MAX: it has none */
        struct Bid *bids;       /* what its routes ask for; of who follows the table */
} Entry;

/* As the size of a value: the key holds something else than a string. */
#define TABLE_NO_STRING SIZE_MAX

typedef struct Table Table;

typedef struct TableSize {
        size_t entries, routes, bytes;
} TableSize;

typedef struct TablePolicy {
        uint64_t hold_max_usec;
        uint64_t linger_usec;
        TableSize max; /* 0: as above */
} TablePolicy;

Table *table_new(TablePolicy policy);
Table *table_free(Table *t);
DEFINE_CLEANUP(Table *, table_free);

/* Told of each part of a value that is set aside. */
typedef void TableProblemFunc(void *userdata, const char *key, const char *domain, const char *reason);
void table_on_problem(Table *t, TableProblemFunc *problem, void *userdata);

/* What is in the table stays there, whatever comes: what is gone makes room, oldest first; after that a key that is
 * not known, or a value that is larger than the one before, is left out. This is what there still is room for. */
TableSize table_room(const Table *t);
/* How often there was none, since the beginning. */
uint64_t table_refusals(const Table *t);
/* So many keys had no room in the last pass over everything, or have had none since. */
size_t table_left_out(const Table *t);
/* Says so; `key` is the first of them. */
void table_set_left_out(Table *t, size_t count, const char *key);
/* Told of each entry when it has entered the table with its state (`there`), and before it leaves it or takes another.
 */
typedef void TableFollowFunc(void *userdata, Entry *entry, bool there);
/* Has one follow the table, and tells it of what is there already. The one before is told that all leave; NULL: nobody
 * follows any more. */
void table_follow(Table *t, TableFollowFunc *follow, void *userdata);

/* The key was read with this value. Same bytes as before: only deadline and state change, nothing is decoded. The
 * former registration of a changed value lingers as gone. Returns whether sites may differ now. A value that cannot be
 * read at all keeps the last good one of that key, as missing; it is a problem once, not at every reading. More than
 * REGISTRATION_VALUE_MAX bytes are not looked at; `value` may be NULL then. Where there is no room, the key keeps what
 * it has. */
bool table_present(Table *t, const char *key, const char *value, size_t size, uint64_t deadline_usec,
                   uint64_t now_realtime_usec);
/* The key was read and is not there. `on_purpose`: its node's live manifest does not list it, or it had no manifest
 * and its lease was over. Returns whether sites may differ now. */
bool table_absent(Table *t, const char *key, bool on_purpose, uint64_t now_realtime_usec);
/* Moves what was missing longer than hold-max to gone, and forgets what has lingered; returns whether sites may differ
 * now. */
bool table_expire(Table *t, uint64_t now_realtime_usec);
/* When table_expire() has something to do next (realtime); UINT64_MAX: never. */
uint64_t table_next_expiry(const Table *t);

const Entry *table_find(const Table *t, const char *key); /* live or missing; NULL without one */
/* All entries in the order of (key, state, since, value); borrowed until the next change. */
const Entry *const *table_entries(const Table *t, size_t *ret_count);
size_t table_count(const Table *t, EntryState state);
/* By (key, state, since, value), the order of table_entries(): below 0, 0 or above 0. */
int entry_compare(const Entry *a, const Entry *b);
/* The entries of a state, those that are in it longest first: the one behind `after`, or behind NULL the first; NULL
 * at the end. Borrowed until the next change. */
const Entry *table_next(const Table *t, EntryState state, const Entry *after);

/* The memory: one JSON document with values, missing and gone since; no deadlines. Its strings are the bytes as they
 * are, be they UTF-8 or not. Loading replaces everything and marks what was live as missing since now; it drops
 * nothing for its age: table_expire() does, and is to be called only after a reading. Returns 0, or -EBADMSG where the
 * bytes are no memory; the table is then empty. */
char *table_save(const Table *t);
int table_load(Table *t, const char *bytes, size_t size, uint64_t now_realtime_usec);

/* What loading is made of: an empty table, and one remembered entry more. Entries must come with `since` ascending;
 * one that cannot be read, or whose key is there already, is left out. */
void table_clear(Table *t);
void table_restore(Table *t, const char *key, const char *value, size_t size, EntryState state, uint64_t since_usec);
