/* Figures in Prometheus' text format, for /metrics and for text files. Pure. */
#pragma once

#include "beachhead/histogram.h"
#include "common/text.h"

#include <stdint.h>

typedef enum MetricType {
        METRIC_GAUGE,
        METRIC_COUNTER, /* its name ends in "_total" */
        METRIC_HISTOGRAM,
} MetricType;

/* {0} is an empty one. */
typedef struct Metrics {
        Text text;
        const char *name; /* of the family under way */
} Metrics;

typedef struct MetricLabel {
        const char *name, *value; /* NULL: it has no such label */
} MetricLabel;

/* At most three, all borrowed for the call: LABELS({ "node", name }, { "state", "live" }). */
enum { METRIC_LABELS_MAX = 3 };
#define LABELS(...) ((const MetricLabel[METRIC_LABELS_MAX]){ __VA_ARGS__ })
#define NO_LABELS LABELS({ 0 })

/* Begins a family; its samples follow, and each family comes once. `name` has no "_bucket" and the like, and lives as
 * long as its samples are added; `help` is a sentence. */
void metrics_family(Metrics *m, MetricType type, const char *name, const char *help);
/* A label's value may hold any bytes: those that are not printable ASCII are shown as \xNN. */
void metrics_sample(Metrics *m, const MetricLabel *labels, double value);
/* The samples of a histogram: buckets, sum and count. */
void metrics_histogram(Metrics *m, const MetricLabel *labels, const Histogram *h);

/* A family with one sample that has no labels. */
void metrics_single(Metrics *m, MetricType type, const char *name, const char *help, double value);

void metrics_done(Metrics *m);
