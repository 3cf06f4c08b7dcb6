/* Delays between tries: doubling up to a limit, half of each random. */
#include "common/backoff.h"

#include <sys/random.h>

/* A number below `bound`; without a source of randomness its middle, which is still a delay. */
static uint64_t random_below(uint64_t bound) {
        uint64_t value;

        if (bound == 0)
                return 0;
        if (getrandom(&value, sizeof value, GRND_NONBLOCK) != sizeof value)
                return bound / 2;
        return value % bound;
}

uint64_t backoff_next(Backoff *b) {
        uint64_t next = b->first_usec;

        if (b->current_usec > 0)
                next = b->current_usec > b->limit_usec / 2 ? b->limit_usec : b->current_usec * 2;
        b->current_usec = next < b->limit_usec ? next : b->limit_usec;

        uint64_t fixed = b->current_usec / 2;
        return fixed + random_below(b->current_usec - fixed + 1);
}

void backoff_reset(Backoff *b) {
        b->current_usec = 0;
}
