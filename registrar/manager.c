/* The registrar at work: what the sources show becomes what Redis holds. */
#include "registrar/manager.h"

#include "beachhead/keyspace.h"
#include "common/log.h"
#include "common/timer.h"
#include "registrar/announcer.h"
#include "registrar/metrics-file.h"
#include "registrar/publisher.h"
#include "registrar/source.h"

#include <string.h>
#include <systemd/sd-id128.h>

#define USEC_PER_SEC UINT64_C(1000000)

/* Salts the machine id, so that the real one is published nowhere. */
#define APPLICATION_ID SD_ID128_MAKE(6f, 1d, 0b, 8e, 1c, 52, 4d, 9f, a7, 33, 5e, 90, 42, c6, 1b, 7d)

enum {
        ONE_PASS_SECONDS = 60, /* for one pass as a whole */
        WITHDRAW_SECONDS = 5,  /* for deleting everything when stopped */
};

struct Manager {
        sd_event *event;
        Service *service;
        Settings *settings;
        Keyspace keyspace;
        RedisUrl *redis;
        char *machine;
        Sources sources;
        Publisher *publisher; /* NULL for a dry run */
        Announcer *announcer;
        MetricsFile *metrics; /* NULL: none is asked for */
        sd_event_source *refresh, *limit;
        bool started, stopping;
};

static int on_refresh(sd_event_source *timer, uint64_t usec, void *userdata);
static int on_limit(sd_event_source *timer, uint64_t usec, void *userdata);

static void arm_refresh(Manager *m) {
        timer_arm(&m->refresh, m->event, m->settings->refresh_msec * 1000, on_refresh, m);
}

static void show_status(Manager *m) {
        if (!m->service || m->stopping)
                return;
        _cleanup_free_ char *sources = sources_describe(&m->sources);
        service_status(m->service, "%s%s%s", publisher_describe(m->publisher), *sources ? "; " : "", sources);
}

/* What the manifest says of the Engine. */
static const char *engine_state(const Manager *m) {
        RegistrarFigures f = { 0 };

        sources_measure(&m->sources, &f);
        if (!f.has_engine)
                return "none";
        return f.engine_up ? "connected" : "away";
}

static void fail_one_pass(Manager *m, const char *what, const char *why) {
        log_error("%s: %s", what, why);
        (void)sd_event_exit(m->event, EXIT_FAILURE);
}

/* ---- the sources ---- */

static void announce_all(Manager *m, uint64_t event_usec) {
        if (!sources_are_complete(&m->sources) || sources_are_suspended(&m->sources))
                return;
        announcer_run(m->announcer, event_usec);
        if (m->settings->dry_run)
                (void)sd_event_exit(m->event, announcer_errors(m->announcer) > 0);
        else
                show_status(m);
}

static void on_changed(void *userdata, uint64_t event_usec) {
        Manager *m = userdata;

        if (m->started && !m->stopping)
                announce_all(m, event_usec);
}

static void on_source_state(void *userdata) {
        Manager *m = userdata;

        if (m->stopping || !m->publisher)
                return;
        publisher_set_engine(m->publisher, engine_state(m));
        if (sources_are_suspended(&m->sources))
                publisher_suspend(m->publisher);
        show_status(m);
}

static void on_failed(void *userdata, const char *what, const char *why) {
        fail_one_pass(userdata, what, why);
}

static int on_refresh(sd_event_source *timer, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        (void)timer, (void)usec;
        arm_refresh(m);
        publisher_refresh(m->publisher);
        sources_refresh(&m->sources);
        return 0;
}

/* ---- Redis ---- */

static void on_settled(void *userdata) {
        Manager *m = userdata;

        show_status(m);
        if (m->stopping) {
                (void)sd_event_exit(m->event, EXIT_SUCCESS);
        } else if (settings_one_pass(m->settings) && publisher_is_settled(m->publisher)) {
                metrics_file_write(m->metrics);
                (void)sd_event_exit(m->event, announcer_errors(m->announcer) > 0 || publisher_has_clash(m->publisher));
        }
}

static void on_publisher_state(void *userdata) {
        Manager *m = userdata;

        if (settings_one_pass(m->settings) && !publisher_is_connected(m->publisher))
                fail_one_pass(m, "nothing can be published", publisher_describe(m->publisher));
        show_status(m);
}

/* ---- life ---- */

static int on_limit(sd_event_source *timer, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        (void)timer, (void)usec;
        if (m->stopping)
                fail_one_pass(m, "not everything could be deleted", publisher_describe(m->publisher));
        else
                fail_one_pass(m, "not done in time",
                              m->publisher ? publisher_describe(m->publisher) : "not everything could be looked at");
        return 0;
}

