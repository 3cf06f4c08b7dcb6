/* The output "certs". */
#include "consumer/certs/certs.h"

#include "beachhead/keyspace.h"
#include "common/log.h"
#include "consumer/certs/adoption.h"
#include "consumer/certs/issuance.h"
#include "consumer/certs/report.h"
#include "consumer/certs/roster.h"
#include "consumer/certs/sharing.h"
#include "consumer/certs/store.h"
#include "consumer/certs/unused.h"
#include "consumer/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

typedef struct Certs {
        Output output; /* first */
        sd_event *event;
        const Settings *settings;
        char *directory, *history_dir;
        RedisUrl *redis;
        Keyspace keyspace;
        Roster *roster;
        Sharing *sharing;   /* NULL where nothing is to be done: --dry-run, --explain */
        Issuance *issuance; /* the same */
        char *obstacle;     /* why it does nothing; NULL: it works */
} Certs;

static int64_t wall_clock(void) {
        return (int64_t)time(NULL);
}

/* ---- what it hears ---- */

static void on_settled(void *userdata) {
        Certs *c = userdata;

        output_settled(&c->output);
}

static void on_role(void *userdata) {
        Certs *c = userdata;
        char *obstacle = sharing_obstacle(c->sharing);

        if (obstacle && !c->obstacle)
                log_error("No certificates from here: %s", obstacle);
        REPLACE_PTR(c->obstacle, obstacle);
        /* Nothing else is to be done; other outputs would go on. */
        if (obstacle && c->settings->outputs.count == 1)
                (void)sd_event_exit(c->event, EXIT_USAGE);
        if (sharing_may_issue(c->sharing))
                adoption_forget(c->roster);
        issuance_settle(c->issuance);
        output_settled(&c->output);
}

static void on_changed(void *userdata) {
        Certs *c = userdata;

        adoption_forget(c->roster);
        issuance_settle(c->issuance);
}

static void on_account(void *userdata, const char *id, const char *key_pem) {
        Certs *c = userdata;

        if (adoption_account(c->roster, c->sharing, id, key_pem))
                issuance_settle(c->issuance);
}

static void on_certificate(void *userdata, const char *base, const SharedCertificate *shared) {
        Certs *c = userdata;

        if (adoption_certificate(c->roster, c->sharing, base, shared, wall_clock()))
                issuance_settle(c->issuance);
        else
                issuance_look(c->issuance);
}

/* ---- life ---- */

static Output *certs_free(Output *o) {
        Certs *c = (Certs *)o;

        if (!c)
                return NULL;
        c->issuance = issuance_free(c->issuance);
        c->roster = roster_free(c->roster);
        c->sharing = sharing_free(c->sharing);
        keyspace_done(&c->keyspace);
        (void)redis_url_free(c->redis);
        free(c->directory);
        free(c->history_dir);
        free(c->obstacle);
        free(c);
        return NULL;
}

static int make_directories(const Certs *c, char **ret_message) {
        const char *const directories[] = { c->directory, c->history_dir };

        for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
                if (mkdir(directories[i], 0700) < 0 && errno != EEXIST) {
                        int error = errno;
                        *ret_message = xasprintf("%s cannot be made: %s", directories[i], strerror(error));
                        return -error;
                }
        return 0;
}

/* What acts, and so needs Redis, the client and places to write to. */
static int begin(Certs *c, char **ret_message) {
        const CertsSettings *s = &c->settings->certs;
        SharingHandlers sharing = {
                .role = on_role,
                .changed = on_changed,
                .account = on_account,
                .certificate = on_certificate,
                .userdata = c,
        };
        IssuanceHandlers issuance = { .settled = on_settled, .userdata = c };
        int r;

        if ((r = make_directories(c, ret_message)) < 0 ||
            (r = redis_settings_resolve(&c->settings->redis, &c->redis, ret_message)) < 0 ||
            (r = sharing_new(&c->sharing, c->event, c->redis, &c->keyspace, c->directory, s->key_file, sharing,
                             ret_message)) < 0)
                return r;
        store_tidy(c->settings->cert_dir);
        return issuance_new(&c->issuance, c->event, s, c->roster, c->sharing, c->directory, issuance, ret_message);
}

