/* The operator's command after a certificate is new. */
#include "consumer/certs/after.h"

#include "common/backoff.h"
#include "common/child.h"
#include "common/command.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/timer.h"

#include <errno.h>
#include <string.h>

#define USEC_PER_SEC UINT64_C(1000000)
#define TIME_LIMIT_USEC (60 * USEC_PER_SEC)

/* Between two tries to start it. */
enum {
        RETRY_FIRST_SEC = 1,
        RETRY_LIMIT_SEC = 30,
};

/* Of its environment. */
enum { SEARCH_PATH, NAMES, CERTIFICATE, KEY, VARIABLES };

/* One run that waits for the one before. */
typedef struct Run {
        char *environment[VARIABLES + 1];
        struct Run *next;
} Run;

struct After {
        sd_event *event;
        char **words; /* NULL: no command */
        Child *child;
        Run *first, **last;
        Backoff backoff;
        sd_event_source *retry;
        void (*ended)(void *userdata);
        void *userdata;
};

static void go_on(After *a);

After *after_new(sd_event *event, const char *command, void (*ended)(void *userdata), void *userdata) {
        After *a = new0(After);

        a->event = event;
        a->ended = ended;
        a->userdata = userdata;
        a->last = &a->first;
        a->backoff = (Backoff){ RETRY_FIRST_SEC * USEC_PER_SEC, RETRY_LIMIT_SEC * USEC_PER_SEC, 0 };
        if (command && command_split(command, &a->words) < 0)
                a->words = NULL; /* the settings were checked */
        return a;
}

static void drop_first(After *a) {
        Run *run = a->first;

        a->first = run->next;
        if (!a->first)
                a->last = &a->first;
        for (size_t i = 0; i < VARIABLES; i++)
                free(run->environment[i]);
        free(run);
}

After *after_free(After *a) {
        if (!a)
                return NULL;
        a->child = child_free(a->child);
        a->retry = sd_event_source_disable_unref(a->retry);
        while (a->first) {
                log_warning("The command after a new certificate (%s) did not come to its end: run it with %s",
                            a->words[0], a->first->environment[NAMES]);
                drop_first(a);
        }
        if (a->words)
                command_free(a->words);
        free(a);
        return NULL;
}

static void on_done(void *userdata, int status, const char *output) {
        After *a = userdata;
        _cleanup_free_ char *said = printable(output, strlen(output), 500);

        a->child = NULL;
        if (status != 0)
                log_error("The command after a new certificate (%s) ended with status %d: %s", a->words[0], status,
                          said);
        drop_first(a);
        go_on(a);
}

static int start_child(After *a) {
        ChildCall call = {
                .argv = a->words,
                .environment = a->first->environment,
                .time_limit_usec = TIME_LIMIT_USEC,
        };

        return child_start(&a->child, a->event, &call, on_done, a);
}

/* Of processes, descriptors or memory: it passes by itself. */
static bool is_shortage(int error) {
        return error == -EAGAIN || error == -EMFILE || error == -ENFILE || error == -ENOMEM;
}

static int on_retry(sd_event_source *timer, uint64_t usec, void *userdata) {
        (void)timer, (void)usec;
        go_on(userdata);
        return 0;
}

/* The same shortage is said once. */
static void try_later(After *a, int error) {
        int level = a->backoff.current_usec == 0 ? LOG_ERR : LOG_DEBUG;

        log_write(level, NULL, "The command after a new certificate (%s) cannot be run: %s; trying again: %s",
                  a->words[0], strerror(-error), child_advice(error));
        timer_arm(&a->retry, a->event, backoff_next(&a->backoff), on_retry, a);
}

static void begin_next(After *a) {
        while (a->first) {
                int r = start_child(a);
                if (is_shortage(r))
                        return try_later(a, r);
                backoff_reset(&a->backoff);
                if (r >= 0)
                        return;
                log_error("The command after a new certificate (%s) cannot be run with %s: %s; %s", a->words[0],
                          a->first->environment[NAMES], strerror(-r), child_advice(r));
                drop_first(a);
        }
}

static void go_on(After *a) {
        begin_next(a);
        if (!a->first)
                a->ended(a->userdata);
}

void after_run(After *a, const StringList *names, const char *certificate_path, const char *key_path) {
        _cleanup_free_ char *joined = string_list_join(names, " ");
        const char *path = getenv("PATH");

        if (!a->words)
                return;
        Run *run = new0(Run);
        run->environment[SEARCH_PATH] = xasprintf("PATH=%s", path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
        run->environment[NAMES] = xasprintf("BEACHHEAD_NAMES=%s", joined);
        run->environment[CERTIFICATE] = xasprintf("BEACHHEAD_CERTIFICATE=%s", certificate_path);
        run->environment[KEY] = xasprintf("BEACHHEAD_KEY=%s", key_path);
        *a->last = run;
        a->last = &run->next;
        if (a->first == run)
                begin_next(a);
}

bool after_is_busy(const After *a) {
        return a->first;
}
