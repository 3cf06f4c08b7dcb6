/* A consumer to look at: a table, the sites that it comes to, and one output with an answer to everything. */
#pragma once

#include "common/memory.h"
#include "consumer/status/view.h"
#include "tests/unit/consumer/sites-ground.h"

#include <string.h>

#define SECOND UINT64_C(1000000)
#define NOW_SECONDS UINT64_C(1700000000) /* of the wall clock; the monotonic one says 1000 */

/* What the output says. */
typedef struct FakeOutput {
        Output output; /* first */
        OutputState state;
        const char *says, *ailment;
        const char *set_aside, *set_aside_domain;
        StringList notes;
        int64_t certificate_not_after;
} FakeOutput;

static inline OutputState fake_state(const Output *o) {
        return ((const FakeOutput *)o)->state;
}

static inline char *fake_describe(const Output *o) {
        return xstrdup(((const FakeOutput *)o)->says);
}

static inline void fake_measure(const Output *o, Metrics *m) {
        (void)o;
        metrics_single(m, METRIC_GAUGE, "beachhead_fake_figure", "A figure.", 7);
}

static inline void fake_remark(const Output *o, const char *domain, OutputRemark *ret) {
        const FakeOutput *f = (const FakeOutput *)o;

        if (streq_or_null(f->set_aside_domain, domain))
                ret->set_aside = f->set_aside;
        ret->notes = &f->notes;
        ret->certificate_not_after = f->certificate_not_after;
}

static inline char *fake_ailment(const Output *o) {
        const FakeOutput *f = (const FakeOutput *)o;

        return f->ailment ? xstrdup(f->ailment) : NULL;
}

static const OutputClass fake_output_class = {
        .name = "fake",
        .state = fake_state,
        .describe = fake_describe,
        .measure = fake_measure,
        .remark = fake_remark,
        .ailment = fake_ailment,
};

typedef struct Scene {
        Table *table;
        Sites *sites;
        Keyspace keyspaces[2];
        Node nodes[4];
        NodeList list;
        FakeOutput fake;
        Output *outputs[1];
        StatusView view;
} Scene;

static inline void scene_begin(Scene *s) {
        *s = (Scene){ .table = table_new((TablePolicy){ .hold_max_usec = 600 * SECOND, .linger_usec = 30 * SECOND }) };
        ck_assert_int_eq(keyspace_init(&s->keyspaces[0], KEYSPACE_DEFAULT_PREFIX), 0);
        ck_assert_int_eq(keyspace_init(&s->keyspaces[1], "/edge/"), 0);
        s->list.items = s->nodes;
        s->fake = (FakeOutput){ .output = { .class = &fake_output_class }, .state = OUTPUT_DONE, .says = "all live" };
        s->outputs[0] = &s->fake.output;
        s->view = (StatusView){
                .table = s->table,
                .outputs = s->outputs,
                .n_outputs = 1,
                .keyspaces = s->keyspaces,
                .n_keyspaces = 1,
                .nodes = &s->list,
                .redis = "redis://redis.internal:6379/0",
                .realtime_usec = NOW_SECONDS * SECOND,
                .monotonic_usec = 1000 * SECOND,
        };
}

/* A registration with that many seconds left. */
static inline void scene_register(Scene *s, const char *instance, const char *value, uint64_t left) {
        _cleanup_free_ char *key = xasprintf("/beachhead/%s", instance);

        (void)table_present(s->table, key, value, strlen(value), (1000 + left) * SECOND, NOW_SECONDS * SECOND);
}

/* It is gone on purpose, or missing, since a minute. */
static inline void scene_leave(Scene *s, const char *instance, bool on_purpose) {
        _cleanup_free_ char *key = xasprintf("/beachhead/%s", instance);

        (void)table_absent(s->table, key, on_purpose, (NOW_SECONDS - 60) * SECOND);
}

static inline void scene_add_node(Scene *s, const char *name, const char *value) {
        Node *n = &s->nodes[s->list.count++];

        n->name = xstrdup(name);
        ck_assert_int_eq(manifest_decode(&n->manifest, value, strlen(value)), 0);
}

/* As it is after a reading. */
static inline void scene_settle(Scene *s) {
        (void)sites_free(s->sites);
        s->sites = sites_from_table(s->table, NULL);
        s->view.sites = s->sites;
}

static inline void scene_end(Scene *s) {
        (void)sites_free(s->sites);
        (void)table_free(s->table);
        for (size_t i = 0; i < s->list.count; i++) {
                free(s->nodes[i].name);
                (void)manifest_free(s->nodes[i].manifest);
        }
        string_list_clear(&s->fake.notes);
        keyspace_done(&s->keyspaces[0]);
        keyspace_done(&s->keyspaces[1]);
}

#define MANIFEST(engine, more)                                                                                        \
        "{\"machine\":\"m1\",\"version\":\"0.1.0\",\"engine\":\"" engine "\"" more ",\"instances\":[]}"
