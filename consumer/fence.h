/* A message of our own to ourselves: once it is heard, every hint that was sent before it has been heard too. */
#pragma once

#include "common/redis-link.h"

#include <stdbool.h>
#include <systemd/sd-event.h>

enum { FENCE_SECONDS = 5 }; /* one that is not heard until then: messages do not come through */

typedef struct Fence Fence;

/* It cannot be sent, or is not heard. */
typedef void FenceFailedFunc(void *userdata, const char *reason);

/* Borrows the link and the channel that it is sent to. Returns 0 or -errno. */
int fence_new(Fence **ret, sd_event *event, RedisLink *link, const char *channel, FenceFailedFunc *failed,
              void *userdata);
Fence *fence_free(Fence *f);

/* Sends a new one. `failed` is called once at most, from the loop, and not once it is heard or lowered. */
void fence_raise(Fence *f);
/* Something came on the channel: whether it is the one that is raised, which then is so no longer. */
bool fence_is_heard(Fence *f, const char *token);
/* It is not waited for any more; takes NULL. */
void fence_lower(Fence *f);
