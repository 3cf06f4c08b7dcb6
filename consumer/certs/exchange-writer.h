/* Writes to Redis what the owner shares: in batches, each value only while the lock is its own, and when all are there
 * a new revision. Keeps them, to write them again. */
#pragma once

#include "common/memory.h"
#include "common/redis-link.h"

#include <stddef.h>
#include <stdint.h>

enum { EXCHANGE_WRITES_AT_ONCE = 64 };

typedef struct ExchangeWriter ExchangeWriter;

/* All that was put is there, under this revision; borrowed. */
typedef void ExchangeRevisedFunc(void *userdata, const char *revision);

/* All borrowed; must outlive the writer. */
typedef struct ExchangeWriterPolicy {
        const char *lock_key, *token;
        const char *revision_key;
        const char *revision_mark; /* ends every revision */
} ExchangeWriterPolicy;

ExchangeWriter *exchange_writer_new(RedisLink *link, ExchangeWriterPolicy policy, ExchangeRevisedFunc *revised,
                                    void *userdata);
/* Keeps `text` (owned from now on) for a key until a time of the monotonic clock (microseconds), and writes it. */
void exchange_writer_put(ExchangeWriter *w, const char *key, char *text, uint64_t until_usec);
/* What is kept for a key and until when, borrowed; NULL: nothing. */
const char *exchange_writer_find(const ExchangeWriter *w, const char *key, uint64_t *ret_until_usec);
void exchange_writer_forget_all(ExchangeWriter *w);
/* Writes all of it anew. */
void exchange_writer_again(ExchangeWriter *w);
/* Goes on with what is due: after the link was down, or Redis said that the lock is not ours. */
void exchange_writer_resume(ExchangeWriter *w);
/* Asks whether all that was written is there, and writes it again where it is not. */
void exchange_writer_check(ExchangeWriter *w);
/* To be called when the link is down. */
void exchange_writer_link_down(ExchangeWriter *w);
ExchangeWriter *exchange_writer_free(ExchangeWriter *w);
DEFINE_CLEANUP(ExchangeWriter *, exchange_writer_free);
