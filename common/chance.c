/* Jitter. */
#include "common/chance.h"

#include <stdint.h>
#include <sys/random.h>

double chance(void) {
        uint32_t bits;

        return getrandom(&bits, sizeof bits, GRND_NONBLOCK) == sizeof bits ? bits / (double)UINT32_MAX : 0.5;
}
