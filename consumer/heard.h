/* Keys that somebody spoke of (a hint, a keyspace event, a deadline) and that have not been read since. Pure. */
#pragma once

#include "common/text.h"

#include <stdbool.h>

enum { HEARD_MAX = 10000 }; /* keys that are kept */

typedef struct Heard Heard;

/* Adds a key, once. Returns false where there is no room. NULL is an empty set. */
bool heard_add(Heard **set, const char *key);
/* Moves all of them to `keys`. */
void heard_take(Heard **set, StringList *keys);
