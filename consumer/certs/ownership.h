/* Whose the lock is, as far as one edge can know from what Redis says. Pure; times are microseconds of one monotonic
 * clock.
 *
 * Redis' answer holds for a lease from when the question was sent, less a margin: never longer here than there. A lock
 * that has vanished before its time was lost by Redis and not by its owner, which may still be at work: it is left
 * alone until the lease that was last seen is over. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ExchangeRole {
        EXCHANGE_UNKNOWN,  /* Redis was not heard yet, or is away for longer than the lease */
        EXCHANGE_OWNER,    /* may ask CAs */
        EXCHANGE_FOLLOWER, /* another one does */
} ExchangeRole;

/* The first three are given; the rest begins with 0. */
typedef struct Ownership {
        const char *token; /* of this edge; borrowed */
        uint64_t lease_usec;
        bool alone;           /* no other may follow: who owns the lock keeps it while Redis is silent */
        ExchangeRole role;    /* as Redis said last … */
        uint64_t role_until;  /* … and until when that holds */
        uint64_t other_until; /* when the lease of another one is over that was seen last */
} Ownership;

/* Whether a lock that is not there may be taken now. */
bool ownership_may_take(const Ownership *o, uint64_t now);
/* What Redis answered to a question sent at `sent`: who holds the lock ("": nobody), and its time left in milliseconds
 * (negative: none). */
void ownership_heard(Ownership *o, uint64_t sent, uint64_t now, const char *holder, size_t size, int64_t left_msec);
ExchangeRole ownership_role(const Ownership *o, uint64_t now);
/* When the role becomes unknown unless Redis is heard again; UINT64_MAX: never. */
uint64_t ownership_until(const Ownership *o);
