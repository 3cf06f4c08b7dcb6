/* The operator's command after a certificate is new (--certs-after). */
#pragma once

#include "common/text.h"

#include <systemd/sd-event.h>

typedef struct After After;

/* `command` is borrowed; NULL: there is none. */
After *after_new(sd_event *event, const char *command);
After *after_free(After *a);

/* Runs it, with BEACHHEAD_NAMES, BEACHHEAD_CERTIFICATE and BEACHHEAD_KEY in its environment; one at a time, in order.
 * What it says is logged where it fails. */
void after_run(After *a, const StringList *names, const char *certificate_path, const char *key_path);
