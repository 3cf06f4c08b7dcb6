/* /status.json. Members that say nothing are left out. */
#include "consumer/status/status-json.h"

#include "common/json-writer.h"
#include "consumer/status/node-status.h"
#include "consumer/status/publishers.h"

#include <string.h>

#define USEC_PER_SEC UINT64_C(1000000)

/* What all rows are made from. */
typedef struct Rows {
        const StatusView *view;
        const Publishers *publishers;
        JsonWriter *json;
        size_t count;
} Rows;

/* What is not ASCII may be no UTF-8 either. */
static void write_words(JsonWriter *w, const char *name, const char *words) {
        size_t size = strlen(words), plain = 0;

        while (plain < size && plain < STATUS_WORDS_MAX && (unsigned char)words[plain] < 0x7f)
                plain++;
        _cleanup_free_ char *shown = plain < size ? printable(words, size, STATUS_WORDS_MAX) : NULL;
        json_write_string(w, name, shown ? shown : words);
}

/* ---- who publishes it ---- */

static const char *instance_of(const StatusView *v, const char *key) {
        const char *instance = v->n_keyspaces == 1 ? keyspace_instance(v->keyspaces, key) : NULL;

        return instance ? instance : key;
}

static void write_publisher(JsonWriter *w, const StatusView *v, const Entry *e) {
        static const char *const states[] = {
                [ENTRY_LIVE] = "live", [ENTRY_MISSING] = "missing", [ENTRY_GONE] = "gone"
        };
        uint64_t realtime_offset_usec = v->realtime_usec - v->monotonic_usec;

        json_begin_object(w, NULL);
        write_words(w, "instance", instance_of(v, e->key));
        json_write_string(w, "state", states[e->state]);
        if (e->state != ENTRY_LIVE)
                json_write_unsigned(w, "since", e->since_usec / USEC_PER_SEC);
        else if (e->deadline_usec != UINT64_MAX)
                json_write_unsigned(w, "until", (e->deadline_usec + realtime_offset_usec) / USEC_PER_SEC);
        json_end_object(w);
}

/* Since when none of them has been live; 0: one is. */
static uint64_t away_since(const Publication *items, size_t count) {
        uint64_t since = 0;

        for (size_t i = 0; i < count; i++) {
                if (items[i].entry->state == ENTRY_LIVE)
                        return 0;
                if (items[i].entry->since_usec > since)
                        since = items[i].entry->since_usec;
        }
        return since;
}

static void write_publishers(JsonWriter *w, const StatusView *v, const Publication *items, size_t count) {
        uint64_t since = away_since(items, count);
        size_t n = 0;

        json_begin_array(w, "by");
        for (size_t i = 0; i < count; i++)
                if ((i == 0 || items[i].entry != items[i - 1].entry) && n++ < STATUS_PUBLISHERS_MAX)
                        write_publisher(w, v, items[i].entry);
        json_end_array(w);
        json_write_unsigned(w, "publishers", n);
        if (since > 0)
                json_write_unsigned(w, "since", since / USEC_PER_SEC);
}

/* ---- where it leads ---- */

static void write_endpoints(JsonWriter *w, const Endpoints *endpoints, const char *scheme, size_t max) {
        for (size_t i = 0; i < endpoints->count && i < max; i++) {
                const Endpoint *e = &endpoints->items[i];
                bool v6 = strchr(e->host, ':');
                _cleanup_free_ char *text =
                        xasprintf("%s://%s%s%s:%u", scheme, v6 ? "[" : "", e->host, v6 ? "]" : "", e->port);
                json_write_string(w, NULL, text);
        }
}

static void write_location(JsonWriter *w, const Location *l) {
        static const char *const schemes[_PROTOCOL_COUNT] = {
                [PROTOCOL_HTTP] = "http",   [PROTOCOL_HTTPS] = "https", [PROTOCOL_GRPC] = "grpc",
                [PROTOCOL_GRPCS] = "grpcs", [PROTOCOL_UWSGI] = "uwsgi", [PROTOCOL_FASTCGI] = "fastcgi",
        };

        json_begin_array(w, "to");
        write_endpoints(w, &l->endpoints, schemes[l->proto], STATUS_ENDPOINTS_MAX);
        write_endpoints(w, &l->tls_endpoints, "https", STATUS_ENDPOINTS_MAX);
        json_end_array(w);
        json_write_unsigned(w, "endpoints", l->endpoints.count + l->tls_endpoints.count);
        if (l->dest)
                write_words(w, "dest", l->dest);
        if (l->internal)
                json_write_bool(w, "internal", true);
}

