/* Durations, counted in buckets. Pure. */
#include "beachhead/histogram.h"

#include <string.h>

static const double seconds_of[] = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60 };

void histogram_init(Histogram *ret) {
        *ret = (Histogram){ .n_bounds = sizeof seconds_of / sizeof *seconds_of };
        memcpy(ret->bounds, seconds_of, sizeof seconds_of);
}

void histogram_observe(Histogram *h, double seconds) {
        size_t i = 0;

        while (i < h->n_bounds && seconds > h->bounds[i])
                i++;
        h->counts[i]++;
        h->sum += seconds;
}

uint64_t histogram_count(const Histogram *h) {
        uint64_t count = 0;

        for (size_t i = 0; i <= h->n_bounds; i++)
                count += h->counts[i];
        return count;
}
