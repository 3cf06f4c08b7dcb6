/* The consumer at work: what Redis holds becomes what the outputs make of it. */
#include "consumer/manager.h"

#include "beachhead/keyspace.h"
#include "common/file.h"
#include "common/log.h"
#include "common/timer.h"
#include "consumer/certs/certs.h"
#include "consumer/explain.h"
#include "consumer/output.h"
#include "consumer/site-log.h"
#include "consumer/sites-index.h"
#include "consumer/status/nodes.h"
#include "consumer/subscriber.h"
#include "consumer/table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define USEC_PER_SEC UINT64_C(1000000)

enum {
        SAVE_DELAY_MSEC = 1000, /* changes are gathered that long before the table is saved */
        ONE_PASS_SECONDS = 300, /* for one pass as a whole */
};

struct Manager {
        sd_event *event;
        Service *service;
        State *state;
        Settings *settings;
        RedisUrl *redis;
        char *redis_name; /* for people */
        Keyspace *keyspaces;
        size_t n_keyspaces;
        Table *table;
        SitesIndex *index;
        Subscriber *subscriber;
        Sites *sites; /* NULL until the first pass */
        Output **outputs;
        size_t n_outputs;
        StatusServer *status; /* NULL: the status is served nowhere */
        Nodes *nodes;         /* for the status */
        uint64_t changes;
        sd_event_source *expiry, *save, *limit;
        uint64_t realtime_offset_usec; /* from the monotonic clock: steps of the wall clock move no stamp */
        bool unsaved;
        int save_error; /* that was logged last, and lasts; 0: none */
};

static uint64_t realtime_now(void *userdata) {
        const Manager *m = userdata;

        return now_usec() + m->realtime_offset_usec;
}

static int on_save(sd_event_source *timer, uint64_t usec, void *userdata);
static int on_expiry(sd_event_source *timer, uint64_t usec, void *userdata);

/* ---- the status line ---- */

static char *describe_outputs(const Manager *m) {
        Text t = { 0 };

        for (size_t i = 0; i < m->n_outputs; i++) {
                _cleanup_free_ char *words = m->outputs[i]->class->describe(m->outputs[i]);
                text_appendf(&t, "%s%s: %s", i > 0 ? "; " : "", m->outputs[i]->class->name, words);
        }
        return text_take(&t);
}

static void show_status(Manager *m) {
        status_server_outdate(m->status);
        if (!m->service)
                return;
        _cleanup_free_ char *outputs = describe_outputs(m);
        const char *down = subscriber_describe(m->subscriber);
        size_t missing = table_count(m->table, ENTRY_MISSING);
        if (!m->sites)
                service_status(m->service, "waiting for the first pass over %s%s%s; what nginx serves stays as it is",
                               m->redis_name, down ? ": " : "", down ? down : "");
        else
                service_status(m->service, "%zu registrations (%zu missing) in %s%s%s; %s",
                               table_count(m->table, ENTRY_LIVE) + missing, missing, m->redis_name,
                               down ? ", away: " : "", down ? down : "", outputs);
}

/* ---- the memory ---- */

void manager_save(Manager *m) {
        if (!m->unsaved || !m->state)
                return;
        int r = state_save(m->state, m->table);
        if (r < 0) {
                log_write(r == m->save_error ? LOG_DEBUG : LOG_ERR, NULL,
                          "the memory in %s cannot be saved: %s; %s, it is tried again", state_directory(m->state),
                          strerror(-r), file_advice(r));
                m->save_error = r;
                timer_arm(&m->save, m->event, 10 * SAVE_DELAY_MSEC * 1000, on_save, m);
                return;
        }
        m->unsaved = false;
        m->save_error = 0;
}

int manager_hand_over(Manager *m, const State *state, char **ret_message) {
        int r = state_save(state, m->table);

        if (r < 0)
                *ret_message = xasprintf("the memory cannot be saved in %s: %s", state_directory(state), strerror(-r));
        return r;
}

static int on_save(sd_event_source *timer, uint64_t usec, void *userdata) {
        (void)timer, (void)usec;
        manager_save(userdata);
        return 0;
}

static void save_soon(Manager *m) {
        if (m->unsaved || !m->state)
                return;
        m->unsaved = true;
        timer_arm(&m->save, m->event, SAVE_DELAY_MSEC * 1000, on_save, m);
}

/* ---- from the table to the outputs ---- */

static void exit_one_pass(Manager *m, int status) {
        manager_save(m);
        (void)sd_event_exit(m->event, status);
}

static void explain(Manager *m) {
        _cleanup_string_list_ StringList lines = { 0 };

        explain_domain(m->table, m->sites, m->settings->explain, realtime_now(m), now_usec(), &lines);
        for (size_t i = 0; i < m->n_outputs; i++)
                m->outputs[i]->class->explain(m->outputs[i], m->sites, m->settings->explain, &lines);
        (void)printf("%s\n", m->settings->explain);
        for (size_t i = 0; i < lines.count; i++)
                (void)printf("  %s\n", lines.items[i]);
}

