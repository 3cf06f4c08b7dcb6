/* What became of the tries for one certificate: kept over restarts, so that no restart asks a CA sooner. Pure. */
#pragma once

#include "common/memory.h"
#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        HISTORY_ORDERS_MAX = 50,             /* the last ones are kept */
        HISTORY_WAIT_MAX_SEC = 24 * 60 * 60, /* between two tries */
        HISTORY_CHANGES_MAX = 4,             /* orders in HISTORY_CHANGES_SEC up to which what was corrected is tried
                                              * at once */
        HISTORY_CHANGES_SEC = 10 * 60,
        HISTORY_KEPT_SEC = 7 * 24 * 60 * 60, /* the longest of the limits in budget.h */
        HISTORY_FAILURES_MAX = 1000000,      /* more are not counted */
        HISTORY_REASON_MAX = 1000,           /* bytes; the rest is cut */
        HISTORY_BYTES_MAX = 64 * 1024,       /* of the JSON of one */
};

/* All times in Unix seconds; 0: never. */
typedef struct History {
        char *ca; /* the directory of the CA that the installed certificate is from; NULL: not known */
        char *preferred_chain, *profile;    /* what it was asked for with; or NULL */
        bool isolated;                      /* its only name failed in a certificate with others */
        unsigned failures;                  /* in a row */
        int64_t failing_since, retry_at;    /* both 0 where nothing failed */
        char *asked;                        /* what failed: wanted_digest(); NULL: whatever is asked, it has to wait */
        char *reason;                       /* of the last failure; printable, one line; or NULL */
        int64_t orders[HISTORY_ORDERS_MAX]; /* when a CA was asked, whatever came of it; the oldest first */
        size_t n_orders;
        int64_t issued[HISTORY_ORDERS_MAX]; /* when a CA gave one; the oldest first */
        size_t n_issued;
} History;

History *history_new(void);
History *history_free(History *h);
DEFINE_CLEANUP(History *, history_free);
History *history_copy(const History *h);

/* JSON with the same bytes for the same history, owned by the caller; and back: 0, or -EBADMSG where a member is not
 * what it has to be. Those that are not known are ignored. */
char *history_encode(const History *h);
int history_decode(History **ret, const char *bytes, size_t size);

void history_ordered(History *h, int64_t now);
/* After the first failure it waits `first_wait` seconds, then twice as long each time, but not less than `retry_after`
 * (0: nobody says), with up to a tenth more drawn from `random` (0 to 1), and a day at most. Another `asked` than the
 * last time is a first failure again. */
void history_failed(History *h, const char *asked, int64_t now, int64_t first_wait, int64_t retry_after, double random,
                    const char *reason);
/* Ends the failures; leaves `isolated`. */
void history_issued(History *h, int64_t now, const char *ca, const char *preferred_chain, const char *profile);

/* When a CA may be asked for `asked`, as far as failures go; 0: at any time. What differs from what failed need not
 * wait for its end: a corrected wish is tried at once. But somebody may change a wish every minute, so that at most
 * HISTORY_CHANGES_MAX orders in HISTORY_CHANGES_SEC come of that. A wait longer than can be was written by a clock
 * that has gone back since, and counts as over. */
int64_t history_retry_at(const History *h, const char *asked, int64_t now);
/* Whether nothing in it limits anything any more, so that it may go with a certificate that nobody wants. */
bool history_is_spent(const History *h, int64_t now);
