/* One configuration on its way to nginx. Each step is a function that starts it and one that takes its end. */
#include "consumer/nginx/trial.h"

#include "common/child.h"
#include "common/command.h"
#include "common/file.h"
#include "common/text.h"
#include "common/timer.h"
#include "consumer/nginx/check.h"
#include "consumer/nginx/confirm.h"
#include "consumer/nginx/error-log.h"
#include "consumer/nginx/master.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
        PATIENCE_MSEC = 5000,    /* for nginx to take a configuration over ... */
        PATIENCE_CHECKS = 4,     /* ... and as often the time of its check ... */
        PATIENCE_VHOST_MSEC = 5, /* ... or, where it was not checked now, as much a site */
        RELOAD_COMMAND_SEC = 30,
        WORKER_POLL_MSEC = 50,
        COMMAND_WORDS_MAX = 500, /* bytes of a failed command's output that are kept */
};

typedef enum TrialGoal {
        GOAL_CHECK,
        GOAL_APPLY,
        GOAL_CONFIRM,
} TrialGoal;

struct Trial {
        const TrialGround *ground;
        TrialGoal goal;
        const Rendering *rendering; /* NULL: GOAL_CONFIRM */
        char *generation;
        TrialDoneFunc *done;
        void *userdata;

        sd_event_source *start, *timer;
        Check *check;
        Child *command;
        Confirm *confirm;
        ErrorLog *log;
        uint64_t check_began, patience_usec;
        uint64_t reloaded_usec; /* when nginx was told; 0: it was not */
        uint64_t newest_worker; /* of nginx before it was told; 0: that does not matter, or cannot be seen */
        bool swapped;
        char *complaint; /* why it was not confirmed: the old file is being restored */
};

Trial *trial_free(Trial *t) {
        if (!t)
                return NULL;
        (void)sd_event_source_disable_unref(t->start);
        (void)sd_event_source_disable_unref(t->timer);
        if (t->check)
                live_file_unstage(t->ground->live);
        if (t->swapped)
                live_file_settle(t->ground->live);
        (void)check_free(t->check);
        (void)child_free(t->command);
        (void)confirm_free(t->confirm);
        (void)error_log_free(t->log);
        free(t->generation);
        free(t->complaint);
        free(t);
        return NULL;
}

static void finish(Trial *t, TrialOutcome outcome, const char *words) {
        TrialDoneFunc *done = t->done;
        void *userdata = t->userdata;
        _cleanup_free_ char *kept = words ? xstrdup(words) : NULL;

        (void)trial_free(t);
        done(userdata, outcome, kept);
}

static void fail_to(Trial *t, const char *what, const char *object, int error, const char *advice) {
        _cleanup_free_ char *words = xasprintf("cannot %s %s: %s; %s", what, object, strerror(-error), advice);

        finish(t, TRIAL_FAILED, words);
}

static void fail_at_file(Trial *t, const char *what, const char *path, int error) {
        fail_to(t, what, path, error, file_advice(error));
}

static void reload(Trial *t);

static void restore(Trial *t, const char *complaint) {
        REPLACE_PTR(t->complaint, xstrdup(complaint));
        if (!t->swapped) {
                finish(t, TRIAL_UNCONFIRMED, t->complaint);
                return;
        }
        int r = live_file_restore(t->ground->live);
        if (r < 0)
                fail_at_file(t, "put back", t->ground->policy->live_path, r);
        else
                reload(t);
}

static char *complaint_of(const Trial *t, ConfirmOutcome outcome, const char *words) {
        const char *url = t->ground->policy->confirm_url;
        double seconds = (double)t->patience_usec / 1e6;

        if (words)
                return xstrdup(words);
        if (outcome == CONFIRM_SILENT)
                return xasprintf("nginx did not answer at %s within %.1f s", url, seconds);
        return xasprintf("nginx did not take the new configuration over within %.1f s (asked at %s)", seconds, url);
}

