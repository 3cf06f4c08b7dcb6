/* What the owner has put into Redis, kept so that it can be put again. Pure. Times are microseconds of one monotonic
 * clock. */
#pragma once

#include "common/memory.h"
#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        KEPT_VALUES_MAX = 10000,
        KEPT_BYTES_MAX = 128 << 20, /* of all of them */
};

typedef struct KeptValue {
        const char *key, *text;
        uint64_t until_usec;
} KeptValue;

typedef struct KeptValues KeptValues;

KeptValues *kept_values_new(void);
KeptValues *kept_values_free(KeptValues *k);
DEFINE_CLEANUP(KeptValues *, kept_values_free);

/* Keeps `text` (owned from now on) for the key until its time is over, due to be written; where there are too many,
 * the oldest ones are forgotten. */
void kept_values_put(KeptValues *k, const char *key, char *text, uint64_t until_usec);
/* What is kept for the key; false: nothing. Borrowed until the next call that changes anything. */
bool kept_values_find(const KeptValues *k, const char *key, KeptValue *ret);
void kept_values_clear(KeptValues *k);

/* Up to `max` values that are due, in the order in which they were put, borrowed as above; they count as being written
 * from now on. Returns how many. Those whose time is over are forgotten. */
size_t kept_values_write(KeptValues *k, uint64_t now, KeptValue *ret, size_t max);
/* What was being written is written, or is due again. What was put anew meanwhile is due in either case. */
void kept_values_written(KeptValues *k);
void kept_values_failed(KeptValues *k);
/* All are due again. */
void kept_values_again(KeptValues *k);
/* The keys that must be there: borrowed, in an array that the caller owns. */
size_t kept_values_keys(const KeptValues *k, uint64_t now, const char ***ret);
