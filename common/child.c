/* A child process on the event loop. Its end is what counts: a grandchild that keeps the pipe open holds up nobody. */
#include "common/child.h"

#include "common/file.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

enum { TIMER_ACCURACY_USEC = 1000, SIGNAL_STATUS = 128 };

struct Child {
        pid_t pid; /* 0: it has ended */
        int status;
        bool timed_out;
        int output_fd;
        Text output;
        sd_event_source *exited, *readable, *timer, *finish;
        ChildDoneFunc *done;
        void *userdata;
};

/* Takes what is there. Returns 1 when there may be more, 0 at the end of the pipe or when it is empty for now. */
static int read_output(Child *c) {
        char bytes[4096];
        ssize_t n = read(c->output_fd, bytes, sizeof bytes);

        if (n < 0)
                return errno == EINTR;
        size_t room = CHILD_OUTPUT_MAX - c->output.size, kept = (size_t)n < room ? (size_t)n : room;
        for (size_t i = 0; i < kept; i++)
                if (bytes[i] == '\0')
                        bytes[i] = ' ';
        text_append_bytes(&c->output, bytes, kept);
        return n > 0;
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Child *c = userdata;

        (void)fd;
        if (read_output(c) == 0 && (events & EPOLLHUP))
                (void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
        return 0;
}

/* The status counts as a time-out only where our kill was what ended it. */
static int on_exited(sd_event_source *source, const siginfo_t *info, void *userdata) {
        Child *c = userdata;

        (void)source;
        if (info->si_code == CLD_EXITED)
                c->status = info->si_status;
        else
                c->status = c->timed_out ? -ETIME : SIGNAL_STATUS + info->si_status;
        c->pid = 0;
        (void)sd_event_source_set_enabled(c->finish, SD_EVENT_ONESHOT);
        return 0;
}

/* Runs once the loop has reaped the child. Stops reading where enough is kept: a grandchild may write for ever. */
static int on_finish(sd_event_source *source, void *userdata) {
        _cleanup_(child_freep) Child *c = userdata;

        (void)source;
        while (c->output.size < CHILD_OUTPUT_MAX && read_output(c) > 0)
                ;
        c->done(c->userdata, c->status, c->output.data ? c->output.data : "");
        return 0;
}

static int on_time_limit(sd_event_source *source, uint64_t usec, void *userdata) {
        Child *c = userdata;

        (void)source;
        (void)usec;
        c->timed_out = c->pid > 0;
        if (c->pid > 0)
                (void)kill(-c->pid, SIGKILL);
        return 0;
}

/* In a group of its own, with no signal blocked or ignored. */
static int prepare_attributes(posix_spawnattr_t *attributes) {
        sigset_t none, all;
        short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP;

        (void)sigemptyset(&none);
        (void)sigfillset(&all);
        int r = posix_spawnattr_setflags(attributes, flags);
        r = r ? r : posix_spawnattr_setsigmask(attributes, &none);
        r = r ? r : posix_spawnattr_setsigdefault(attributes, &all);
        return r ? r : posix_spawnattr_setpgroup(attributes, 0);
}

static int prepare_files(posix_spawn_file_actions_t *files, int input, int output) {
        int r = input < 0 ? posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
                          : posix_spawn_file_actions_adddup2(files, input, STDIN_FILENO);

        r = r ? r : posix_spawn_file_actions_adddup2(files, output, STDOUT_FILENO);
        return r ? r : posix_spawn_file_actions_adddup2(files, output, STDERR_FILENO);
}

/* Starts it with `input` as standard input (negative: nothing) and `output` as standard output and error. Returns 0 or
 * -errno. */
static int spawn(pid_t *ret, const ChildCall *call, int input, int output) {
        _cleanup_(posix_spawnattr_destroy) posix_spawnattr_t attributes;
        _cleanup_(posix_spawn_file_actions_destroy) posix_spawn_file_actions_t files;

        (void)posix_spawnattr_init(&attributes);
        (void)posix_spawn_file_actions_init(&files);
        int r = prepare_attributes(&attributes);
        r = r ? r : prepare_files(&files, input, output);
        return -(r ? r
                   : posix_spawnp(ret, call->argv[0], &files, &attributes, call->argv,
                                  call->environment ? call->environment : environ));
}

/* Our end does not block; the child's does, as programs expect. */
static int start_with_pipe(Child *c, const ChildCall *call, int input) {
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        _cleanup_close_ int theirs = ends[1];
        c->output_fd = ends[0];
        if (fcntl(c->output_fd, F_SETFL, O_NONBLOCK) < 0)
                return -errno;
        return spawn(&c->pid, call, input, theirs);
}

static int watch(Child *c, sd_event *event, uint64_t time_limit_usec) {
        int r = sd_event_add_child(event, &c->exited, c->pid, WEXITED, on_exited, c);

        if (r >= 0)
                r = sd_event_add_io(event, &c->readable, c->output_fd, EPOLLIN, on_readable, c);
        if (r >= 0)
                r = sd_event_add_time_relative(event, &c->timer, CLOCK_MONOTONIC, time_limit_usec, TIMER_ACCURACY_USEC,
                                               on_time_limit, c);
        if (r >= 0)
                r = sd_event_add_defer(event, &c->finish, on_finish, c);
        if (r >= 0)
                r = sd_event_source_set_enabled(c->finish, SD_EVENT_OFF);
        return r < 0 ? r : 0;
}

int child_start(Child **ret, sd_event *event, const ChildCall *call, ChildDoneFunc *done, void *userdata) {
        _cleanup_close_ int input = call->input ? file_in_memory(call->input, strlen(call->input)) : -1;
        _cleanup_(child_freep) Child *c = new0(Child);

        *c = (Child){ .output_fd = -1, .done = done, .userdata = userdata };
        if (call->input && input < 0)
                return input;
        int r = start_with_pipe(c, call, input);
        if (r < 0) {
                c->pid = 0;
                return r;
        }
        r = watch(c, event, call->time_limit_usec);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

const char *child_advice(int error) {
        switch (-error) {
        case EAGAIN:
                return "give this service a higher TasksMax";
        case ENOENT:
                return "install it, or give its path";
        case EACCES:
        case ENOEXEC:
                return "make it a program";
        default:
                return file_advice(error);
        }
}

Child *child_free(Child *c) {
        if (!c)
                return NULL;
        (void)sd_event_source_disable_unref(c->exited);
        (void)sd_event_source_disable_unref(c->readable);
        (void)sd_event_source_disable_unref(c->timer);
        (void)sd_event_source_disable_unref(c->finish);
        if (c->pid > 0) {
                (void)kill(-c->pid, SIGKILL);
                while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
                        ;
        }
        closep(&c->output_fd);
        text_done(&c->output);
        free(c);
        return NULL;
}
