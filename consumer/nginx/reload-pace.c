/* How long changes are gathered before nginx is told. Pure. */
#include "consumer/nginx/reload-pace.h"

uint64_t reload_pace(uint64_t interval_usec, NginxWorkers workers) {
        size_t generation = workers.serving > 0 ? workers.serving : 1, few = RELOAD_PACE_GENERATIONS * generation;
        uint64_t window = interval_usec, step = RELOAD_PACE_STEP_MSEC * UINT64_C(1000);

        if (workers.ending <= few)
                return interval_usec;
        if (window < step)
                window = step;
        for (size_t ending = few; ending < workers.ending && window < RELOAD_PACE_LIMIT_USEC; ending += generation)
                window *= 2;
        if (window > RELOAD_PACE_LIMIT_USEC)
                window = RELOAD_PACE_LIMIT_USEC;
        return window > interval_usec ? window : interval_usec;
}
