/* The hunt for the site because of which nginx does not take a configuration. */
#include "consumer/nginx/hunt.h"

#include "common/timer.h"
#include "consumer/nginx/bisection.h"
#include "consumer/nginx/refusal.h"
#include "consumer/nginx/shared-files.h"
#include "consumer/nginx/vhost.h"

#include <string.h>

/* Why a site may be the one whose reload failed. */
typedef enum Suspicion {
        SUSPECT_BY_PORT,
        SUSPECT_BY_CHANGE,
        _SUSPICION_COUNT,
} Suspicion;

struct Hunt {
        const TrialGround *ground;
        HuntCase of;
        HuntDoneFunc *done;
        void *userdata;

        sd_event_source *start;
        Trial *trial;
        Rendering *part;     /* what the trial is about */
        char *words;         /* nginx's, of the smallest configuration that it did not take */
        Bisection bisection; /* over all vhosts where refused, else over the suspects */
        Suspicion suspicion;
        Fingerprints *now; /* of the vhosts; NULL where refused */
        size_t *suspects;  /* indexes of vhosts; those that nginx has had already first */
        size_t n_suspects;
        size_t named; /* the index of the vhost that nginx names where it refuses, or SIZE_MAX */
};

Hunt *hunt_free(Hunt *h) {
        if (!h)
                return NULL;
        (void)sd_event_source_disable_unref(h->start);
        (void)trial_free(h->trial);
        (void)rendering_free(h->part);
        (void)fingerprints_free(h->now);
        free(h->words);
        free(h->suspects);
        free(h);
        return NULL;
}

static void finish(Hunt *h, HuntOutcome outcome, size_t index, const char *words) {
        HuntDoneFunc *done = h->done;
        void *userdata = h->userdata;
        _cleanup_free_ char *kept = words ? xstrdup(words) : NULL;

        (void)hunt_free(h);
        done(userdata, outcome, index, kept);
}

static Hunt *hunt_new(const TrialGround *ground, HuntCase of, HuntDoneFunc *done, void *userdata) {
        Hunt *h = new0(Hunt);

        *h = (Hunt){ .ground = ground, .of = of, .done = done, .userdata = userdata };
        return h;
}

/* True, after the end of the hunt, where the trial came to nothing. */
static bool trial_is_lost(Hunt *h, TrialOutcome outcome, const char *words) {
        h->trial = NULL;
        switch (outcome) {
        case TRIAL_FAILED:
                finish(h, HUNT_FAILED, 0, words);
                return true;
        case TRIAL_WAITS:
                finish(h, HUNT_WAITS, 0, NULL);
                return true;
        default:
                return false;
        }
}

static void replace_part(Hunt *h, const Vhost *vhosts, size_t count) {
        (void)rendering_free(h->part);
        h->part = render(vhosts, count, h->of.vhosts->render);
}

/* nginx's words with the place that they name, unless that is the candidate, which nobody can look into. */
static char *words_with_place(const Refusal *refusal, const NginxPolicy *policy) {
        bool shown = refusal->file && strcmp(refusal->file, policy->candidate_path) != 0;
        bool is_private = shown && strcmp(refusal->file, policy->private_main_path) == 0;

        return shown ? xasprintf("%s in %s:%zu", refusal->words, is_private ? policy->main_path : refusal->file,
                                 refusal->line)
                     : xstrdup(refusal->words);
}

/* Its file as it is called here. */
static void parse_refusal(Refusal *ret, const char *output, const NginxPolicy *policy) {
        refusal_parse(ret, output);
        if (ret->file)
                REPLACE_PTR(ret->file, path_here(&policy->path_maps, ret->file));
}

static void keep_refusal(Hunt *h, const char *output) {
        _cleanup_(refusal_done) Refusal refusal = { 0 };

        parse_refusal(&refusal, output, h->ground->policy);
        REPLACE_PTR(h->words, words_with_place(&refusal, h->ground->policy));
}

static void finish_with(Hunt *h, size_t found) {
        if (!bisection_found_none(&h->bisection)) {
                finish(h, HUNT_FOUND, found, h->words);
                return;
        }
        _cleanup_free_ char *sentence = xasprintf("nginx takes now what it did not take before: %s", h->words);
        finish(h, HUNT_FAILED, 0, sentence);
}

static void on_prefix_checked(void *userdata, TrialOutcome outcome, const char *words);

static void check_next_prefix(Hunt *h) {
        if (h->of.vhosts->count == 0) {
                finish(h, HUNT_NOBODY, 0, h->words);
                return;
        }
        if (bisection_ends(&h->bisection)) {
                finish_with(h, h->bisection.good);
                return;
        }
        replace_part(h, h->of.vhosts->items, bisection_question(&h->bisection));
        trial_check(&h->trial, h->ground, h->part, on_prefix_checked, h);
}

