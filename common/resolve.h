/* Names into addresses without holding up the loop: getaddrinfo in a thread. */
#pragma once

#include "common/text.h"

#include <stdint.h>
#include <systemd/sd-event.h>

typedef struct Resolution Resolution;

/* `addresses` are numeric, the one that the resolver prefers first, borrowed; none where the name was not found,
 * `error` then says why. The resolution is freed after the call. */
typedef void ResolveFunc(void *userdata, const StringList *addresses, const char *error);

/* Asks for `host`; an address stands for itself. Returns 0 or -errno. */
int resolve_start(Resolution **ret, sd_event *event, const char *host, ResolveFunc *done, void *userdata);
/* Forgets the question: `done` is not called any more. */
Resolution *resolve_free(Resolution *q);
DEFINE_CLEANUP(Resolution *, resolve_free);