/* Where a browser finds it, as far as that can be known: not behind patterns, nor on ports of its own. */
static void write_link(JsonWriter *w, const Site *site, const Location *l, bool has_certificate) {
        const EdgeSettings *settings = &site->shape.settings;

        if (site->kind == SERVER_NAME_WILDCARD || site->kind == SERVER_NAME_REGEX || *l->path != '/' ||
            edge_settings_has(settings, EDGE_HTTP_PORT) || edge_settings_has(settings, EDGE_HTTPS_PORT))
                return;
        _cleanup_free_ char *link =
                xasprintf("%s://%s%s", site->shape.https && has_certificate ? "https" : "http", site->domain, l->path);
        write_words(w, "link", link);
}

/* ---- what is said of it ---- */

/* Of several outputs, the first that sets it aside, and the certificate that ends first. */
static OutputRemark remark_on(const StatusView *v, const char *domain) {
        OutputRemark all = { 0 };

        for (size_t i = 0; i < v->n_outputs; i++) {
                const Output *o = v->outputs[i];
                OutputRemark one = { 0 };
                if (!o->class->remark)
                        continue;
                o->class->remark(o, domain, &one);
                all.set_aside = all.set_aside ? all.set_aside : one.set_aside;
                if (all.certificate_not_after == 0 ||
                    (one.certificate_not_after > 0 && one.certificate_not_after < all.certificate_not_after))
                        all.certificate_not_after = one.certificate_not_after;
        }
        return all;
}

static void write_list(JsonWriter *w, const StringList *notes) {
        for (size_t i = 0; notes && i < notes->count; i++)
                write_words(w, NULL, notes->items[i]);
}

static void write_notes(JsonWriter *w, const StatusView *v, const Site *site) {
        json_begin_array(w, "notes");
        write_list(w, &site->notes);
        for (size_t i = 0; i < v->n_outputs; i++) {
                OutputRemark one = { 0 };
                if (!v->outputs[i]->class->remark)
                        continue;
                v->outputs[i]->class->remark(v->outputs[i], site->domain, &one);
                write_list(w, one.notes);
        }
        json_end_array(w);
}

/* ---- rows ---- */

/* Returns whether there is room for it. */
static bool begin_row(Rows *rows, const char *domain, const char *path, const char *state, const char *why) {
        if (rows->count++ >= STATUS_ROUTES_MAX)
                return false;
        json_begin_object(rows->json, NULL);
        write_words(rows->json, "domain", domain);
        write_words(rows->json, "path", path);
        json_write_string(rows->json, "state", state);
        if (why)
                write_words(rows->json, "why", why);
        return true;
}

static void write_row(Rows *rows, const Site *site, const Location *l, const OutputRemark *remark) {
        static const char *const states[] = {
                [SITE_LIVE] = "live", [SITE_HELD] = "held", [SITE_LINGERING] = "lingering"
        };
        JsonWriter *w = rows->json;
        size_t count;
        const Publication *items = publishers_of(rows->publishers, site->domain, l->path, &count);

        if (!begin_row(rows, site->domain, l->path, remark->set_aside ? "aside" : states[l->state], remark->set_aside))
                return;
        if (site->shape.https)
                json_write_bool(w, "https", true);
        if (remark->certificate_not_after > 0)
                json_write_unsigned(w, "certificate", (uint64_t)remark->certificate_not_after);
        write_link(w, site, l, remark->certificate_not_after > 0);
        write_location(w, l);
        write_publishers(w, rows->view, items, count);
        write_notes(w, rows->view, site);
        json_end_object(w);
}

/* Of an entry, or of one that is not there any more. */
static void write_left_out(Rows *rows, const char *domain, const char *reason, const Entry *e) {
        if (!begin_row(rows, domain ? domain : "", "", "aside", reason))
                return;
        json_begin_array(rows->json, "by");
        if (e)
                write_publisher(rows->json, rows->view, e);
        json_end_array(rows->json);
        json_write_unsigned(rows->json, "publishers", e ? 1 : 0);
        json_end_object(rows->json);
}

