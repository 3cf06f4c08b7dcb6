/* What makes a process a service: the signals, sd_notify, the watchdog. */
#pragma once

#include "common/memory.h"

#include <systemd/sd-event.h>

typedef struct Service Service;

/* What the service does on SIGHUP; returns 0, or negative with a message (handed over, for the log) where the new
 * configuration was refused and the old one goes on. Not called any more once it was told to stop. */
typedef int ServiceReloadFunc(void *userdata, char **ret_message);
/* What it does on SIGTERM and SIGINT; it ends the event loop, now or when the last work is done. Called once: a second
 * signal ends the loop at once, with EXIT_FAILURE. */
typedef void ServiceStopFunc(void *userdata);

/* Blocks the signals that the loop takes (SIGTERM, SIGINT, SIGHUP, SIGCHLD) and ignores SIGPIPE. Call before the first
 * thread. */
void service_block_signals(void);

/* Takes the signals and, where systemd asks for it, feeds the watchdog. `reload` NULL: SIGHUP changes nothing.
 * Returns 0 or -errno. */
int service_new(Service **ret, sd_event *event, ServiceReloadFunc *reload, ServiceStopFunc *stop, void *userdata);
/* Says READY=1 as soon as the loop runs, and then whatever status was given last. */
void service_ready(Service *s);
/* One sentence for `systemctl status`; sent when it differs from the last one, and not before READY=1. */
void service_status(Service *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
Service *service_free(Service *s);
DEFINE_CLEANUP(Service *, service_free);
