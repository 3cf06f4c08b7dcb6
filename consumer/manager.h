/* The consumer at work: subscriber → table → sites → outputs. Wiring only. */
#pragma once

#include "common/memory.h"
#include "common/service.h"
#include "consumer/options.h"
#include "consumer/state.h"
#include "consumer/status/server.h"

#include <systemd/sd-event.h>

typedef struct Manager Manager;

/* Takes over `settings` where it returns 0; otherwise negative with a message (owned by the caller). Borrows `state`;
 * NULL: nothing is saved, as for a dry run. `service` gets the status line; NULL: there is none, as for one pass. The
 * loop ends with the exit status. */
int manager_new(Manager **ret, sd_event *event, Service *service, State *state, Settings *settings,
                char **ret_message);
/* Shows itself there from now on; borrows the server, which must outlive the manager. */
void manager_serve(Manager *m, StatusServer *status);
/* Saves what is not saved yet. */
void manager_save(Manager *m);
/* Saves all that is known to `state`, for the manager that takes over. Returns 0, or -errno with a message (owned by
 * the caller). */
int manager_hand_over(Manager *m, const State *state, char **ret_message);
Manager *manager_free(Manager *m);
DEFINE_CLEANUP(Manager *, manager_free);
