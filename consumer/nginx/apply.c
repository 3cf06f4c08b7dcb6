/* Keeps nginx at the sites: one change after the other, each from looking to its end. */
#include "consumer/nginx/apply.h"

#include "common/file.h"
#include "common/log.h"
#include "common/timer.h"
#include "consumer/nginx/apply-state.h"
#include "consumer/nginx/master.h"

#include <string.h>
#include <time.h>

enum {
        NGINX_POLL_USEC = 1000 * 1000,
        FILES_POLL_USEC = 500 * 1000,
        DISK_LOOK_USEC = 60 * 1000 * 1000, /* as often at least where the sites change: nobody tells of time, nor of
                                            * every file */
        DOUBT_USEC = 30 * 1000 * 1000,     /* with what nginx says, while certificates change */
        FAILURE_SHOWN_MAX = 1000,          /* bytes of words in a log line */
        DESCRIPTORS_MIN = 4,               /* for reading what lies on disk, one file after the other */
};

static const Backoff RETRY = { .first_usec = 1000000, .limit_usec = 30 * 1000000 };

static void look(Apply *a);
static void look_at_all(Apply *a);

static void change_done(Apply *a) {
        a->rendering = rendering_free(a->rendering);
}

static int on_settle(sd_event_source *source, void *userdata) {
        Apply *a = userdata;

        (void)source;
        a->settled(a->userdata);
        return 0;
}

static int on_again(sd_event_source *source, void *userdata) {
        (void)source;
        look(userdata);
        return 0;
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *userdata);

/* Whether changes are gathered still; `timer` looks again. */
static bool gathers_on(Apply *a) {
        uint64_t left = gathering_left(&a->gathering, now_usec());

        if (left > 0)
                timer_arm(&a->timer, a->ground.event, left, on_timer, a);
        return left > 0;
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *userdata) {
        Apply *a = userdata;

        (void)timer;
        (void)usec;
        if (a->phase == APPLY_WAITING && !nginx_runs(a->policy) && !a->policy->reload_command) {
                timer_arm(&a->timer, a->ground.event, NGINX_POLL_USEC, on_timer, a);
                return 0;
        }
        if (a->phase == APPLY_GATHERING && gathers_on(a))
                return 0;
        a->disk_is_due |= a->phase != APPLY_GATHERING || a->files_are_due;
        if (a->phase == APPLY_FAILED || a->phase == APPLY_GATHERING)
                a->phase = APPLY_IDLE;
        look(a);
        return 0;
}

static int on_retry(sd_event_source *timer, uint64_t usec, void *userdata) {
        (void)timer;
        (void)usec;
        look_at_all(userdata);
        return 0;
}

static void schedule_retry(Apply *a) {
        uint64_t next = refused_sites_next(a->refused), now = now_usec();

        if (next == UINT64_MAX)
                timer_stop(a->retry);
        else
                timer_arm(&a->retry, a->ground.event, next > now ? next - now : 0, on_retry, a);
}

/* The end of a change; what came up meanwhile is looked at from the loop. */
static void end_change(Apply *a, ApplyPhase phase, OutputState state) {
        if (a->state != state || a->settled_phase != phase)
                run_soon(&a->settle, a->ground.event, on_settle, a);
        if (a->pending_usec > 0) {
                run_soon(&a->again, a->ground.event, on_again, a);
                a->wanted_usec = a->pending_usec;
        }
        a->pending_usec = 0;
        a->phase = a->settled_phase = phase;
        a->state = state;
        change_done(a);
        schedule_retry(a);
}

/* What could not be applied is tried again by and by; the same words are logged once. */
static void fail(Apply *a, const char *words) {
        bool news = !streq_or_null(words, a->failure);

        log_write(news ? LOG_WARNING : LOG_DEBUG, ABOUT(.reason = words), "nginx is left as it is, tried again: %.*s",
                  FAILURE_SHOWN_MAX, words);
        REPLACE_PTR(a->failure, xstrdup(words));
        if (a->rendering)
                memcpy(a->failed_generation, a->rendering->generation, DIGEST_SIZE);
        else
                a->failed_generation[0] = '\0';
        a->doubted_usec = 0;
        timer_arm(&a->timer, a->ground.event, backoff_next(&a->backoff), on_timer, a);
        end_change(a, APPLY_FAILED, OUTPUT_FAILED);
}

