/* What makes a process a service. Every message to the service manager is sent from here. */
#include "common/service.h"

#include "common/log-limit.h"
#include "common/log.h"
#include "common/text.h"
#include "common/timer.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define LOG_WINDOW_USEC (LOG_WINDOW_SECONDS * UINT64_C(1000000))

struct Service {
        sd_event_source *terminate, *interrupt, *hang_up, *ready, *log_window;
        ServiceReloadFunc *reload;
        ServiceStopFunc *stop;
        void *userdata;
        char *status;
        bool running, stopping;
};

void service_block_signals(void) {
        static const int taken[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
        sigset_t set;

        (void)sigemptyset(&set);
        for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
                (void)sigaddset(&set, taken[i]);
        (void)sigprocmask(SIG_BLOCK, &set, NULL);
        (void)signal(SIGPIPE, SIG_IGN);
}

/* Whoever signals a second time does not want to wait for the last work. */
static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        Service *s = userdata;

        (void)info;
        if (s->stopping) {
                (void)sd_event_exit(sd_event_source_get_event(source), EXIT_FAILURE);
                return 0;
        }
        s->stopping = true;
        (void)sd_notify(false, "STOPPING=1");
        s->stop(s->userdata);
        return 0;
}

static void read_again(Service *s) {
        _cleanup_free_ char *message = NULL;

        if (s->reload(s->userdata, &message) < 0)
                log_error("the new configuration is refused, the old one goes on: %s", message);
        else
                log_info("configuration read again");
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        Service *s = userdata;
        struct timespec now;

        (void)source;
        (void)info;
        if (s->stopping) /* the last work is under way, and would begin anew */
                return 0;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        (void)sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%ju",
                         (uintmax_t)now.tv_sec * 1000000 + (uintmax_t)now.tv_nsec / 1000);
        if (s->reload)
                read_again(s);
        (void)sd_notify(false, "READY=1");
        return 0;
}

static void send_status(const Service *s) {
        (void)sd_notifyf(false, "STATUS=%s", s->status);
}

static int on_running(sd_event_source *source, void *userdata) {
        Service *s = userdata;

        (void)source;
        s->running = true;
        (void)sd_notify(false, "READY=1");
        if (s->status)
                send_status(s);
        return 0;
}

static int on_log_window(sd_event_source *source, uint64_t usec, void *userdata) {
        Service *s = userdata;

        (void)usec;
        log_tell_left_out(false);
        timer_arm(&s->log_window, sd_event_source_get_event(source), LOG_WINDOW_USEC, on_log_window, s);
        return 0;
}

int service_new(Service **ret, sd_event *event, ServiceReloadFunc *reload, ServiceStopFunc *stop, void *userdata) {
        _cleanup_(service_freep) Service *s = new0(Service);
        int r;

        *s = (Service){ .reload = reload, .stop = stop, .userdata = userdata };
        r = sd_event_add_signal(event, &s->terminate, SIGTERM, on_stop, s);
        if (r >= 0)
                r = sd_event_add_signal(event, &s->interrupt, SIGINT, on_stop, s);
        if (r >= 0)
                r = sd_event_add_signal(event, &s->hang_up, SIGHUP, on_reload, s);
        if (r >= 0)
                r = sd_event_add_defer(event, &s->ready, on_running, s);
        if (r >= 0)
                r = sd_event_source_set_enabled(s->ready, SD_EVENT_OFF);
        if (r >= 0) /* ahead of the signals, so that no message comes before it */
                r = sd_event_source_set_priority(s->ready, SD_EVENT_PRIORITY_IMPORTANT);
        if (r >= 0)
                r = sd_event_set_watchdog(event, true);
        if (r < 0)
                return r;
        timer_arm(&s->log_window, event, LOG_WINDOW_USEC, on_log_window, s);
        *ret = TAKE_PTR(s);
        return 0;
}

void service_ready(Service *s) {
        (void)sd_event_source_set_enabled(s->ready, SD_EVENT_ONESHOT);
}

void service_status(Service *s, const char *format, ...) {
        _cleanup_free_ char *status = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&status, format, arguments) < 0)
                abort();
        va_end(arguments);
        for (char *c = status; *c; c++) /* what stands behind a line break would be a message of its own */
                if ((unsigned char)*c < 0x20 || *c == 0x7f)
                        *c = ' ';
        if (streq_or_null(s->status, status))
                return;
        REPLACE_PTR(s->status, TAKE_PTR(status));
        if (s->running)
                send_status(s);
}

Service *service_free(Service *s) {
        if (!s)
                return NULL;
        (void)sd_event_source_disable_unref(s->terminate);
        (void)sd_event_source_disable_unref(s->interrupt);
        (void)sd_event_source_disable_unref(s->hang_up);
        (void)sd_event_source_disable_unref(s->ready);
        (void)sd_event_source_disable_unref(s->log_window);
        log_tell_left_out(true);
        free(s->status);
        free(s);
        return NULL;
}
