/* One reading of Redis, staged: what was found of each key, until all of it goes into the table at once. Pure. */
#pragma once

#include "common/memory.h"
#include "consumer/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Reading Reading;

/* Borrows the table, of which only table_expire() may change anything until the reading is committed or freed; and
 * other readings, of keys that are forgotten here before that. */
Reading *reading_new(const Table *table);
Reading *reading_free(Reading *r);
DEFINE_CLEANUP(Reading *, reading_free);

/* Whether the value of the key is worth fetching; where not, for lack of room, it is counted as left out. */
bool reading_wants(Reading *r, const char *key);
/* The key was there with this value; bytes that the table has already are not copied, and more than
 * REGISTRATION_VALUE_MAX are not looked at (`value` may be NULL). `deadline_usec` is monotonic; UINT64_MAX: no lease.
 */
void reading_present(Reading *r, const char *key, const char *value, size_t size, uint64_t deadline_usec);
/* The key was not there. `on_purpose`: as of table_absent(). Returns whether that is news: it was not staged as absent
 * yet. A name that nobody ever saw is news too: its bearer may have come and gone beside this reading, and another one
 * have come in its place. */
bool reading_absent(Reading *r, const char *key, bool on_purpose);
/* What was found of the key, if anything was, is as if it had not been: the table is about to know better. */
void reading_forget(Reading *r, const char *key);
bool reading_has(const Reading *r, const char *key);
/* The earliest deadline of what was present; UINT64_MAX without one. */
uint64_t reading_next_deadline(const Reading *r);
/* Puts everything into the table; absences only where `with_absences`. Returns whether sites may differ. Of what is
 * new, and has no room all together, the first by name come in, whatever order they were found in. */
bool reading_commit(Reading *r, Table *table, bool with_absences, uint64_t now_realtime_usec);
/* How many keys had no room, and in *ret_key, borrowed, the first new one; "": none of them was new. */
size_t reading_left_out(const Reading *r, const char **ret_key);
