/* The output "exec": runs a program of the operator's until it has succeeded with the sites as they are. */
#include "consumer/exec/exec.h"

#include "common/backoff.h"
#include "common/child.h"
#include "common/command.h"
#include "common/log.h"
#include "common/timer.h"
#include "consumer/digest.h"
#include "consumer/options.h"
#include "consumer/sites-json.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define USEC_PER_SEC UINT64_C(1000000)

enum {
        QUOTED_MAX = 500, /* bytes of output in the log, the last ones: there most programs say why they failed */
        RETRY_FIRST_SEC = 1,
        RETRY_LIMIT_SEC = 30,
};

typedef struct Exec {
        Output output; /* first */
        sd_event *event;
        const ExecSettings *settings;
        char **argv;
        const Sites *sites;       /* borrowed until the next apply; NULL before the first */
        char wanted[DIGEST_SIZE]; /* of the document of these */
        char given[DIGEST_SIZE];  /* of that which the child has */
        char done[DIGEST_SIZE];   /* of that which it succeeded with; "": of none, or something was tried since */
        Child *child;             /* NULL: it does not run */
        uint64_t not_before_usec; /* no run begins earlier (monotonic) */
        char *complaint;          /* why the last run failed; NULL: it did not */
        Backoff backoff;
        sd_event_source *start;
} Exec;

static bool is_settled(const Exec *e) {
        return !e->child && (e->complaint || strcmp(e->wanted, e->done) == 0);
}

static OutputState exec_state(const Output *o) {
        const Exec *e = (const Exec *)o;

        if (!e->sites || !is_settled(e))
                return OUTPUT_BUSY;
        return e->complaint ? OUTPUT_FAILED : OUTPUT_DONE;
}

/* The end of what it said, its lines on one. The caller owns it. */
static char *quoted(const char *output) {
        Text t = { 0 };
        size_t length = strlen(output);

        if (length > QUOTED_MAX)
                output += length - QUOTED_MAX;
        for (char *line; (line = next_word(&output, "\r\n")); free(line)) {
                _cleanup_free_ char *shown = printable(line, strlen(line), QUOTED_MAX);
                text_appendf(&t, "%s%s", t.size > 0 ? " / " : "", shown);
        }
        return text_take(&t);
}

/* ---- runs ---- */

static int on_start(sd_event_source *source, uint64_t usec, void *userdata);

static void come_to_rest(Exec *e) {
        REPLACE_PTR(e->complaint, NULL);
        backoff_reset(&e->backoff);
        timer_stop(e->start);
}

/* Has the next run begin as soon as it may, where one is due. */
static void plan(Exec *e) {
        uint64_t now = now_usec();

        if (e->child)
                return;
        if (strcmp(e->wanted, e->done) == 0)
                come_to_rest(e);
        else
                timer_arm(&e->start, e->event, e->not_before_usec > now ? e->not_before_usec - now : 0, on_start, e);
}

/* The same failure again and again is said once. */
static void fail(Exec *e, char *complaint) {
        int level = streq_or_null(e->complaint, complaint) ? LOG_DEBUG : LOG_ERR;

        log_write(level, NULL, "exec: %s; it is run again", complaint);
        REPLACE_PTR(e->complaint, complaint);
        e->not_before_usec = now_usec() + backoff_next(&e->backoff);
}

static void succeed(Exec *e, const char *output) {
        _cleanup_free_ char *said = quoted(output);

        log_info("exec: %s has taken the sites%s%s", e->argv[0], *said ? ": " : "", said);
        REPLACE_PTR(e->complaint, NULL);
        backoff_reset(&e->backoff);
        memcpy(e->done, e->given, sizeof e->done);
}

static void on_done(void *userdata, int status, const char *output) {
        Exec *e = userdata;
        _cleanup_free_ char *said = quoted(output);
        const char *program = e->argv[0], *words = *said ? said : "(no output)";

        e->child = NULL;
        if (status == 0)
                succeed(e, output);
        else if (status == -ETIME)
                fail(e,
                     xasprintf("%s was killed after %" PRIu64 " s: %s", program, e->settings->time_limit_sec, words));
        else
                fail(e, xasprintf("%s ended with status %d: %s", program, status, words));
        plan(e);
        if (is_settled(e))
                output_settled(&e->output);
}

/* From here on it is not known what the program has made of the sites until it succeeds. */
static void run(Exec *e) {
        _cleanup_free_ char *text = sites_json(e->sites);
        ChildCall call = {
                .argv = e->argv,
                .input = text,
                .time_limit_usec = e->settings->time_limit_sec * USEC_PER_SEC,
        };
        int r = child_start(&e->child, e->event, &call, on_done, e);

        e->not_before_usec = now_usec() + e->settings->interval_msec * 1000;
        if (r >= 0) {
                memcpy(e->given, e->wanted, sizeof e->given);
                e->done[0] = '\0';
                return;
        }
        fail(e, xasprintf("%s cannot be started: %s", e->argv[0], strerror(-r)));
        plan(e);
        output_settled(&e->output);
}

static int on_start(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source, (void)usec;
        run(userdata);
        return 0;
}

/* ---- the output ---- */

static int exec_new(Output **ret, sd_event *event, const Settings *settings, OutputHandlers handlers) {
        Exec *e = new0(Exec);
        int r = command_split(settings->exec.command, &e->argv);

        if (r < 0) {
                free(e);
                return r;
        }
        e->output = (Output){ &exec_output_class, handlers };
        e->event = event;
        e->settings = &settings->exec;
        e->backoff = (Backoff){ RETRY_FIRST_SEC * USEC_PER_SEC, RETRY_LIMIT_SEC * USEC_PER_SEC, 0 };
        *ret = &e->output;
        return 0;
}

static void exec_apply(Output *o, const Sites *sites) {
        Exec *e = (Exec *)o;
        _cleanup_free_ char *text = sites_json(sites);
        struct iovec piece = { text, strlen(text) };

        e->sites = sites;
        digest_hex(&piece, 1, e->wanted);
        plan(e);
}

static char *exec_describe(const Output *o) {
        const Exec *e = (const Exec *)o;
        size_t count = e->sites ? e->sites->count : 0;

        if (e->complaint)
                return xstrdup(e->complaint);
        if (e->sites && !is_settled(e))
                return xasprintf("%s is at work", e->argv[0]);
        return xasprintf("%zu site%s with %s", count, count == 1 ? "" : "s", e->argv[0]);
}

static char *exec_preview(Output *o, const Sites *sites) {
        (void)o;
        return sites_json(sites);
}

static void exec_explain(Output *o, const Sites *sites, const char *domain, StringList *lines) {
        const Exec *e = (const Exec *)o;
        const Site *site = sites_find(sites, domain);

        if (site)
                string_list_addf(lines, "exec: %s is told that it is %s", e->argv[0], site_state_name(site->state));
        else
                string_list_addf(lines, "exec: %s is not told of it: nothing that can be served is registered",
                                 e->argv[0]);
}

static Output *exec_free(Output *o) {
        Exec *e = (Exec *)o;

        if (!e)
                return NULL;
        (void)child_free(e->child);
        sd_event_source_disable_unref(e->start);
        command_free(e->argv);
        free(e->complaint);
        free(e);
        return NULL;
}

DEFINE_OUTPUT_CLASS(exec);
