/* Engine → inventory. An Engine that does not answer is believed for its grace, then suspended. */
#include "registrar/docker-source.h"

#include "common/log.h"
#include "common/timer.h"
#include "registrar/docker-client.h"
#include "registrar/inventory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define USEC_PER_SEC UINT64_C(1000000)

#define STANDARD_URL "unix:///var/run/docker.sock"
#define NO_URL "none"

typedef struct DockerSource {
        Source source;
        sd_event *event;
        const Settings *settings;
        DockerClient *client;
        Inventory *inventory;
        sd_event_source *grace, *drain;
        bool connected;
        char *reason;             /* why it is not */
        uint64_t away_since_usec; /* while it is not */
        bool suspended;           /* it was away for longer than its grace */
        bool listing;             /* a list is under way */
} DockerSource;

static void tell_state(DockerSource *d) {
        d->source.handlers.state(d->source.handlers.userdata);
}

static void tell_changed(DockerSource *d, uint64_t event_usec) {
        d->source.handlers.changed(d->source.handlers.userdata, event_usec);
}

/* ---- the inventory ---- */

static int on_drain_over(sd_event_source *timer, uint64_t usec, void *userdata);

static void arm_drain(DockerSource *d) {
        uint64_t next = inventory_next_deadline(d->inventory), now = now_usec();

        if (next == UINT64_MAX)
                timer_stop(d->drain);
        else
                timer_arm(&d->drain, d->event, next > now ? next - now : 0, on_drain_over, d);
}

static int on_drain_over(sd_event_source *timer, uint64_t usec, void *userdata) {
        DockerSource *d = userdata;

        (void)timer, (void)usec;
        inventory_expire_drains(d->inventory, now_usec());
        arm_drain(d);
        return 0;
}

static void on_inventory_changed(void *userdata) {
        DockerSource *d = userdata;

        arm_drain(d);
        if (!d->suspended)
                tell_changed(d, inventory_event_usec(d->inventory));
}

static void on_inspected(void *userdata, const char *id, long status, const char *bytes, size_t size,
                         const char *error) {
        DockerSource *d = userdata;
        char why[64];

        (void)snprintf(why, sizeof why, "status %ld", status);
        if (status == 200)
                inventory_inspected(d->inventory, id, bytes, size);
        else
                inventory_inspect_failed(d->inventory, id, status == 404, status == 0 ? error : why);
}

static void on_inspect_wanted(void *userdata, const char *id) {
        DockerSource *d = userdata;

        docker_client_inspect(d->client, id, on_inspected, d);
}

/* ---- the list ---- */

/* The Engine is back after its grace: what the list left as it was is published again. */
static void resume(DockerSource *d) {
        d->suspended = false;
        tell_changed(d, 0);
        tell_state(d);
}

static void on_list(void *userdata, const char *id, long status, const char *bytes, size_t size, const char *error) {
        DockerSource *d = userdata;
        char why[256];

        (void)id;
        d->listing = false;
        if (status == 200 && inventory_listed(d->inventory, bytes, size, now_usec()) == 0) {
                if (d->suspended)
                        resume(d);
                return;
        }
        if (status == 0)
                (void)snprintf(why, sizeof why, "%s", error);
        else
                (void)snprintf(why, sizeof why, "the list of containers came with status %ld or is no list", status);
        if (settings_one_pass(d->settings))
                d->source.handlers.failed(d->source.handlers.userdata, "the Engine cannot be read", why);
        else
                docker_client_restart(d->client, why);
}

static void list_containers(DockerSource *d) {
        d->listing = true;
        inventory_list_started(d->inventory);
        docker_client_list(d->client, on_list, d);
}

/* One that hangs must come to its time limit. */
static void docker_source_refresh(Source *s) {
        DockerSource *d = (DockerSource *)s;

        if (d->connected && !d->listing)
                list_containers(d);
}

/* ---- the event stream ---- */

static void on_connected(void *userdata) {
        DockerSource *d = userdata;

        log_info("connected to the Engine");
        timer_stop(d->grace);
        d->connected = true;
        REPLACE_PTR(d->reason, NULL);
        inventory_missed_events(d->inventory);
        list_containers(d);
        tell_state(d);
}

static void on_event(void *userdata, const char *line, size_t size) {
        DockerSource *d = userdata;

        inventory_event(d->inventory, line, size, now_usec());
}

static void suspend(DockerSource *d) {
        log_error("the Engine has not answered for %" PRIu64
                  " s: no container is refreshed any more, what consumers know they hold",
                  d->settings->engine_grace_sec);
        d->suspended = true;
        tell_changed(d, 0);
        tell_state(d);
}

static int on_grace_over(sd_event_source *timer, uint64_t usec, void *userdata) {
        (void)timer, (void)usec;
        suspend(userdata);
        return 0;
}

