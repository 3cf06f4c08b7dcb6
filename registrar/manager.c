/* The registrar at work: what the Engine says becomes what Redis holds. */
#include "registrar/manager.h"

#include "beachhead/keyspace.h"
#include "common/log.h"
#include "common/timer.h"
#include "registrar/announcer.h"
#include "registrar/docker-client.h"
#include "registrar/inventory.h"
#include "registrar/metrics-file.h"
#include "registrar/publisher.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
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
        DockerClient *docker;
        Inventory *inventory;
        Publisher *publisher; /* NULL for a dry run */
        Announcer *announcer;
        MetricsFile *metrics; /* NULL: none is asked for */
        sd_event_source *refresh, *grace, *drain, *limit;
        bool engine_connected;
        char *engine_reason;      /* why it is not */
        uint64_t away_since_usec; /* while it is not */
        bool suspended;           /* it was away for longer than its grace */
        bool listing;             /* a list is under way */
        bool stopping;
};

static bool is_one_pass(const Manager *m) {
        return m->settings->dry_run || m->settings->refresh_msec == 0;
}

static int on_refresh(sd_event_source *timer, uint64_t usec, void *userdata);
static int on_drain_over(sd_event_source *timer, uint64_t usec, void *userdata);
static int on_limit(sd_event_source *timer, uint64_t usec, void *userdata);

static void arm_refresh(Manager *m) {
        timer_arm(&m->refresh, m->event, m->settings->refresh_msec * 1000, on_refresh, m);
}

static void show_status(Manager *m) {
        if (m->service && !m->stopping)
                service_status(m->service, "%s; %zu containers, Engine %s", publisher_describe(m->publisher),
                               inventory_count(m->inventory),
                               m->engine_connected ? "connected"
                               : m->engine_reason  ? m->engine_reason
                                                   : "not asked yet");
}

static void arm_drain(Manager *m) {
        uint64_t next = inventory_next_deadline(m->inventory), now = now_usec();

        if (next == UINT64_MAX)
                timer_stop(m->drain);
        else
                timer_arm(&m->drain, m->event, next > now ? next - now : 0, on_drain_over, m);
}

static void on_inventory_changed(void *userdata) {
        Manager *m = userdata;

        arm_drain(m);
        if (m->stopping || m->suspended || !inventory_is_complete(m->inventory))
                return;
        announcer_run(m->announcer, m->inventory);
        if (m->settings->dry_run)
                (void)sd_event_exit(m->event, announcer_errors(m->announcer) > 0);
        else
                show_status(m);
}

static int on_drain_over(sd_event_source *timer, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        (void)timer, (void)usec;
        inventory_expire_drains(m->inventory, now_usec());
        arm_drain(m);
        return 0;
}

/* ---- the Engine ---- */

static void fail_one_pass(Manager *m, const char *what, const char *why) {
        log_error("%s: %s", what, why);
        (void)sd_event_exit(m->event, EXIT_FAILURE);
}

/* The Engine is back after its grace: what the list left as it was is published again. */
static void resume(Manager *m) {
        m->suspended = false;
        arm_refresh(m);
        if (inventory_is_complete(m->inventory))
                announcer_run(m->announcer, m->inventory);
        show_status(m);
}

static void on_list(void *userdata, const char *id, long status, const char *bytes, size_t size, const char *error) {
        Manager *m = userdata;
        char why[256];

        (void)id;
        m->listing = false;
        if (status == 200 && inventory_listed(m->inventory, bytes, size, now_usec()) == 0) {
                if (m->suspended)
                        resume(m);
                return;
        }
        if (status == 0)
                (void)snprintf(why, sizeof why, "%s", error);
        else
                (void)snprintf(why, sizeof why, "the list of containers came with status %ld or is no list", status);
        if (is_one_pass(m))
                fail_one_pass(m, "the Engine cannot be read", why);
        else
                docker_client_restart(m->docker, why);
}

static void list_containers(Manager *m) {
        m->listing = true;
        inventory_list_started(m->inventory);
        docker_client_list(m->docker, on_list, m);
}