static void on_confirm(void *userdata, ConfirmOutcome outcome, const char *words) {
        Trial *t = userdata;

        t->confirm = NULL;
        if (outcome == CONFIRM_SAME) {
                histogram_observe(&t->ground->figures->reload_seconds, (double)(now_usec() - t->reloaded_usec) / 1e6);
                finish(t, TRIAL_CONFIRMED, NULL);
        } else if (outcome == CONFIRM_SILENT && !nginx_runs(t->ground->policy)) {
                finish(t, TRIAL_WAITS, NULL);
        } else {
                _cleanup_free_ char *complaint = complaint_of(t, outcome, words);
                restore(t, complaint);
        }
}

static void start_confirm(Trial *t) {
        const TrialGround *g = t->ground;

        confirm_start(&t->confirm, g->event, g->curl, g->policy, t->generation, t->patience_usec, t->log, on_confirm,
                      t);
}

/* A master process that hangs leaves its workers to serve on, and answer as they always did. */
static int on_await_worker(sd_event_source *timer, uint64_t usec, void *userdata) {
        Trial *t = userdata;

        (void)timer, (void)usec;
        if (nginx_newest_worker(t->ground->policy) != t->newest_worker) {
                start_confirm(t);
        } else if (now_usec() - t->reloaded_usec < t->patience_usec) {
                timer_arm(&t->timer, t->ground->event, WORKER_POLL_MSEC * 1000, on_await_worker, t);
        } else {
                _cleanup_free_ char *words =
                        xasprintf("nginx was told to reload and has begun no worker within %.1f s: see whether its "
                                  "master process hangs",
                                  (double)t->patience_usec / 1e6);
                finish(t, TRIAL_FAILED, words);
        }
        return 0;
}

static void reloaded(Trial *t) {
        t->ground->figures->reloads++;
        if (t->complaint)
                finish(t, TRIAL_UNCONFIRMED, t->complaint);
        else if (!t->ground->policy->confirm_url)
                finish(t, TRIAL_CONFIRMED, NULL);
        else if (t->newest_worker > 0)
                (void)on_await_worker(NULL, 0, t);
        else
                start_confirm(t);
}

static void on_reload_command(void *userdata, int status, const char *output) {
        Trial *t = userdata;

        t->command = NULL;
        if (status == 0 || t->complaint) {
                reloaded(t);
                return;
        }
        _cleanup_free_ char *said = printable(output, strlen(output), COMMAND_WORDS_MAX);
        _cleanup_free_ char *words =
                status == -ETIME ? xasprintf("the reload command takes longer than %d s", RELOAD_COMMAND_SEC)
                                 : xasprintf("the reload command failed with status %d: %s", status,
                                             *said ? said : "(no output)");
        finish(t, TRIAL_FAILED, words);
}

static void run_reload_command(Trial *t) {
        const char *command = t->ground->policy->reload_command;
        char **argv = NULL;
        int r = command_split(command, &argv);

        if (r >= 0) {
                ChildCall call = { .argv = argv, .time_limit_usec = (uint64_t)RELOAD_COMMAND_SEC * 1000000 };
                r = child_start(&t->command, t->ground->event, &call, on_reload_command, t);
                command_free(argv);
        }
        if (r < 0)
                fail_to(t, "run the reload command", command, r, child_advice(r));
}

static void reload(Trial *t) {
        const NginxPolicy *policy = t->ground->policy;

        (void)error_log_free(t->log);
        t->log = error_log_new(policy);
        t->reloaded_usec = now_usec();
        if (policy->reload_command) {
                run_reload_command(t);
                return;
        }
        int r = nginx_signal(policy);
        if (r == 0 || t->complaint)
                reloaded(t);
        else if (r == -ESRCH)
                finish(t, TRIAL_WAITS, NULL);
        else
                fail_to(t, "signal", "nginx", r, "give this service CAP_KILL");
}

static void swap(Trial *t) {
        int r = live_file_swap(t->ground->live, t->rendering);

        if (r < 0) {
                live_file_unstage(t->ground->live);
                fail_at_file(t, "replace", t->ground->policy->live_path, r);
                return;
        }
        t->swapped = true;
        reload(t);
}

