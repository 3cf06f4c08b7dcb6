/* Whose the lock is, as far as one edge can know from what Redis says. */
#include "consumer/certs/ownership.h"

#include <string.h>

enum { MARGIN_DIVISOR = 10 }; /* the part of a lease that is given up for what takes time between clock and deed */

bool ownership_may_take(const Ownership *o, uint64_t now) {
        return now >= o->other_until;
}

/* No lease is longer than our own: another one's is believed no further. */
static uint64_t lease_end(const Ownership *o, uint64_t now, int64_t left_msec) {
        uint64_t limit_msec = o->lease_usec / 1000;

        if (left_msec < 0)
                return now;
        return now + ((uint64_t)left_msec < limit_msec ? (uint64_t)left_msec : limit_msec) * 1000;
}

void ownership_heard(Ownership *o, uint64_t sent, uint64_t now, const char *holder, size_t size, int64_t left_msec) {
        bool own = size == strlen(o->token) && memcmp(holder, o->token, size) == 0;

        o->role = own ? EXCHANGE_OWNER : EXCHANGE_FOLLOWER;
        o->role_until = sent + o->lease_usec - o->lease_usec / MARGIN_DIVISOR;
        if (own)
                o->other_until = 0;
        else if (size > 0)
                o->other_until = lease_end(o, now, left_msec);
}

uint64_t ownership_until(const Ownership *o) {
        if (o->role == EXCHANGE_UNKNOWN || (o->role == EXCHANGE_OWNER && o->alone))
                return UINT64_MAX;
        return o->role_until;
}

ExchangeRole ownership_role(const Ownership *o, uint64_t now) {
        return now < ownership_until(o) ? o->role : EXCHANGE_UNKNOWN;
}
