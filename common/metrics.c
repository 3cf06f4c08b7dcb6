/* Figures in Prometheus' text format. Source: "Exposition formats" in Prometheus' documentation, version 0.0.4. */
#include "common/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_VALUE_MAX = 300 }; /* bytes; what is longer ends in an ellipsis */

static const char *const type_names[] = {
        [METRIC_GAUGE] = "gauge",
        [METRIC_COUNTER] = "counter",
        [METRIC_HISTOGRAM] = "histogram",
};

void metrics_family(Metrics *m, MetricType type, const char *name, const char *help) {
        m->name = name;
        text_appendf(&m->text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type_names[type]);
}

static void append_label_value(Text *t, const char *value) {
        for (size_t i = 0; value[i]; i++) {
                unsigned char c = (unsigned char)value[i];
                if (i == LABEL_VALUE_MAX) {
                        text_append(t, "...");
                        break;
                }
                if (c < 0x20 || c >= 0x7f)
                        text_appendf(t, "\\\\x%02x", c);
                else
                        text_appendf(t, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
        }
}

/* `bound` is one more label, that of a bucket; NULL: there is none. */
static void append_name(Metrics *m, const char *suffix, const MetricLabel *labels, const char *bound) {
        const char *before = "{";

        text_appendf(&m->text, "%s%s", m->name, suffix);
        for (size_t i = 0; i < METRIC_LABELS_MAX; i++) {
                if (!labels[i].value)
                        continue;
                text_appendf(&m->text, "%s%s=\"", before, labels[i].name);
                append_label_value(&m->text, labels[i].value);
                text_append(&m->text, "\"");
                before = ",";
        }
        if (bound)
                text_appendf(&m->text, "%sle=\"%s\"", before, bound);
        text_append(&m->text, bound || *before == ',' ? "} " : " ");
}

/* Whole numbers as such, others as short as they can be told apart. */
static void append_number(Text *t, double value) {
        if (isnan(value))
                text_append(t, "NaN");
        else if (isinf(value))
                text_append(t, value < 0 ? "-Inf" : "+Inf");
        else if (fabs(value) < 9007199254740992.0 && value == (double)(int64_t)value)
                text_appendf(t, "%.0f", value);
        else
                text_appendf(t, "%.15g", value);
}

void metrics_sample(Metrics *m, const MetricLabel *labels, double value) {
        append_name(m, "", labels, NULL);
        append_number(&m->text, value);
        text_append(&m->text, "\n");
}

void metrics_histogram(Metrics *m, const MetricLabel *labels, const Histogram *h) {
        uint64_t below = 0;

        for (size_t i = 0; i <= h->n_bounds; i++) {
                _cleanup_text_ Text bound = { 0 };
                append_number(&bound, i < h->n_bounds ? h->bounds[i] : INFINITY);
                below += h->counts[i];
                append_name(m, "_bucket", labels, bound.data);
                text_appendf(&m->text, "%" PRIu64 "\n", below);
        }
        append_name(m, "_sum", labels, NULL);
        append_number(&m->text, h->sum);
        text_append(&m->text, "\n");
        append_name(m, "_count", labels, NULL);
        text_appendf(&m->text, "%" PRIu64 "\n", below);
}

void metrics_single(Metrics *m, MetricType type, const char *name, const char *help, double value) {
        metrics_family(m, type, name, help);
        metrics_sample(m, NO_LABELS, value);
}

void metrics_done(Metrics *m) {
        text_done(&m->text);
}
