/* hiredis' asynchronous contexts on sd-event. */
#pragma once

#include <hiredis/async.h>
#include <systemd/sd-event.h>

/* Lets the loop drive `context` until hiredis frees it. Returns 0 or -errno; the context is then as before. */
int redis_event_attach(redisAsyncContext *context, sd_event *event);