static void preview(Manager *m) {
        for (size_t i = 0; i < m->n_outputs; i++) {
                _cleanup_free_ char *text = m->outputs[i]->class->preview(m->outputs[i], m->sites);
                (void)fputs(text, stdout);
        }
}

/* One pass ends when no output is busy any more. */
static void exit_when_done(Manager *m) {
        bool failed = m->sites->n_set_aside > 0;

        for (size_t i = 0; i < m->n_outputs; i++) {
                OutputState state = m->outputs[i]->class->state(m->outputs[i]);
                if (state == OUTPUT_BUSY)
                        return;
                failed |= state != OUTPUT_DONE;
        }
        exit_one_pass(m, failed ? EXIT_FAILURE : EXIT_SUCCESS);
}

static void apply(Manager *m) {
        if (m->settings->certs.remove_unused) {
                exit_one_pass(m, certs_remove_unused(m->settings, m->sites, table_count(m->table, ENTRY_MISSING)));
                return;
        }
        if (m->settings->explain || m->settings->dry_run) {
                (m->settings->explain ? explain : preview)(m);
                exit_one_pass(m, EXIT_SUCCESS);
                return;
        }
        for (size_t i = 0; i < m->n_outputs; i++)
                m->outputs[i]->class->apply(m->outputs[i], m->sites);
        show_status(m);
        if (m->settings->once)
                exit_when_done(m);
}

static void update_sites(Manager *m) {
        Sites *before = m->sites;

        m->sites = sites_index_take(m->index);
        m->changes++;
        if (!settings_only_show(m->settings))
                site_log_changes(before, m->sites);
        apply(m);
        (void)sites_free(before);
}

static void arm_expiry(Manager *m) {
        uint64_t next = table_next_expiry(m->table), now = realtime_now(m);

        if (next != UINT64_MAX)
                timer_arm(&m->expiry, m->event, next > now ? next - now : 0, on_expiry, m);
        else
                timer_stop(m->expiry);
}

static int on_expiry(sd_event_source *timer, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        (void)timer, (void)usec;
        if (table_expire(m->table, realtime_now(m))) {
                save_soon(m);
                update_sites(m);
        }
        arm_expiry(m);
        return 0;
}

/* Outputs are asked at every full pass too: they put right what they missed. */
static void on_read(void *userdata, bool changed, bool full) {
        Manager *m = userdata;
        bool first = full && !m->sites;

        status_server_outdate(m->status); /* leases at least differ */
        if (changed)
                save_soon(m);
        if (first || (changed && m->sites))
                update_sites(m);
        else if (full)
                apply(m);
        if (m->sites) /* nothing ends for its age before Redis was read once */
                arm_expiry(m);
}

static void on_problem(void *userdata, const char *key, const char *domain, const char *reason) {
        (void)userdata;
        if (domain)
                log_warning_about(ABOUT(.key = key, .domain = domain, .reason = reason), "%s: %s is left out: %s", key,
                                  domain, reason);
        else
                log_warning_about(ABOUT(.key = key, .reason = reason), "%s: %s", key, reason);
}

static void on_subscriber_state(void *userdata) {
        Manager *m = userdata;
        const char *down = subscriber_describe(m->subscriber);

        if (down && settings_are_one_pass(m->settings) && !m->sites) {
                log_error("Redis cannot be read: %s", down);
                exit_one_pass(m, EXIT_FAILURE);
        }
        show_status(m);
}

static void on_output_settled(void *userdata, Output *o) {
        Manager *m = userdata;

        (void)o;
        show_status(m);
        if (m->settings->once && m->sites)
                exit_when_done(m);
}

static View view(void *userdata) {
        Manager *m = userdata;

        return (View){
                .sites = m->sites,
                .table = m->table,
                .redis = m->redis_name,
                .trouble = subscriber_describe(m->subscriber),
                .now_realtime_usec = realtime_now(m),
                .now_monotonic_usec = now_usec(),
        };
}

static int on_limit(sd_event_source *timer, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        (void)timer, (void)usec;
        log_error("not done in %d s", ONE_PASS_SECONDS);
        exit_one_pass(m, EXIT_FAILURE);
        return 0;
}

/* ---- the status over HTTP ---- */

static void on_nodes_read(void *userdata) {
        const Manager *m = userdata;

        status_server_outdate(m->status);
}

static void view_status(void *userdata, StatusView *ret) {
        const Manager *m = userdata;
        uint64_t now = now_usec();

        *ret = (StatusView){
                .table = m->table,
                .sites = m->sites,
                .outputs = m->outputs,
                .n_outputs = m->n_outputs,
                .keyspaces = m->keyspaces,
                .n_keyspaces = m->n_keyspaces,
                .nodes = nodes_list(m->nodes),
                .redis = m->redis_name,
                .redis_error = subscriber_describe(m->subscriber),
                .changes = m->changes,
                .realtime_usec = now + m->realtime_offset_usec,
                .monotonic_usec = now,
        };
}