static void on_check(void *userdata, CheckOutcome outcome, const char *words) {
        Trial *t = userdata;

        t->check = NULL;
        t->patience_usec = (uint64_t)PATIENCE_MSEC * 1000 + PATIENCE_CHECKS * (now_usec() - t->check_began);
        if (outcome == CHECK_ACCEPTED && t->goal == GOAL_APPLY) {
                swap(t);
                return;
        }
        live_file_unstage(t->ground->live);
        if (outcome == CHECK_ACCEPTED)
                finish(t, TRIAL_ACCEPTED, NULL);
        else
                finish(t, outcome == CHECK_REFUSED ? TRIAL_REFUSED : TRIAL_FAILED, words);
}

static void fail_to_write(Trial *t, int error) {
        fail_at_file(t, "write", t->ground->policy->candidate_path, error);
}

/* nginx reads it while it is synced: the two take about as long. */
static void check(Trial *t) {
        const TrialGround *g = t->ground;
        _cleanup_free_ char *reason = NULL;
        int r = live_file_stage(g->live, t->rendering);

        if (r < 0) {
                fail_to_write(t, r);
                return;
        }
        t->check_began = now_usec();
        r = check_start(&t->check, g->event, g->policy, t->rendering->n_parts, on_check, t, &reason);
        if (r < 0) {
                live_file_unstage(g->live);
                finish(t, TRIAL_FAILED, reason);
        } else if (t->goal == GOAL_APPLY && (r = live_file_sync(g->live)) < 0) {
                fail_to_write(t, r);
        }
}

static uint64_t patience_unchecked(const Trial *t) {
        size_t n_vhosts = t->rendering ? t->rendering->n_parts : 0;

        return ((uint64_t)PATIENCE_MSEC + n_vhosts * PATIENCE_VHOST_MSEC) * 1000;
}

/* Whatever happened before we came: nginx may serve what is live already. */
static void on_first_answer(void *userdata, ConfirmOutcome outcome, const char *words) {
        Trial *t = userdata;

        (void)words;
        t->confirm = NULL;
        if (outcome == CONFIRM_SAME)
                finish(t, TRIAL_CONFIRMED, NULL);
        else if (outcome == CONFIRM_SILENT && !nginx_runs(t->ground->policy))
                finish(t, TRIAL_WAITS, NULL);
        else
                reload(t);
}

static void ask_first(Trial *t) {
        const TrialGround *g = t->ground;

        t->patience_usec = patience_unchecked(t);
        if (g->policy->confirm_url)
                confirm_start(&t->confirm, g->event, g->curl, g->policy, t->generation, 0, NULL, on_first_answer, t);
        else
                reload(t);
}

static void tell_again(Trial *t) {
        t->patience_usec = patience_unchecked(t);
        t->newest_worker = nginx_newest_worker(t->ground->policy);
        reload(t);
}

static int on_start(sd_event_source *source, void *userdata) {
        Trial *t = userdata;

        (void)source;
        if (t->goal == GOAL_CONFIRM)
                tell_again(t);
        else if (t->goal == GOAL_APPLY && live_file_is(t->ground->live, t->rendering))
                ask_first(t);
        else
                check(t);
        return 0;
}

void trial_clear(const TrialGround *g) {
        live_file_unstage(g->live);
        live_file_settle(g->live);
        (void)unlink(g->policy->private_main_path);
}

static void start(Trial **ret, const TrialGround *ground, TrialGoal goal, const Rendering *rendering,
                  const char *generation, TrialDoneFunc *done, void *userdata) {
        Trial *t = new0(Trial);

        *t = (Trial){
                .ground = ground,
                .goal = goal,
                .rendering = rendering,
                .generation = xstrdup(generation),
                .done = done,
                .userdata = userdata,
        };
        *ret = t;
        run_soon(&t->start, ground->event, on_start, t);
}

void trial_check(Trial **ret, const TrialGround *ground, const Rendering *rendering, TrialDoneFunc *done,
                 void *userdata) {
        start(ret, ground, GOAL_CHECK, rendering, rendering->generation, done, userdata);
}

void trial_apply(Trial **ret, const TrialGround *ground, const Rendering *rendering, TrialDoneFunc *done,
                 void *userdata) {
        start(ret, ground, GOAL_APPLY, rendering, rendering->generation, done, userdata);
}

void trial_confirm(Trial **ret, const TrialGround *ground, const char *generation, TrialDoneFunc *done,
                   void *userdata) {
        start(ret, ground, GOAL_CONFIRM, NULL, generation, done, userdata);
}
