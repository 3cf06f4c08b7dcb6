/* How long something took, counted in buckets, as manifests and Prometheus tell it. Includes nothing of ours. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS_MAX = 32 };

typedef struct Histogram {
        size_t n_bounds;
        double bounds[HISTOGRAM_BOUNDS_MAX];       /* seconds, ascending: the upper end of each, itself included */
        uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1]; /* of each bucket alone; the last one lies above all bounds */
        double sum;                                /* seconds */
} Histogram;

/* Empty, with the bounds that everything here is counted by: from a millisecond to a minute. */
void histogram_init(Histogram *ret);
void histogram_observe(Histogram *h, double seconds);
/* How many observations there were. */
uint64_t histogram_count(const Histogram *h);