static void on_prefix_checked(void *userdata, TrialOutcome outcome, const char *words) {
        Hunt *h = userdata;

        if (trial_is_lost(h, outcome, words))
                return;
        if (outcome == TRIAL_REFUSED)
                keep_refusal(h, words);
        bisection_learn(&h->bisection, h->part->n_parts, outcome == TRIAL_ACCEPTED);
        check_next_prefix(h);
}

/* Nothing but the sites is at fault: the one that was named, else the search. */
static int search_refused(sd_event_source *source, void *userdata) {
        Hunt *h = userdata;

        (void)source;
        if (h->named != SIZE_MAX)
                finish(h, HUNT_FOUND, h->named, h->words);
        else
                check_next_prefix(h);
        return 0;
}

/* Ends the hunt: the fault is not a site's. */
static void blame_nobody(Hunt *h, const char *what, const char *output) {
        keep_refusal(h, output);
        _cleanup_free_ char *sentence = xasprintf("nginx refuses %s: %s", what, h->words);
        finish(h, HUNT_NOBODY, 0, sentence);
}

static void on_shared_files_checked(void *userdata, TrialOutcome outcome, const char *words) {
        Hunt *h = userdata;

        if (trial_is_lost(h, outcome, words))
                return;
        if (outcome == TRIAL_ACCEPTED) {
                (void)search_refused(NULL, h);
                return;
        }
        _cleanup_free_ char *files = shared_files_in_use(h->of.vhosts);
        _cleanup_free_ char *what = xasprintf("what all sites share, %s, mend it", files);
        blame_nobody(h, what, words);
}

/* What is wrong with them would be found with each site, one after the other. */
static void check_shared_files(Hunt *h) {
        _cleanup_free_ char *files = shared_files_in_use(h->of.vhosts);

        if (!files) {
                (void)search_refused(NULL, h);
                return;
        }
        (void)rendering_free(h->part);
        h->part = shared_files_render(h->of.vhosts);
        trial_check(&h->trial, h->ground, h->part, on_shared_files_checked, h);
}

static void on_no_site_checked(void *userdata, TrialOutcome outcome, const char *words) {
        Hunt *h = userdata;

        if (trial_is_lost(h, outcome, words))
                return;
        if (outcome == TRIAL_ACCEPTED)
                check_shared_files(h);
        else
                blame_nobody(h, "its own configuration, without any site", words);
}

void hunt_refused(Hunt **ret, const TrialGround *ground, HuntCase of, const char *words, bool ground_is_good,
                  HuntDoneFunc *done, void *userdata) {
        _cleanup_(refusal_done) Refusal refusal = { 0 };
        Hunt *h = hunt_new(ground, of, done, userdata);

        *ret = h;
        parse_refusal(&refusal, words, ground->policy);
        h->words = words_with_place(&refusal, ground->policy);
        h->named = refusal_vhost(&refusal, ground->policy->candidate_path, of.vhosts->items, of.vhosts->count,
                                 of.rendering);
        h->bisection.bad = of.vhosts->count;
        if (ground_is_good && of.vhosts->count > 0) {
                run_soon(&h->start, ground->event, search_refused, h);
                return;
        }
        replace_part(h, NULL, 0);
        trial_check(&h->trial, ground, h->part, on_no_site_checked, h);
}

static bool has_changed(const Hunt *h, const char *domain) {
        const char *old = fingerprints_find(h->of.confirmed, domain);

        return !old || strcmp(old, fingerprints_find(h->now, domain)) != 0;
}

static bool listens_on(const Vhost *v, uint16_t port) {
        const OverrideFile *include = vhost_include(v);

        return v->settings->http_port == port || v->settings->https_port == port ||
               (include && include->path && !include->shared && conf_listens_on(include->text, port));
}

static bool has_own_files(const Vhost *v) {
        for (size_t i = 0; i < overrides_count(v->overrides); i++)
                if (overrides_at(v->overrides, i)->path && !overrides_at(v->overrides, i)->shared)
                        return true;
        return false;
}

/* Where nothing is known of before, it is those who may listen on a port of their own. */
static bool is_suspect(const Hunt *h, const Vhost *v, uint16_t port) {
        if (h->suspicion == SUSPECT_BY_PORT)
                return port > 0 && listens_on(v, port);
        if (h->of.confirmed)
                return has_changed(h, v->site->domain);
        return has_own_files(v) || edge_settings_has(v->settings, EDGE_HTTP_PORT) ||
               edge_settings_has(v->settings, EDGE_HTTPS_PORT);
}

/* What all sites share may be at fault, which cannot be found out without taking them down: it listens on the port, or
 * it has changed. */
static bool is_shared_fault(const Hunt *h) {
        _cleanup_free_ char *files = shared_files_in_use(h->of.vhosts);

        if (!files)
                return false;
        if (h->suspicion == SUSPECT_BY_PORT)
                return shared_files_listen_on(h->of.vhosts, refusal_bind_port(h->words));
        return h->of.confirmed && !fingerprints_share_same(h->of.confirmed, h->now);
}

