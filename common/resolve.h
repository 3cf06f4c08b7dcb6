/* Names into addresses without holding up the loop: getaddrinfo in a thread. */
#pragma once

#include "common/memory.h"

#include <stdint.h>
#include <systemd/sd-event.h>

typedef struct Resolution Resolution;

/* `address` is a numeric address, borrowed; NULL where the name was not found, `error` then says why. The resolution
 * is freed after the call. */
typedef void ResolveFunc(void *userdata, const char *address, const char *error);

/* Asks for `host`; an address stands for itself. Returns 0 or -errno. */
int resolve_start(Resolution **ret, sd_event *event, const char *host, ResolveFunc *done, void *userdata);
/* Forgets the question: `done` is not called any more. */
Resolution *resolve_free(Resolution *q);
DEFINE_CLEANUP(Resolution *, resolve_free);
