/* hiredis' asynchronous contexts on sd-event. */
#pragma once

#include <hiredis/async.h>
#include <systemd/sd-event.h>

/* Something was read from the server, which may be a part of a reply. */
typedef void RedisReadFunc(redisAsyncContext *context);

/* Lets the loop drive `context` until hiredis frees it. Returns 0 or -errno; the context is then as before. */
int redis_event_attach(redisAsyncContext *context, sd_event *event, RedisReadFunc *read);
