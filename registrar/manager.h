/* The registrar at work: sources → announcements → publisher. Wiring only. */
#pragma once

#include "common/memory.h"
#include "common/service.h"
#include "registrar/options.h"

#include <systemd/sd-event.h>

typedef struct Manager Manager;

/* Takes over `settings` where it returns 0; otherwise negative with a message (owned by the caller). `service` gets
 * the status line; NULL: there is none, as for one pass. Nothing happens before manager_start(). */
int manager_new(Manager **ret, sd_event *event, Service *service, Settings *settings, char **ret_message);
/* Begins the work; the loop ends with the exit status. `before` is the manager that this one replaces, or NULL: what
 * its sources know is taken from it; it can only be freed then. */
void manager_start(Manager *m, Manager *before);
/* Ends the loop: at once, or with --deregister-on-stop when everything is deleted. */
void manager_stop(Manager *m);
Manager *manager_free(Manager *m);
DEFINE_CLEANUP(Manager *, manager_free);
