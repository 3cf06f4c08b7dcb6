/* A state, and how many results in a row contradict it. */
#include "registrar/check-health.h"

bool check_health_take(CheckHealth *h, const CheckSpec *spec, bool passed) {
        Health found = passed ? HEALTH_HEALTHY : HEALTH_UNHEALTHY;
        uint64_t needed = h->health == HEALTH_STARTING ? 1 : passed ? spec->rise : spec->fall;

        h->contradicted = found == h->health ? 0 : h->contradicted + 1;
        if (h->contradicted == 0 || h->contradicted < needed)
                return false;
        *h = (CheckHealth){ .health = found };
        return true;
}