/* Everything that is not set aside is in place. */
static void succeed(Apply *a, bool nginx_is_there) {
        bool news = strcmp(a->confirmed_generation, a->rendering->generation) != 0;

        refused_sites_accept(a->refused, a->vhosts);
        size_t n_aside = refused_sites_count(a->refused) + a->left_out.count;
        if (nginx_is_there && news) {
                (void)fingerprints_free(a->confirmed);
                a->confirmed = fingerprints_new(a->vhosts->items, a->vhosts->count, a->rendering);
                memcpy(a->confirmed_generation, a->rendering->generation, DIGEST_SIZE);
                if (a->wanted_usec > 0)
                        histogram_observe(&a->figures.change_seconds, (double)(now_usec() - a->wanted_usec) / 1e6);
        } else if (!nginx_is_there) {
                a->confirmed_generation[0] = '\0';
                timer_arm(&a->timer, a->ground.event, NGINX_POLL_USEC, on_timer, a);
        }
        a->n_live = a->vhosts->count;
        if (nginx_is_there && (news || a->failure))
                log_info("nginx serves %zu site%s, %zu set aside (after %.0f ms)", a->n_live, plural(a->n_live),
                         n_aside, (double)(now_usec() - a->began_usec) / 1000);
        else if (!nginx_is_there && a->settled_phase != APPLY_WAITING)
                log_info("%zu site%s in %s, which waits for nginx to start", a->n_live, plural(a->n_live),
                         a->policy->live_path);
        REPLACE_PTR(a->failure, NULL);
        a->wanted_usec = 0;
        a->doubted_usec = 0;
        backoff_reset(&a->backoff);
        end_change(a, nginx_is_there ? APPLY_IDLE : APPLY_WAITING, n_aside > 0 ? OUTPUT_PARTLY : OUTPUT_DONE);
}

static void set_aside(Apply *a, size_t index, const char *words) {
        const Vhost *v = &a->vhosts->items[index];
        const char *domain = v->site->domain;
        const char *digest = a->rendering->parts[index].digest;
        _cleanup_free_ char *publishers = string_list_join(&v->site->publishers, ", ");
        bool news = refused_sites_add(a->refused, domain, digest, words, now_usec());

        log_write(news ? LOG_WARNING : LOG_DEBUG, ABOUT(.domain = domain, .container = publishers, .reason = words),
                  "%s (of %s) is set aside, the other sites go on; nginx says: %.*s", domain, publishers,
                  FAILURE_SHOWN_MAX, words);
        vhosts_remove(a->vhosts, index);
}

static void render_vhosts(Apply *a) {
        (void)rendering_free(a->rendering);
        a->rendering = render(a->vhosts->items, a->vhosts->count, a->vhosts->render);
}

static bool is_confirmed(const Apply *a) {
        return live_file_is(a->ground.live, a->rendering) &&
               strcmp(a->confirmed_generation, a->rendering->generation) == 0;
}

static void on_trial(void *userdata, TrialOutcome outcome, const char *words);

static void try_vhosts(Apply *a) {
        a->phase = APPLY_TRYING;
        trial_apply(&a->trial, &a->ground, a->rendering, on_trial, a);
}

/* A certificate that is exchanged while nginx reads it does not fit its key: what nginx then says is nobody's fault.
 * Not for long, since while some are exchanged all the time a site may be at fault after all. */
static bool begins_again(Apply *a) {
        uint64_t now = now_usec();

        if (!certificates_have_changed(a->certificates))
                return false;
        a->doubted_usec = a->doubted_usec > 0 ? a->doubted_usec : now;
        if (now - a->doubted_usec > DOUBT_USEC)
                return false;
        log_info("certificates have changed while nginx read them: all is looked at once more");
        a->disk_is_due = true;
        if (a->pending_usec == 0)
                a->pending_usec = now;
        end_change(a, APPLY_IDLE, OUTPUT_BUSY);
        return true;
}

static void on_hunt(void *userdata, HuntOutcome outcome, size_t index, const char *words) {
        Apply *a = userdata;

        a->hunt = NULL;
        if ((outcome == HUNT_FOUND || outcome == HUNT_NOBODY) && begins_again(a))
                return;
        switch (outcome) {
        case HUNT_FOUND:
                set_aside(a, index, words);
                a->ground_is_good = true;
                render_vhosts(a);
                if (is_confirmed(a))
                        succeed(a, true);
                else
                        try_vhosts(a);
                break;
        case HUNT_NOBODY:
        case HUNT_FAILED:
                fail(a, words);
                break;
        case HUNT_WAITS:
                fail(a, "nginx has ended during the reload");
                break;
        }
}