static void on_inspected(void *userdata, const char *id, long status, const char *bytes, size_t size,
                         const char *error) {
        Manager *m = userdata;
        char why[64];

        (void)snprintf(why, sizeof why, "status %ld", status);
        if (status == 200)
                inventory_inspected(m->inventory, id, bytes, size);
        else
                inventory_inspect_failed(m->inventory, id, status == 404, status == 0 ? error : why);
}

static void on_inspect_wanted(void *userdata, const char *id) {
        Manager *m = userdata;

        docker_client_inspect(m->docker, id, on_inspected, m);
}

static void on_engine_connected(void *userdata) {
        Manager *m = userdata;

        log_info("connected to the Engine");
        timer_stop(m->grace);
        m->engine_connected = true;
        REPLACE_PTR(m->engine_reason, NULL);
        publisher_set_engine(m->publisher, "connected");
        inventory_missed_events(m->inventory);
        list_containers(m);
        show_status(m);
}

static void suspend(Manager *m) {
        log_error("the Engine has not answered for %" PRIu64
                  " s: nothing is refreshed any more, what consumers know they hold",
                  m->settings->engine_grace_sec);
        m->suspended = true;
        timer_stop(m->refresh);
        publisher_suspend(m->publisher);
        show_status(m);
}

static int on_grace_over(sd_event_source *timer, uint64_t usec, void *userdata) {
        (void)timer, (void)usec;
        suspend(userdata);
        return 0;
}

/* It may have begun under a manager that this one replaced, and be over. */
static void await_end_of_grace(Manager *m) {
        uint64_t over = m->away_since_usec + m->settings->engine_grace_sec * USEC_PER_SEC, now = now_usec();

        if (over > now)
                timer_arm(&m->grace, m->event, over - now, on_grace_over, m);
        else
                suspend(m);
}

static void on_engine_disconnected(void *userdata, const char *why) {
        Manager *m = userdata;

        if (m->engine_connected || !m->engine_reason) {
                log_warning("the Engine does not answer: %s; what is published is refreshed for another %" PRIu64 " s",
                            why, m->settings->engine_grace_sec);
                m->away_since_usec = now_usec();
                await_end_of_grace(m);
        } else if (strcmp(m->engine_reason, why) != 0) {
                log_warning("the Engine does not answer: %s", why);
        }
        m->engine_connected = false;
        REPLACE_PTR(m->engine_reason, xstrdup(why));
        publisher_set_engine(m->publisher, "away");
        show_status(m);
}

static void on_engine_event(void *userdata, const char *line, size_t size) {
        Manager *m = userdata;

        inventory_event(m->inventory, line, size, now_usec());
}

static int on_refresh(sd_event_source *timer, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        (void)timer, (void)usec;
        arm_refresh(m);
        publisher_refresh(m->publisher);
        if (m->engine_connected && !m->listing) /* one that hangs must come to its time limit */
                list_containers(m);
        return 0;
}

/* ---- Redis ---- */

static void on_settled(void *userdata) {
        Manager *m = userdata;

        show_status(m);
        if (m->stopping) {
                (void)sd_event_exit(m->event, EXIT_SUCCESS);
        } else if (is_one_pass(m) && publisher_is_settled(m->publisher)) {
                metrics_file_write(m->metrics);
                (void)sd_event_exit(m->event, announcer_errors(m->announcer) > 0 || publisher_has_clash(m->publisher));
        }
}

static void on_publisher_state(void *userdata) {
        Manager *m = userdata;

        if (is_one_pass(m) && !publisher_is_connected(m->publisher))
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
                              m->publisher ? publisher_describe(m->publisher) : "the Engine hangs");
        return 0;
}

