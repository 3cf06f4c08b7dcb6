/* /metrics. */
#include "consumer/status/status-metrics.h"

#include "consumer/status/node-status.h"

#include <string.h>

static void gauge(Metrics *m, const char *name, const char *help, double value) {
        metrics_single(m, METRIC_GAUGE, name, help, value);
}

/* ---- what is registered ---- */

static void measure_registrations(const StatusView *v, Metrics *m) {
        static const char *const states[_ENTRY_STATE_COUNT] = {
                [ENTRY_LIVE] = "live",
                [ENTRY_MISSING] = "missing",
                [ENTRY_GONE] = "gone",
        };

        metrics_family(m, METRIC_GAUGE, "beachhead_registrations",
                       "Registrations: live, missing without a reason, gone on purpose a moment ago.");
        for (EntryState i = 0; i < _ENTRY_STATE_COUNT; i++)
                metrics_sample(m, LABELS({ "state", states[i] }), (double)table_count(v->table, i));
        gauge(m, "beachhead_registrations_left_out", "Registrations that there was no room for in the last full pass.",
              (double)table_left_out(v->table));
}

/* Of the one that ends first, as far as known: a refresh is seen at the next pass. */
static void measure_leases(const StatusView *v, Metrics *m) {
        uint64_t least = UINT64_MAX;
        size_t count;
        const Entry *const *entries = table_entries(v->table, &count);

        for (size_t i = 0; i < count; i++)
                if (entries[i]->state == ENTRY_LIVE && entries[i]->deadline_usec < least)
                        least = entries[i]->deadline_usec;
        if (least == UINT64_MAX)
                return;
        gauge(m, "beachhead_lease_left_seconds", "What is left of the lease that ends first, as it was last read.",
              least > v->monotonic_usec ? (double)(least - v->monotonic_usec) / 1e6 : 0);
}

/* What cannot be read of values, and what is read and cannot be served. */
static size_t count_set_aside(const StatusView *v) {
        size_t count, n = v->sites->n_set_aside;
        const Entry *const *entries = table_entries(v->table, &count);

        for (size_t i = 0; i < count; i++)
                if (entries[i]->state != ENTRY_GONE)
                        n += entries[i]->problems.count + entries[i]->refused.count;
        return n;
}

static void measure_sites(const StatusView *v, Metrics *m) {
        static const char *const states[] = {
                [SITE_LIVE] = "live", [SITE_HELD] = "held", [SITE_LINGERING] = "lingering"
        };
        size_t counts[] = { 0, 0, 0 };

        gauge(m, "beachhead_ready", "Whether Redis has been read since the start.", v->sites != NULL);
        if (!v->sites)
                return;
        for (size_t i = 0; i < v->sites->count; i++)
                counts[v->sites->items[i]->state]++;
        metrics_family(m, METRIC_GAUGE, "beachhead_sites",
                       "Sites: live, held because all they had is missing, lingering after their last endpoint left.");
        for (SiteState i = SITE_LIVE; i <= SITE_LINGERING; i++)
                metrics_sample(m, LABELS({ "state", states[i] }), (double)counts[i]);
        gauge(m, "beachhead_routes_set_aside", "Routes that are registered and cannot be served.",
              (double)count_set_aside(v));
}

/* ---- Redis, outputs ---- */

static void measure_redis(const StatusView *v, Metrics *m) {
        gauge(m, "beachhead_redis_up", "Whether Redis is connected and its messages come through.", !v->redis_error);
        if (!v->redis_error)
                return;
        metrics_family(m, METRIC_GAUGE, "beachhead_redis_error_info", "Always 1; why Redis is away is a label.");
        metrics_sample(m, LABELS({ "error", v->redis_error }), 1);
}

static void measure_outputs(const StatusView *v, Metrics *m) {
        metrics_family(m, METRIC_GAUGE, "beachhead_output_state", "1 for the state that an output is in.");
        for (size_t i = 0; i < v->n_outputs; i++)
                for (OutputState state = 0; state < _OUTPUT_STATE_COUNT; state++)
                        metrics_sample(m,
                                       LABELS({ "output", v->outputs[i]->class->name },
                                              { "state", output_state_name(state) }),
                                       v->outputs[i]->class->state(v->outputs[i]) == state);
        for (size_t i = 0; i < v->n_outputs; i++)
                if (v->outputs[i]->class->measure)
                        v->outputs[i]->class->measure(v->outputs[i], m);
}