static bool is_new_here(const Hunt *h, const Vhost *v) {
        return !h->of.confirmed || !fingerprints_find(h->of.confirmed, v->site->domain);
}

/* A site that nginx serves already is the last to be taken away for a question. */
static void find_suspects(Hunt *h) {
        const Vhosts *all = h->of.vhosts;
        uint16_t port = refusal_bind_port(h->words);

        h->n_suspects = 0;
        for (int is_new = false; is_new <= true; is_new++)
                for (size_t i = 0; i < all->count; i++) {
                        if (is_new_here(h, &all->items[i]) != is_new || !is_suspect(h, &all->items[i], port))
                                continue;
                        array_grow(h->suspects, h->n_suspects);
                        h->suspects[h->n_suspects++] = i;
                }
        h->bisection = (Bisection){ .bad = h->n_suspects };
}

/* Applies everything but the suspects from the n-th on. */
static void apply_with_suspects(Hunt *h, size_t n, TrialDoneFunc *done) {
        const Vhosts *all = h->of.vhosts;
        _cleanup_free_ Vhost *chosen = xcalloc(all->count, sizeof *chosen);
        _cleanup_free_ bool *left_out = xcalloc(all->count, sizeof *left_out);
        size_t count = 0;

        for (size_t i = n; i < h->n_suspects; i++)
                left_out[h->suspects[i]] = true;
        for (size_t i = 0; i < all->count; i++)
                if (!left_out[i])
                        chosen[count++] = all->items[i];
        replace_part(h, chosen, count);
        trial_apply(&h->trial, h->ground, h->part, done, h);
}

static void on_suspects_applied(void *userdata, TrialOutcome outcome, const char *words);

static void apply_next_suspects(Hunt *h) {
        bool ends = bisection_ends(&h->bisection);

        if (ends)
                finish_with(h, bisection_found_none(&h->bisection) ? 0 : h->suspects[h->bisection.good]);
        else
                apply_with_suspects(h, bisection_question(&h->bisection), on_suspects_applied);
}

static void on_suspects_applied(void *userdata, TrialOutcome outcome, const char *words) {
        Hunt *h = userdata;

        if (trial_is_lost(h, outcome, words))
                return;
        if (outcome == TRIAL_REFUSED)
                keep_refusal(h, words);
        else if (outcome == TRIAL_UNCONFIRMED)
                REPLACE_PTR(h->words, xstrdup(words));
        bisection_learn(&h->bisection, bisection_question(&h->bisection), outcome == TRIAL_CONFIRMED);
        apply_next_suspects(h);
}

static void suspect(Hunt *h);

static void on_base(void *userdata, TrialOutcome outcome, const char *words) {
        Hunt *h = userdata;

        if (trial_is_lost(h, outcome, words))
                return;
        if (outcome == TRIAL_CONFIRMED) {
                apply_next_suspects(h);
                return;
        }
        h->suspicion++;
        suspect(h);
}

static void finish_with_shared_files(Hunt *h) {
        _cleanup_free_ char *files = shared_files_in_use(h->of.vhosts);
        _cleanup_free_ char *sentence = xasprintf("%s; look into what all sites share, %s", h->words, files);

        finish(h, HUNT_NOBODY, 0, sentence);
}

/* The suspects must be the reason: without them nginx must take over. Those that are suspected for a change alone are
 * not taken down for that question, as long as it can be asked of the file that is back in its place. */
static void suspect(Hunt *h) {
        while (h->suspicion < _SUSPICION_COUNT) {
                find_suspects(h);
                if (is_shared_fault(h)) {
                        finish_with_shared_files(h);
                        return;
                }
                if (h->n_suspects > 0)
                        break;
                h->suspicion++;
        }
        if (h->suspicion == _SUSPICION_COUNT) {
                finish(h, HUNT_NOBODY, 0, h->words);
                return;
        }
        _cleanup_free_ char *before = h->suspicion == SUSPECT_BY_CHANGE ? live_file_generation(h->ground->live) : NULL;
        if (before && strcmp(before, h->of.rendering->generation) != 0)
                trial_confirm(&h->trial, h->ground, before, on_base, h);
        else
                apply_with_suspects(h, 0, on_base);
}

static int on_unconfirmed(sd_event_source *source, void *userdata) {
        (void)source;
        suspect(userdata);
        return 0;
}

void hunt_unconfirmed(Hunt **ret, const TrialGround *ground, HuntCase of, const char *words, HuntDoneFunc *done,
                      void *userdata) {
        Hunt *h = hunt_new(ground, of, done, userdata);

        *ret = h;
        h->words = xstrdup(words);
        h->now = fingerprints_new(of.vhosts->items, of.vhosts->count, of.rendering);
        run_soon(&h->start, ground->event, on_unconfirmed, h);
}