void manager_serve(Manager *m, StatusServer *status) {
        const NodesPolicy policy = {
                .redis = m->redis,
                .keyspaces = m->keyspaces,
                .n_keyspaces = m->n_keyspaces,
                .interval_usec = m->settings->interval_sec * USEC_PER_SEC,
        };

        m->status = status;
        nodes_new(&m->nodes, m->event, &policy, on_nodes_read, m);
        status_server_show(status, view_status, m);
}

/* ---- life ---- */

static void read_clocks(Manager *m) {
        struct timespec realtime;

        (void)clock_gettime(CLOCK_REALTIME, &realtime);
        m->realtime_offset_usec =
                (uint64_t)realtime.tv_sec * USEC_PER_SEC + (uint64_t)realtime.tv_nsec / 1000 - now_usec();
}

static int make_keyspaces(Manager *m) {
        const StringList *prefixes = &m->settings->key_prefixes;

        m->keyspaces = xcalloc(prefixes->count, sizeof *m->keyspaces);
        for (; m->n_keyspaces < prefixes->count; m->n_keyspaces++) {
                int r = keyspace_init(&m->keyspaces[m->n_keyspaces], prefixes->items[m->n_keyspaces]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void make_table(Manager *m) {
        TablePolicy policy = {
                .hold_max_usec = m->settings->hold_max_sec * USEC_PER_SEC,
                .linger_usec = m->settings->linger_sec * USEC_PER_SEC,
        };

        m->table = table_new(policy);
        table_on_problem(m->table, on_problem, m);
        state_load(m->settings->state_dir, m->table, realtime_now(m));
        m->index = sites_index_new(m->table, m->settings->claims);
}

static int make_outputs(Manager *m) {
        const StringList *names = &m->settings->outputs;
        OutputHandlers handlers = { .settled = on_output_settled, .view = view, .userdata = m };

        m->outputs = xcalloc(names->count, sizeof *m->outputs);
        for (; m->n_outputs < names->count; m->n_outputs++) {
                const OutputClass *class = output_class_find(names->items[m->n_outputs]);
                int r = class->new (&m->outputs[m->n_outputs], m->event, m->settings, handlers);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int make_subscriber(Manager *m) {
        SubscriberPolicy policy = {
                .redis = m->redis,
                .keyspaces = m->keyspaces,
                .n_keyspaces = m->n_keyspaces,
                .interval_usec = m->settings->interval_sec * USEC_PER_SEC,
        };
        SubscriberHandlers handlers = {
                .read = on_read,
                .state = on_subscriber_state,
                .now = realtime_now,
                .userdata = m,
        };

        return subscriber_new(&m->subscriber, m->event, &policy, m->table, handlers);
}

static int manager_make(Manager *m, char **ret_message) {
        int r;

        read_clocks(m);
        if (settings_are_one_pass(m->settings))
                timer_arm(&m->limit, m->event, ONE_PASS_SECONDS * USEC_PER_SEC, on_limit, m);
        if ((r = make_keyspaces(m)) < 0 ||
            (r = redis_settings_resolve(&m->settings->redis, &m->redis, ret_message)) < 0)
                return r;
        m->redis_name = redis_url_describe(m->redis);
        if ((r = make_outputs(m)) < 0)
                return r;
        make_table(m);
        return make_subscriber(m);
}

int manager_new(Manager **ret, sd_event *event, Service *service, State *state, Settings *settings,
                char **ret_message) {
        _cleanup_(manager_freep) Manager *m = new0(Manager);

        m->event = sd_event_ref(event);
        m->service = service;
        m->state = state;
        m->settings = settings;
        int r = manager_make(m, ret_message);
        if (r < 0) {
                if (!*ret_message)
                        *ret_message = xasprintf("the consumer could not be set up: %s", strerror(-r));
                m->settings = NULL; /* stays the caller's */
                return r;
        }
        show_status(m);
        *ret = TAKE_PTR(m);
        return 0;
}

Manager *manager_free(Manager *m) {
        if (!m)
                return NULL;
        m->nodes = nodes_free(m->nodes);
        m->subscriber = subscriber_free(m->subscriber);
        for (size_t i = 0; i < m->n_outputs; i++)
                (void)m->outputs[i]->class->free(m->outputs[i]);
        free(m->outputs);
        m->sites = sites_free(m->sites);
        m->index = sites_index_free(m->index);
        m->table = table_free(m->table);
        for (size_t i = 0; i < m->n_keyspaces; i++)
                keyspace_done(&m->keyspaces[i]);
        free(m->keyspaces);
        m->expiry = sd_event_source_disable_unref(m->expiry);
        m->save = sd_event_source_disable_unref(m->save);
        m->limit = sd_event_source_disable_unref(m->limit);
        (void)redis_url_free(m->redis);
        free(m->redis_name);
        (void)settings_free(m->settings);
        sd_event_unref(m->event);
        free(m);
        return NULL;
}
