/* How long to wait before the next try: doubling, with jitter, up to a limit. */
#pragma once

#include <stdint.h>

typedef struct Backoff {
        uint64_t first_usec, limit_usec;
        uint64_t current_usec; /* 0: the next failure is the first one */
} Backoff;

/* The next delay in microseconds: half fixed, half random, so that many clients do not come back together. */
uint64_t backoff_next(Backoff *b);
void backoff_reset(Backoff *b);
