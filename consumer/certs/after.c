/* The operator's command after a certificate is new. */
#include "consumer/certs/after.h"

#include "common/child.h"
#include "common/command.h"
#include "common/log.h"
#include "common/memory.h"

#include <string.h>

#define TIME_LIMIT_USEC (60 * UINT64_C(1000000))

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
        void (*ended)(void *userdata);
        void *userdata;
};

static void begin_next(After *a);

After *after_new(sd_event *event, const char *command, void (*ended)(void *userdata), void *userdata) {
        After *a = new0(After);

        a->event = event;
        a->ended = ended;
        a->userdata = userdata;
        a->last = &a->first;
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
        begin_next(a);
        if (!a->first)
                a->ended(a->userdata);
}

static void begin_next(After *a) {
        while (a->first && !a->child) {
                ChildCall call = {
                        .argv = a->words,
                        .environment = a->first->environment,
                        .time_limit_usec = TIME_LIMIT_USEC,
                };
                int r = child_start(&a->child, a->event, &call, on_done, a);
                if (r >= 0)
                        return;
                log_error("The command after a new certificate (%s) cannot be run: %s", a->words[0], strerror(-r));
                drop_first(a);
        }
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
        begin_next(a);
}

bool after_is_busy(const After *a) {
        return a->first;
}
