/* Asks nginx which version it is, on a loop of its own: it is a matter of milliseconds, once. */
#include "consumer/nginx/nginx-ask.h"

#include "common/child.h"
#include "common/command.h"
#include "common/log.h"
#include "common/text.h"

#include <errno.h>
#include <string.h>

enum { TIME_LIMIT_USEC = 5 * 1000 * 1000 };

typedef struct Question {
        sd_event *event;
        Child *child; /* NULL once it has ended */
        NginxVersion version;
        int result;
} Question;

static void question_done(Question *q) {
        (void)child_free(q->child);
        sd_event_unref(q->event);
}

static void on_child(void *userdata, int status, const char *output) {
        Question *q = userdata;

        q->child = NULL;
        q->result = status == 0 ? nginx_version_from_output(output, &q->version) : -EIO;
        (void)sd_event_exit(q->event, 0);
}

/* Returns 0 or -errno. */
static int ask(char *program, NginxVersion *ret) {
        char *const argv[] = { program, (char *)"-V", NULL };
        ChildCall call = { .argv = argv, .time_limit_usec = TIME_LIMIT_USEC };
        _cleanup_(question_done) Question q = { .result = -EIO };
        int r = sd_event_new(&q.event);

        if (r < 0 || (r = child_start(&q.child, q.event, &call, on_child, &q)) < 0 ||
            (r = sd_event_loop(q.event)) < 0 || (r = q.result) < 0)
                return r;
        *ret = q.version;
        return 0;
}

NginxVersion nginx_ask_version(const char *check_command) {
        NginxVersion version = NGINX_VERSION_ASSUMED;
        char **argv = NULL;

        if (command_split(check_command, &argv) < 0 || ask(argv[0], &version) < 0)
                log_warning("\"%s -V\" does not say which nginx it is: it is taken for 1.22.1; give its version with "
                            "--nginx-version",
                            argv ? argv[0] : check_command);
        command_free(argv);
        return version;
}
