/* Values as the table reads them. Pure. */
#pragma once

#include "consumer/table.h"

#include <stddef.h>
#include <stdint.h>

/* Never 0: enough to see that bytes which could not be read are the same again. */
uint64_t table_value_fingerprint(const char *bytes, size_t size);
/* The registration, or NULL where nothing of the value can be read. What is left out is told, and added to
 * `problems`. */
Registration *table_value_decode(const char *key, const char *value, size_t size, EntryProblems *problems,
                                 TableProblemFunc *problem, void *userdata);