static void on_trial(void *userdata, TrialOutcome outcome, const char *words) {
        Apply *a = userdata;
        HuntCase of = { .vhosts = a->vhosts, .rendering = a->rendering, .confirmed = a->confirmed };

        a->trial = NULL;
        if (outcome == TRIAL_CONFIRMED || outcome == TRIAL_UNCONFIRMED)
                gathering_note_reload(&a->gathering, a->began_usec);
        a->figures.refusals += outcome == TRIAL_REFUSED || outcome == TRIAL_UNCONFIRMED;
        if (outcome == TRIAL_UNCONFIRMED || outcome == TRIAL_FAILED)
                a->confirmed_generation[0] = '\0';
        if ((outcome == TRIAL_REFUSED || outcome == TRIAL_UNCONFIRMED) && begins_again(a))
                return;
        switch (outcome) {
        case TRIAL_ACCEPTED:
        case TRIAL_CONFIRMED:
                succeed(a, true);
                break;
        case TRIAL_WAITS:
                succeed(a, false);
                break;
        case TRIAL_REFUSED:
                a->phase = APPLY_HUNTING;
                hunt_refused(&a->hunt, &a->ground, of, words, a->ground_is_good, on_hunt, a);
                break;
        case TRIAL_UNCONFIRMED:
                a->phase = APPLY_HUNTING;
                hunt_unconfirmed(&a->hunt, &a->ground, of, words, on_hunt, a);
                break;
        case TRIAL_FAILED:
                fail(a, words);
                break;
        }
}

/* The disk is looked at as a whole but where nothing else than the sites is known to differ. */
static Vhosts *look_at_sites(Apply *a) {
        uint64_t now = now_usec();

        if (a->vhosts && !a->disk_is_due && now - a->looked_usec < DISK_LOOK_USEC)
                return vhosts_update(a->vhosts, a->sites, a->certificates, a->notes);
        a->disk_is_due = false;
        a->looked_usec = now;
        a->vhosts = vhosts_free(a->vhosts); /* not to have all of them twice */
        disk_watch_refresh(a->watch);
        nginx_policy_refresh(a->policy);
        return vhosts_new(a->sites, a->certificates, a->notes, a->policy);
}

static void read_sites(Apply *a) {
        Vhosts *looked_at = look_at_sites(a);

        (void)vhosts_free(a->vhosts);
        a->vhosts = looked_at;
        string_list_clear(&a->left_out);
        vhosts_left_out(a->vhosts, &a->left_out);
        refused_sites_leave_out(a->refused, a->vhosts, now_usec());
        render_vhosts(a);
}

/* Whether all that can be done was done: it waits for nginx, or for its next try. */
static bool has_to_wait(const Apply *a) {
        switch (a->phase) {
        case APPLY_WAITING:
                return live_file_is(a->ground.live, a->rendering) && !nginx_runs(a->policy) &&
                       !a->policy->reload_command;
        case APPLY_FAILED:
                return strcmp(a->failed_generation, a->rendering->generation) == 0;
        default:
                return false;
        }
}

static void begin_change(Apply *a) {
        bool is_live = live_file_is(a->ground.live, a->rendering);

        if (is_live)
                a->wanted_usec = 0;
        if (a->phase != APPLY_WAITING || !is_live)
                a->state = OUTPUT_BUSY; /* else there is nothing to do but to ask */
        if (!is_live && gathers_on(a)) {
                a->phase = APPLY_GATHERING;
                return;
        }
        timer_stop(a->timer);
        a->files_are_due = false;
        a->began_usec = now_usec();
        a->ground_is_good = false;
        try_vhosts(a);
}

/* What was there and is not, or does not fit any more, may be half-way renewed: nginx still has it. Not for long,
 * though.
 */
static bool files_are_in_transit(const Apply *a) {
        return disk_watch_is_in_transit(a->watch) || certificates_are_in_transit(a->certificates, time(NULL));
}