static int certs_new(Output **ret, sd_event *event, const Settings *settings, OutputHandlers handlers) {
        _cleanup_free_ char *message = NULL;
        CertsPolicy policy = certs_policy(&settings->certs);
        Certs *c = new0(Certs);
        int r;

        c->output = (Output){ &certs_output_class, handlers };
        c->event = event;
        c->settings = settings;
        c->directory = xasprintf("%s/certs", settings->state_dir);
        c->history_dir = xasprintf("%s/history", c->directory);
        if (!settings->cert_dir) {
                r = -EINVAL;
                message = xstrdup("--output=certs needs --cert-dir");
        } else {
                ManagedPlaces places = { .cert_dir = settings->cert_dir, .history_dir = c->history_dir };
                c->roster = roster_new(&policy, places, c->directory, settings->certs.client);
                r = keyspace_init(&c->keyspace, settings->key_prefixes.items[0]);
                if (r >= 0 && !settings_only_show(settings))
                        r = begin(c, &message);
        }
        if (r < 0) {
                log_error("%s", message ? message : strerror(-r));
                (void)certs_free(&c->output);
                return r;
        }
        *ret = &c->output;
        return 0;
}

/* ---- the output ---- */

static void certs_apply(Output *o, const Sites *sites) {
        Certs *c = (Certs *)o;

        if (c->issuance)
                issuance_want(c->issuance, sites);
}

static OutputState certs_state(const Output *o) {
        const Certs *c = (const Certs *)o;
        IssuanceCounts counts;

        if (!c->issuance)
                return OUTPUT_DONE;
        if (c->obstacle)
                return OUTPUT_FAILED;
        counts = issuance_count(c->issuance);
        if (!sharing_is_settled(c->sharing) || issuance_is_busy(c->issuance))
                return OUTPUT_BUSY;
        return counts.there < counts.wanted || counts.failing + counts.waiting > 0 ? OUTPUT_PARTLY : OUTPUT_DONE;
}

static char *certs_describe(const Output *o) {
        const Certs *c = (const Certs *)o;

        if (!c->issuance || c->obstacle)
                return xstrdup(c->obstacle ? c->obstacle : "");
        _cleanup_free_ char *state = report_state(c->roster, issuance_count(c->issuance), wall_clock());
        const char *trouble = sharing_trouble(c->sharing);
        return xasprintf("%s%s%s", state, trouble ? "; " : "", trouble ? trouble : "");
}

static char *certs_preview(Output *o, const Sites *sites) {
        Certs *c = (Certs *)o;
        Text t = { 0 };

        roster_settle(c->roster, sites, wall_clock());
        for (size_t i = 0; i < c->roster->wanted->count; i++) {
                report_plan(roster_find(c->roster, c->roster->wanted->items[i].names.items[0]), wall_clock(), &t);
                text_append(&t, "\n");
        }
        return text_take(&t);
}

static void certs_explain(Output *o, const Sites *sites, const char *domain, StringList *lines) {
        Certs *c = (Certs *)o;

        roster_settle(c->roster, sites, wall_clock());
        report_domain(c->roster, domain, wall_clock(), lines);
}

static void certs_measure(const Output *o, Metrics *m) {
        const Certs *c = (const Certs *)o;

        if (c->issuance)
                report_measure(c->roster, issuance_count(c->issuance), wall_clock(), m);
}

/* ---- what nobody asks for ---- */

int certs_remove_unused(const Settings *settings, const Sites *sites, size_t missing) {
        _cleanup_free_ char *directory = xasprintf("%s/certs", settings->state_dir);
        _cleanup_free_ char *history_dir = xasprintf("%s/history", directory);
        ManagedPlaces places = { .cert_dir = settings->cert_dir, .history_dir = history_dir };
        CertsPolicy policy = certs_policy(&settings->certs);

        if (!settings->cert_dir) {
                log_error("--certs-remove-unused needs --cert-dir");
                return EXIT_FAILURE;
        }
        if (missing > 0) {
                log_error("%zu registrations are missing now, and may want theirs: nothing is removed", missing);
                return EXIT_FAILURE;
        }
        _cleanup_(roster_freep) Roster *r = roster_new(&policy, places, directory, settings->certs.client);
        roster_settle(r, sites, wall_clock());
        return unused_remove(r);
}

DEFINE_OUTPUT_CLASS(certs, .measure = certs_measure);