void manager_stop(Manager *m) {
        if (m->stopping || !m->settings->deregister_on_stop || !m->publisher) {
                (void)sd_event_exit(m->event, EXIT_SUCCESS);
                return;
        }
        m->stopping = true;
        timer_stop(m->refresh);
        timer_stop(m->grace);
        m->docker = docker_client_free(m->docker); /* nothing that it says counts any more */
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

static int make_docker_client(Manager *m, char **ret_message) {
        const char *url = m->settings->docker_url, *verify = getenv("DOCKER_TLS_VERIFY");
        DockerTls tls = { .directory = getenv("DOCKER_CERT_PATH"), .verify = verify && *verify };
        DockerHandlers handlers = {
                .connected = on_engine_connected,
                .event = on_engine_event,
                .disconnected = on_engine_disconnected,
                .userdata = m,
        };

        if (!url)
                url = getenv("DOCKER_HOST");
        return docker_client_new(&m->docker, m->event, url && *url ? url : "unix:///var/run/docker.sock", &tls,
                                 handlers, ret_message);
}

static void take_figures(void *userdata, RegistrarFigures *ret) {
        const Manager *m = userdata;

        *ret = (RegistrarFigures){
                .engine_up = m->engine_connected || is_one_pass(m), /* which ends without it */
                .redis_up = publisher_is_connected(m->publisher),
                .suspended = m->suspended,
                .clash = publisher_has_clash(m->publisher),
                .containers = inventory_count(m->inventory),
                .failed = announcer_errors(m->announcer),
                .registrations = publisher_count(m->publisher),
                .event_to_publish = publisher_event_to_publish(m->publisher),
        };
}

static int manager_make(Manager *m, char **ret_message) {
        InventoryHandlers handlers = { .inspect = on_inspect_wanted, .changed = on_inventory_changed, .userdata = m };
        const Settings *s = m->settings;
        int r;

        if ((r = keyspace_init(&m->keyspace, s->key_prefix)) < 0 || (r = settle_machine(m, ret_message)) < 0)
                return r;
        m->inventory = inventory_new(handlers, s->domains_variable, s->drain_max_sec * USEC_PER_SEC);
        if ((r = make_docker_client(m, ret_message)) < 0)
                return r;
        if (!s->dry_run && (r = make_publisher(m, ret_message)) < 0)
                return r;
        m->announcer = announcer_new(s, published_machine(m), &m->keyspace, m->publisher);
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

/* An Engine that is away goes on being away, and what is known goes on being published. */
static void succeed(Manager *m, Manager *before) {
        inventory_take_over(m->inventory, before->inventory);
        publisher_set_engine(m->publisher, before->engine_connected ? "connected" : "away");
        m->suspended = before->suspended && !before->engine_reason; /* it is back, and the list is awaited */
        m->away_since_usec = before->away_since_usec;
        if ((m->engine_reason = TAKE_PTR(before->engine_reason)))
                await_end_of_grace(m);
        on_inventory_changed(m);
}

/* One pass asks at once; a service listens first. */
void manager_start(Manager *m, Manager *before) {
        if (is_one_pass(m)) {
                timer_arm(&m->limit, m->event, ONE_PASS_SECONDS * USEC_PER_SEC, on_limit, m);
                list_containers(m);
                return;
        }
        arm_refresh(m);
        if (before)
                succeed(m, before);
        docker_client_listen(m->docker);
        show_status(m);
}

Manager *manager_free(Manager *m) {
        if (!m)
                return NULL;
        m->metrics = metrics_file_free(m->metrics);
        m->announcer = announcer_free(m->announcer);
        m->publisher = publisher_free(m->publisher);
        m->docker = docker_client_free(m->docker);
        m->inventory = inventory_free(m->inventory);
        m->refresh = sd_event_source_disable_unref(m->refresh);
        m->grace = sd_event_source_disable_unref(m->grace);
        m->drain = sd_event_source_disable_unref(m->drain);
        m->limit = sd_event_source_disable_unref(m->limit);
        keyspace_done(&m->keyspace);
        (void)redis_url_free(m->redis);
        (void)settings_free(m->settings);
        free(m->machine);
        free(m->engine_reason);
        sd_event_unref(m->event);
        free(m);
        return NULL;
}