static void wait_for_files(Apply *a) {
        if (!a->files_are_due)
                log_info("files that were there are missing or do not fit together: nginx is left as it is for a few "
                         "seconds, in case they are being replaced");
        a->files_are_due = true;
        a->state = OUTPUT_BUSY;
        a->phase = APPLY_GATHERING;
        timer_arm(&a->timer, a->ground.event, FILES_POLL_USEC, on_timer, a);
}

/* What cannot be opened now would look as if it could not be used: sites would lose their certificates. */
static bool can_read_files(Apply *a) {
        int r = file_descriptors_are_left(DESCRIPTORS_MIN);

        if (r >= 0)
                return true;
        _cleanup_free_ char *words = xasprintf("files cannot be opened: %s; %s", strerror(-r), file_advice(r));
        fail(a, words);
        return false;
}

/* Something may differ: the sites, a file, nginx, the time. */
static void look(Apply *a) {
        if (!a->sites)
                return;
        if (a->phase == APPLY_TRYING || a->phase == APPLY_HUNTING) {
                a->pending_usec = a->pending_usec > 0 ? a->pending_usec : now_usec();
                return;
        }
        if (a->phase == APPLY_GATHERING)
                return; /* all is read when the window has passed */
        if (a->wanted_usec == 0)
                a->wanted_usec = now_usec();
        if (!can_read_files(a))
                return;
        read_sites(a);
        if (is_confirmed(a)) {
                timer_stop(a->timer);
                a->files_are_due = false;
                succeed(a, true);
        } else if (files_are_in_transit(a)) {
                wait_for_files(a);
        } else if (has_to_wait(a)) {
                change_done(a);
        } else {
                begin_change(a);
        }
}

static void on_files_changed(void *userdata) {
        look_at_all(userdata);
}

static void look_at_all(Apply *a) {
        a->disk_is_due = true;
        look(a);
}

/* It may be what nginx refused, or what made it refuse a site. */
static void on_main_changed(void *userdata) {
        Apply *a = userdata;

        refused_sites_hurry(a->refused);
        if (a->phase == APPLY_FAILED)
                a->phase = APPLY_IDLE;
        look_at_all(a);
}

int apply_new(Apply **ret, sd_event *event, NginxPolicy *policy, Certificates *certificates, SiteNotes *notes,
              void (*settled)(void *userdata), void *userdata) {
        _cleanup_(apply_freep) Apply *a = new0(Apply);
        const DiskWatchHandlers watch = { .files = on_files_changed, .main = on_main_changed, .userdata = a };

        *a = (Apply){
                .ground = { .event = event, .policy = policy },
                .policy = policy,
                .settled = settled,
                .userdata = userdata,
                .certificates = certificates,
                .notes = notes,
                .gathering = { .policy = policy },
                .state = OUTPUT_BUSY,
                .backoff = RETRY,
        };
        int r = curl_event_new(&a->ground.curl, event);
        if (r < 0)
                return r;
        a->ground.live = live_file_new(policy->live_path, policy->candidate_path, policy->previous_path);
        a->ground.figures = &a->figures;
        nginx_figures_init(&a->figures);
        a->refused = refused_sites_new();
        a->watch = disk_watch_new(event, policy, watch);
        *ret = TAKE_PTR(a);
        return 0;
}

Apply *apply_free(Apply *a) {
        if (!a)
                return NULL;
        (void)hunt_free(a->hunt);
        (void)trial_free(a->trial);
        change_done(a);
        (void)disk_watch_free(a->watch);
        string_list_clear(&a->left_out);
        (void)sd_event_source_disable_unref(a->timer);
        (void)sd_event_source_disable_unref(a->retry);
        (void)sd_event_source_disable_unref(a->again);
        (void)sd_event_source_disable_unref(a->settle);
        (void)fingerprints_free(a->confirmed);
        (void)refused_sites_free(a->refused);
        (void)vhosts_free(a->vhosts);
        (void)live_file_free(a->ground.live);
        (void)curl_event_free(a->ground.curl);
        free(a->failure);
        free(a);
        return NULL;
}

void apply_sites(Apply *a, const Sites *sites) {
        if (!a->sites)
                trial_clear(&a->ground);
        a->disk_is_due |= sites == a->sites;
        a->sites = sites;
        look(a);
}

OutputState apply_state(const Apply *a) {
        return a->state;
}
