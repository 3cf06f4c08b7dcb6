/* nginx's own check of the staged candidate. */
#include "consumer/nginx/check.h"

#include "common/child.h"
#include "common/command.h"
#include "common/file.h"
#include "common/text.h"
#include "consumer/nginx/main-conf.h"

#include <errno.h>
#include <string.h>

enum {
        CHECK_TIME_SEC = 30,
        CHECK_TIME_VHOST_MSEC = 20,       /* more for each vhost; nginx takes about 1 ms with TLS */
        EXIT_STATUS_NOT_EXECUTABLE = 126, /* from here on it is the shell's or a signal's, not nginx's */
        PRIVATE_MAIN_MODE = 0600,
};

struct Check {
        Child *child;
        const NginxPolicy *policy;
        CheckDoneFunc *done;
        void *userdata;
};

Check *check_free(Check *c) {
        if (!c)
                return NULL;
        (void)child_free(c->child);
        (void)unlink(c->policy->private_main_path);
        free(c);
        return NULL;
}

static int read_conf(void *userdata, const char *path, char **ret) {
        size_t size;

        (void)userdata;
        return file_read(path, MAIN_CONF_FILE_MAX, ret, &size);
}

/* Returns 0 or -errno with a reason. */
static int write_private_main(const NginxPolicy *p, char **ret_reason) {
        _cleanup_free_ char *text = NULL;
        int r = main_conf_with_candidate(p->main_path, p->live_path, p->candidate_path, &p->path_maps, read_conf, NULL,
                                         &text);

        if (r == -ENOENT) {
                *ret_reason = access(p->main_path, F_OK) < 0
                                      ? xasprintf("%s does not exist: is nginx installed?", p->main_path)
                                      : xasprintf("%s does not include %s: add \"include %s;\" to its http block",
                                                  p->main_path, p->live_path, p->live_path);
                return r;
        }
        if (r < 0) {
                *ret_reason = xasprintf("cannot read %s: %s", p->main_path, strerror(-r));
                return r;
        }
        r = file_write(p->private_main_path, text, strlen(text), PRIVATE_MAIN_MODE);
        if (r < 0)
                *ret_reason = xasprintf("cannot write %s: %s; %s", p->private_main_path, strerror(-r), file_advice(r));
        return r;
}

/* The word with each "{main}" replaced. */
static char *fill_in(const char *word, const char *main_path) {
        static const char placeholder[] = "{main}";
        Text filled = { 0 };

        for (const char *found; (found = strstr(word, placeholder)); word = found + strlen(placeholder)) {
                text_append_bytes(&filled, word, (size_t)(found - word));
                text_append(&filled, main_path);
        }
        text_append(&filled, word);
        return text_take(&filled);
}

static void on_child(void *userdata, int status, const char *output) {
        Check *c = userdata;
        CheckDoneFunc *done = c->done;
        void *to = c->userdata;

        c->child = NULL;
        (void)check_free(c); /* first: what is done next may be another check */
        if (status == 0) {
                done(to, CHECK_ACCEPTED, "");
        } else if (status == -ETIME) {
                /* One site's name that no resolver answers for must not hold up the others for ever. */
                done(to, CHECK_REFUSED, "the check by nginx takes too long");
        } else if (status > 0 && status < EXIT_STATUS_NOT_EXECUTABLE) {
                done(to, CHECK_REFUSED, output);
        } else {
                _cleanup_free_ char *reason = xasprintf("the check by nginx ended with status %d", status);
                done(to, CHECK_FAILED, reason);
        }
}

static int start_child(Check *c, sd_event *event, size_t n_vhosts, char **ret_reason) {
        uint64_t limit = (uint64_t)CHECK_TIME_SEC * 1000000 + n_vhosts * CHECK_TIME_VHOST_MSEC * 1000;
        _cleanup_free_ char *main_path = path_there(&c->policy->path_maps, c->policy->private_main_path);
        char **argv = NULL;
        int r = command_split(c->policy->check_command, &argv);

        if (r < 0) {
                *ret_reason = xasprintf("the check command is not a command: %s", c->policy->check_command);
                return r;
        }
        for (char **word = argv; *word; word++)
                REPLACE_PTR(*word, fill_in(*word, main_path));
        r = child_start(&c->child, event, &(ChildCall){ .argv = argv, .time_limit_usec = limit }, on_child, c);
        if (r < 0)
                *ret_reason = xasprintf("cannot run %s to check the configuration: %s; %s", argv[0], strerror(-r),
                                        child_advice(r));
        command_free(argv);
        return r;
}

int check_start(Check **ret, sd_event *event, const NginxPolicy *policy, size_t n_vhosts, CheckDoneFunc *done,
                void *userdata, char **ret_reason) {
        _cleanup_(check_freep) Check *c = new0(Check);

        *c = (Check){ .policy = policy, .done = done, .userdata = userdata };
        int r = write_private_main(policy, ret_reason);
        if (r < 0)
                return r;
        r = start_child(c, event, n_vhosts, ret_reason);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}
