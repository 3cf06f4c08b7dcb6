/* The operator's command after a certificate is new (--certs-after). */
#pragma once

#include "common/memory.h"
#include "common/text.h"

#include <stdbool.h>
#include <systemd/sd-event.h>

typedef struct After After;

/* `command` is borrowed; NULL: there is none. `ended` is called from the loop when nothing is run any more. */
After *after_new(sd_event *event, const char *command, void (*ended)(void *userdata), void *userdata);
/* Ends what is run; says so where that means that somebody does not hear of his certificate. */
After *after_free(After *a);
DEFINE_CLEANUP(After *, after_free);

/* Runs it, with BEACHHEAD_NAMES, BEACHHEAD_CERTIFICATE and BEACHHEAD_KEY in its environment; one at a time, in order.
 * What it says is logged where it fails. Where the host has no room for a process, it is tried again until it has. */
void after_run(After *a, const StringList *names, const char *certificate_path, const char *key_path);
bool after_is_busy(const After *a);
