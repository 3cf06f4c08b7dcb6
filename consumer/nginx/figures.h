/* What nginx was told, how long it took, and what it serves: for Prometheus. Pure. */
#pragma once

#include "beachhead/histogram.h"
#include "common/metrics.h"
#include "consumer/nginx/vhosts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FIGURES_CERTIFICATES_MAX = 1000 }; /* those that end first */

typedef struct NginxFigures {
        uint64_t reloads;         /* how often it was told to read its configuration */
        uint64_t refusals;        /* how often it did not accept one, or did not take it over */
        Histogram reload_seconds; /* from then on until it answered with the new one */
        Histogram change_seconds; /* from a change of the sites until nginx had confirmed it */
        bool runs;
        int64_t generation_time; /* when what is live was written, Unix seconds; 0: nothing is */
        size_t n_live, n_set_aside;
} NginxFigures;

void nginx_figures_init(NginxFigures *ret);
void nginx_figures_measure(const NginxFigures *f, const Vhosts *vhosts, Metrics *m);