/* ---- nodes ---- */

enum { UNKNOWN = -1 }; /* the node does not say: it has no sample */

/* One family of a figure of every node. */
static void measure_each(const NodeStatuses *nodes, Metrics *m, const char *name, const char *help,
                         double (*value)(const NodeStatus *n)) {
        metrics_family(m, METRIC_GAUGE, name, help);
        for (size_t i = 0; i < nodes->count && i < STATUS_NODES_MAX; i++)
                if (value(&nodes->items[i]) != UNKNOWN)
                        metrics_sample(m, LABELS({ "node", nodes->items[i].name }), value(&nodes->items[i]));
}

static double is_up(const NodeStatus *n) {
        return n->manifest != NULL;
}

/* A node may have none: files of services alone. */
static double engine_is_up(const NodeStatus *n) {
        if (!n->manifest || strcmp(n->manifest->engine, "none") == 0)
                return UNKNOWN;
        return strcmp(n->manifest->engine, "connected") == 0;
}

static double containers(const NodeStatus *n) {
        return n->manifest ? (double)n->manifest->containers : UNKNOWN;
}

static double live(const NodeStatus *n) {
        return (double)n->live;
}

static double missing(const NodeStatus *n) {
        return (double)n->missing;
}

static void measure_histograms(const NodeStatuses *nodes, Metrics *m) {
        metrics_family(m, METRIC_HISTOGRAM, "beachhead_node_event_to_publish_seconds",
                       "From an event of the node's Engine until Redis held what followed.");
        for (size_t i = 0; i < nodes->count && i < STATUS_NODES_MAX; i++)
                if (nodes->items[i].manifest && nodes->items[i].manifest->event_to_publish.n_bounds > 0)
                        metrics_histogram(m, LABELS({ "node", nodes->items[i].name }),
                                          &nodes->items[i].manifest->event_to_publish);
}

static void measure_nodes(const StatusView *v, Metrics *m) {
        _cleanup_(node_statuses_freep) NodeStatuses *nodes = node_statuses_new(v);

        if (nodes->count == 0)
                return;
        gauge(m, "beachhead_nodes_left_out", "Manifests that there was no room for.", (double)v->nodes->left_out);
        measure_each(nodes, m, "beachhead_node_up", "Whether the node's manifest is there.", is_up);
        measure_each(nodes, m, "beachhead_node_engine_up", "Whether the node's Engine answers it.", engine_is_up);
        measure_each(nodes, m, "beachhead_node_containers", "Containers that run on the node.", containers);
        measure_each(nodes, m, "beachhead_node_registrations", "Registrations of the node that are live.", live);
        measure_each(nodes, m, "beachhead_node_registrations_missing",
                     "Registrations of the node that are missing without a reason.", missing);
        metrics_family(m, METRIC_GAUGE, "beachhead_node_info", "Always 1; the registrar's version is a label.");
        for (size_t i = 0; i < nodes->count && i < STATUS_NODES_MAX; i++)
                if (nodes->items[i].manifest)
                        metrics_sample(m,
                                       LABELS({ "node", nodes->items[i].name },
                                              { "version", nodes->items[i].manifest->version }),
                                       1);
        measure_histograms(nodes, m);
}

char *status_metrics(const StatusView *v) {
        Metrics m = { 0 };

        metrics_family(&m, METRIC_GAUGE, "beachhead_build_info", "Always 1; the version is a label.");
        metrics_sample(&m, LABELS({ "version", BEACHHEAD_VERSION }), 1);
        gauge(&m, "beachhead_healthy", "Whether /healthz says that requests may be sent to this edge.", !v->ailment);
        measure_registrations(v, &m);
        measure_leases(v, &m);
        measure_sites(v, &m);
        metrics_single(&m, METRIC_COUNTER, "beachhead_changes_total",
                       "How often the sites differed from what they were.", (double)v->changes);
        measure_redis(v, &m);
        measure_outputs(v, &m);
        measure_nodes(v, &m);
        return text_take(&m.text);
}