/* It may have begun under a source that this one replaced, and be over. */
static void await_end_of_grace(DockerSource *d) {
        uint64_t over = d->away_since_usec + d->settings->engine_grace_sec * USEC_PER_SEC, now = now_usec();

        if (over > now)
                timer_arm(&d->grace, d->event, over - now, on_grace_over, d);
        else
                suspend(d);
}

static void on_disconnected(void *userdata, const char *why) {
        DockerSource *d = userdata;

        if (d->connected || !d->reason) {
                log_warning("the Engine does not answer: %s; what is published is refreshed for another %" PRIu64 " s",
                            why, d->settings->engine_grace_sec);
                d->away_since_usec = now_usec();
                await_end_of_grace(d);
        } else if (strcmp(d->reason, why) != 0) {
                log_warning("the Engine does not answer: %s", why);
        }
        d->connected = false;
        REPLACE_PTR(d->reason, xstrdup(why));
        tell_state(d);
}

/* ---- the source ---- */

static Source *docker_source_free(Source *s) {
        DockerSource *d = (DockerSource *)s;

        if (!d)
                return NULL;
        d->client = docker_client_free(d->client);
        d->inventory = inventory_free(d->inventory);
        d->grace = sd_event_source_disable_unref(d->grace);
        d->drain = sd_event_source_disable_unref(d->drain);
        free(d->reason);
        sd_event_unref(d->event);
        free(d);
        return NULL;
}

static const char *engine_url(const Settings *s) {
        const char *url = s->docker_url ? s->docker_url : getenv("DOCKER_HOST");

        return url && *url ? url : STANDARD_URL;
}

static int make_client(DockerSource *d, char **ret_message) {
        const char *verify = getenv("DOCKER_TLS_VERIFY");
        DockerTls tls = { .directory = getenv("DOCKER_CERT_PATH"), .verify = verify && *verify };
        DockerHandlers handlers = {
                .connected = on_connected,
                .event = on_event,
                .disconnected = on_disconnected,
                .userdata = d,
        };

        return docker_client_new(&d->client, d->event, engine_url(d->settings), &tls, handlers, ret_message);
}

static int docker_source_new(Source **ret, sd_event *event, const Settings *settings, SourceHandlers handlers,
                             char **ret_message) {
        DockerSource *d;

        if (strcmp(engine_url(settings), NO_URL) == 0)
                return 0;
        d = new0(DockerSource);
        *d = (DockerSource){
                .source = { .class = &docker_source_class, .handlers = handlers },
                .event = sd_event_ref(event),
                .settings = settings,
        };
        d->inventory = inventory_new((InventoryHandlers){ on_inspect_wanted, on_inventory_changed, d },
                                     settings->domains_variable, settings->drain_max_sec * USEC_PER_SEC);
        int r = make_client(d, ret_message);
        if (r < 0) {
                (void)docker_source_free(&d->source);
                return r;
        }
        *ret = &d->source;
        return 0;
}

/* An Engine that is away goes on being away, and what is known goes on being published. */
static void take_over(DockerSource *d, DockerSource *before) {
        inventory_take_over(d->inventory, before->inventory);
        arm_drain(d);
        d->connected = before->connected;
        d->suspended = before->suspended && !before->reason; /* it is back, and the list is awaited */
        d->away_since_usec = before->away_since_usec;
        if ((d->reason = TAKE_PTR(before->reason)))
                await_end_of_grace(d);
}

/* One pass asks at once; a service listens first. */
static void docker_source_start(Source *s, Source *before) {
        DockerSource *d = (DockerSource *)s;

        if (settings_one_pass(d->settings)) {
                list_containers(d);
                return;
        }
        if (before)
                take_over(d, (DockerSource *)before);
        docker_client_listen(d->client);
}

static bool docker_source_is_complete(const Source *s) {
        return inventory_is_complete(((const DockerSource *)s)->inventory);
}

static bool docker_source_is_suspended(const Source *s) {
        return ((const DockerSource *)s)->suspended;
}

static size_t docker_source_count(const Source *s) {
        return inventory_count(((const DockerSource *)s)->inventory);
}

static void docker_source_each(const Source *s, SourceEachFunc *each, void *userdata) {
        inventory_each(((const DockerSource *)s)->inventory, each, userdata);
}

static char *docker_source_describe(const Source *s) {
        const DockerSource *d = (const DockerSource *)s;

        return xasprintf("%zu containers, Engine %s", inventory_count(d->inventory),
                         d->connected ? "connected"
                         : d->reason  ? d->reason
                                      : "not asked yet");
}

static void docker_source_measure(const Source *s, RegistrarFigures *f) {
        const DockerSource *d = (const DockerSource *)s;

        f->has_engine = true;
        f->engine_up = d->connected || settings_one_pass(d->settings); /* which ends without it */
        f->suspended = d->suspended;
        f->containers = inventory_count(d->inventory);
}

DEFINE_SOURCE_CLASS(docker_source, "container");
