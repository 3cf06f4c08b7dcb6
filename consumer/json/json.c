/* The output "json": keeps one file as the sites are. */
#include "consumer/json/json.h"

#include "common/backoff.h"
#include "common/file.h"
#include "common/log.h"
#include "common/timer.h"
#include "consumer/options.h"
#include "consumer/sites-json.h"

#include <string.h>

#define USEC_PER_SEC UINT64_C(1000000)

typedef struct Json {
        Output output; /* first */
        sd_event *event;
        const char *path;   /* the settings' */
        const Sites *sites; /* borrowed until the next apply; NULL before the first */
        OutputState state;
        Backoff backoff;
        sd_event_source *retry;
} Json;

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata);

/* Said once: what is tried again and again is not worth a line each time. */
static void fail(Json *j, int error) {
        log_write(j->state == OUTPUT_FAILED ? LOG_DEBUG : LOG_ERR, NULL,
                  "json: %s cannot be written: %s; %s, it is tried again", j->path, strerror(-error),
                  file_advice(error));
        j->state = OUTPUT_FAILED;
        timer_arm(&j->retry, j->event, backoff_next(&j->backoff), on_retry, j);
}

static int write_file(const Json *j) {
        _cleanup_free_ char *text = sites_json(j->sites);
        size_t size = strlen(text);

        if (file_holds(j->path, text, size))
                return 0;
        int r = file_replace(j->path, text, size, 0644);
        if (r >= 0)
                log_info("json: %zu site%s written to %s", j->sites->count, j->sites->count == 1 ? "" : "s", j->path);
        return r;
}

static void settle(Json *j) {
        int r = write_file(j);

        if (r < 0) {
                fail(j, r);
        } else {
                j->state = OUTPUT_DONE;
                backoff_reset(&j->backoff);
                timer_stop(j->retry);
        }
        output_settled(&j->output);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source, (void)usec;
        settle(userdata);
        return 0;
}

static int json_new(Output **ret, sd_event *event, const Settings *settings, OutputHandlers handlers) {
        Json *j = new0(Json);

        j->output = (Output){ &json_output_class, handlers };
        j->event = event;
        j->path = settings->json.file;
        j->state = OUTPUT_BUSY;
        j->backoff = (Backoff){ .first_usec = USEC_PER_SEC, .limit_usec = 60 * USEC_PER_SEC };
        *ret = &j->output;
        return 0;
}

static void json_apply(Output *o, const Sites *sites) {
        Json *j = (Json *)o;

        j->sites = sites;
        settle(j);
}

static OutputState json_state(const Output *o) {
        return ((const Json *)o)->state;
}

static char *json_describe(const Output *o) {
        const Json *j = (const Json *)o;
        size_t count = j->sites ? j->sites->count : 0;

        if (j->state == OUTPUT_FAILED)
                return xasprintf("%s cannot be written", j->path);
        return xasprintf("%zu site%s in %s", count, count == 1 ? "" : "s", j->path);
}

static char *json_preview(Output *o, const Sites *sites) {
        (void)o;
        return sites_json(sites);
}

static void json_explain(Output *o, const Sites *sites, const char *domain, StringList *lines) {
        const Json *j = (const Json *)o;
        const Site *site = sites_find(sites, domain);

        if (site)
                string_list_addf(lines, "json: %s in %s", site_state_name(site->state), j->path);
        else
                string_list_addf(lines, "json: not in %s: nothing that can be served is registered", j->path);
}

static Output *json_free(Output *o) {
        Json *j = (Json *)o;

        if (!j)
                return NULL;
        sd_event_source_disable_unref(j->retry);
        free(j);
        return NULL;
}

DEFINE_OUTPUT_CLASS(json);