void manager_stop(Manager *m) {
        if (m->stopping || !m->settings->deregister_on_stop || !m->publisher) {
                (void)sd_event_exit(m->event, EXIT_SUCCESS);
                return;
        }
        m->stopping = true;
        timer_stop(m->refresh);
        timer_arm(&m->limit, m->event, WITHDRAW_SECONDS * USEC_PER_SEC, on_limit, m);
        publisher_withdraw(m->publisher);
}

static int settle_machine(Manager *m, char **ret_message) {
        sd_id128_t id;
        char text[SD_ID128_STRING_MAX];

        if (m->settings->machine_id) {
                m->machine = xstrdup(m->settings->machine_id);
                return 0;
        }
        int r = sd_id128_get_machine_app_specific(APPLICATION_ID, &id);
        if (r < 0) {
                *ret_message =
                        xasprintf("this host has no usable /etc/machine-id (%s): give --machine-id", strerror(-r));
                return r;
        }
        m->machine = xstrdup(sd_id128_to_string(id, text));
        return 0;
}

/* What stands in values and manifest; NULL: neither has one. */
static const char *published_machine(const Manager *m) {
        return settings_enumerate(m->settings) ? m->machine : NULL;
}

static int make_publisher(Manager *m, char **ret_message) {
        PublisherPolicy policy = {
                .keyspace = &m->keyspace,
                .expire_sec = m->settings->expire_sec,
                .node = m->settings->node,
                .machine = published_machine(m),
        };
        PublisherHandlers handlers = { .settled = on_settled, .state = on_publisher_state, .userdata = m };
        int r = redis_settings_resolve(&m->settings->redis, &m->redis, ret_message);

        if (r < 0)
                return r;
        policy.redis = m->redis;
        publisher_new(&m->publisher, m->event, &policy, handlers);
        return 0;
}

static void take_figures(void *userdata, RegistrarFigures *ret) {
        const Manager *m = userdata;

        *ret = (RegistrarFigures){
                .redis_up = publisher_is_connected(m->publisher),
                .clash = publisher_has_clash(m->publisher),
                .failed = announcer_errors(m->announcer),
                .registrations = publisher_count(m->publisher),
                .event_to_publish = publisher_event_to_publish(m->publisher),
        };
        sources_measure(&m->sources, ret);
}

static int manager_make(Manager *m, char **ret_message) {
        SourceHandlers handlers = {
                .changed = on_changed, .state = on_source_state, .failed = on_failed, .userdata = m
        };
        const Settings *s = m->settings;
        int r;

        if ((r = keyspace_init(&m->keyspace, s->key_prefix)) < 0 || (r = settle_machine(m, ret_message)) < 0 ||
            (r = sources_new(&m->sources, m->event, s, handlers, ret_message)) < 0)
                return r;
        if (!s->dry_run && (r = make_publisher(m, ret_message)) < 0)
                return r;
        m->announcer = announcer_new(s, published_machine(m), &m->keyspace, m->publisher, &m->sources);
        if (s->metrics_file && m->publisher)
                metrics_file_new(&m->metrics, m->event, s->metrics_file, m->settings->refresh_msec * 1000,
                                 take_figures, m);
        return 0;
}

int manager_new(Manager **ret, sd_event *event, Service *service, Settings *settings, char **ret_message) {
        _cleanup_(manager_freep) Manager *m = new0(Manager);

        m->event = sd_event_ref(event);
        m->service = service;
        m->settings = settings;
        int r = manager_make(m, ret_message);
        if (r < 0) {
                if (!*ret_message)
                        *ret_message = xasprintf("the registrar could not be set up: %s", strerror(-r));
                m->settings = NULL; /* stays the caller's */
                return r;
        }
        *ret = TAKE_PTR(m);
        return 0;
}

void manager_start(Manager *m, Manager *before) {
        if (settings_one_pass(m->settings))
                timer_arm(&m->limit, m->event, ONE_PASS_SECONDS * USEC_PER_SEC, on_limit, m);
        else
                arm_refresh(m);
        sources_start(&m->sources, before ? &before->sources : NULL);
        m->started = true;
        on_source_state(m);
        announce_all(m, 0); /* what was known before, or is known without asking */
}

Manager *manager_free(Manager *m) {
        if (!m)
                return NULL;
        m->metrics = metrics_file_free(m->metrics);
        m->announcer = announcer_free(m->announcer);
        m->publisher = publisher_free(m->publisher);
        sources_done(&m->sources);
        m->refresh = sd_event_source_disable_unref(m->refresh);
        m->limit = sd_event_source_disable_unref(m->limit);
        keyspace_done(&m->keyspace);
        (void)redis_url_free(m->redis);
        (void)settings_free(m->settings);
        free(m->machine);
        sd_event_unref(m->event);
        free(m);
        return NULL;
}
