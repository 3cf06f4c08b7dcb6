/* The state directory: one process uses it, and the table is saved there. */
#pragma once

#include "common/memory.h"
#include "consumer/table.h"

#include <stdint.h>

enum { STATE_TABLE_MAX = 1024 * 1024 * 1024 }; /* bytes of a saved table that is still read */

typedef struct State State;

/* Makes the directory where it is missing and takes its lock. Returns 0, -EBUSY where another process has it, or
 * -errno; with a message (owned by the caller) that says what to do. */
int state_open(State **ret, const char *directory, char **ret_message);
const char *state_directory(const State *s);
/* Gives the directory back. */
State *state_free(State *s);
DEFINE_CLEANUP(State *, state_free);

/* Fills the table with what was saved, as missing. A memory that is not there, or cannot be read (said in the log),
 * leaves it empty. Needs no lock. */
void state_load(const char *directory, Table *table, uint64_t now_realtime_usec);
/* Saves the table; returns 0 or -errno. What was saved before stands on error. */
int state_save(const State *s, const Table *table);