static void write_problems(Rows *rows) {
        size_t count;
        const Entry *const *entries = table_entries(rows->view->table, &count);

        for (size_t i = 0; i < count; i++) {
                const Entry *e = entries[i];
                for (size_t k = 0; e->state != ENTRY_GONE && k < e->problems.count; k++)
                        write_left_out(rows, e->problems.items[k].domain, e->problems.items[k].reason, e);
                for (size_t k = 0; e->state != ENTRY_GONE && k < e->refused.count; k++)
                        write_left_out(rows, e->refused.items[k].domain, e->refused.items[k].reason, e);
        }
}

static void write_routes(JsonWriter *w, const StatusView *v) {
        _cleanup_(publishers_freep) Publishers *publishers = publishers_new(v->table);
        Rows rows = { v, publishers, w, 0 };

        json_begin_array(w, "routes");
        write_problems(&rows);
        for (size_t i = 0; v->sites && i < v->sites->n_set_aside; i++) {
                const SetAside *aside = &v->sites->set_aside[i];
                write_left_out(&rows, aside->domain, aside->reason, table_find(v->table, aside->key));
        }
        for (size_t i = 0; v->sites && i < v->sites->count; i++) {
                const Site *site = v->sites->items[i];
                OutputRemark remark = remark_on(v, site->domain);
                for (size_t k = 0; k < site->n_locations; k++)
                        write_row(&rows, site, &site->locations[k], &remark);
        }
        json_end_array(w);
        json_write_unsigned(w, "more", rows.count > STATUS_ROUTES_MAX ? rows.count - STATUS_ROUTES_MAX : 0);
}

/* ---- the rest ---- */

static void write_redis(JsonWriter *w, const StatusView *v) {
        json_begin_object(w, "redis");
        write_words(w, "at", v->redis);
        json_write_bool(w, "up", !v->redis_error);
        if (v->redis_error)
                write_words(w, "error", v->redis_error);
        json_end_object(w);
}

static void write_registrations(JsonWriter *w, const StatusView *v) {
        json_begin_object(w, "registrations");
        json_write_unsigned(w, "live", table_count(v->table, ENTRY_LIVE));
        json_write_unsigned(w, "missing", table_count(v->table, ENTRY_MISSING));
        json_end_object(w);
}

static void write_outputs(JsonWriter *w, const StatusView *v) {
        json_begin_array(w, "outputs");
        for (size_t i = 0; i < v->n_outputs; i++) {
                const Output *o = v->outputs[i];
                _cleanup_free_ char *says = o->class->describe(o);
                json_begin_object(w, NULL);
                json_write_string(w, "name", o->class->name);
                json_write_string(w, "state", output_state_name(o->class->state(o)));
                write_words(w, "says", says);
                json_end_object(w);
        }
        json_end_array(w);
}

static void write_node(JsonWriter *w, const NodeStatus *n) {
        json_begin_object(w, NULL);
        write_words(w, "name", n->name);
        json_write_bool(w, "up", n->manifest);
        if (n->manifest) {
                write_words(w, "version", n->manifest->version);
                write_words(w, "engine", n->manifest->engine);
                json_write_unsigned(w, "containers", n->manifest->containers);
        }
        json_write_unsigned(w, "live", n->live);
        json_write_unsigned(w, "missing", n->missing);
        json_end_object(w);
}

static void write_nodes(JsonWriter *w, const StatusView *v) {
        _cleanup_(node_statuses_freep) NodeStatuses *nodes = node_statuses_new(v);

        json_begin_array(w, "nodes");
        for (size_t i = 0; i < nodes->count; i++)
                write_node(w, &nodes->items[i]);
        json_end_array(w);
}

char *status_json(const StatusView *v) {
        JsonWriter w = { 0 };

        json_begin_object(&w, NULL);
        json_write_string(&w, "version", BEACHHEAD_VERSION);
        json_write_bool(&w, "read", v->sites);
        if (v->ailment)
                write_words(&w, "ailment", v->ailment);
        write_redis(&w, v);
        write_registrations(&w, v);
        write_outputs(&w, v);
        write_nodes(&w, v);
        write_routes(&w, v);
        json_end_object(&w);
        return text_take(&w.text);
}
