/* Delays between tries: doubling up to a limit, half of each random. */
#include "common/backoff.h"

#include "common/chance.h"

uint64_t backoff_next(Backoff *b) {
        uint64_t next = b->first_usec;

        if (b->current_usec > 0)
                next = b->current_usec > b->limit_usec / 2 ? b->limit_usec : b->current_usec * 2;
        b->current_usec = next < b->limit_usec ? next : b->limit_usec;

        uint64_t fixed = b->current_usec / 2;
        return fixed + (uint64_t)(chance() * (double)(b->current_usec - fixed));
}

void backoff_reset(Backoff *b) {
        b->current_usec = 0;
}
