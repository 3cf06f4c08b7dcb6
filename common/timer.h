/* One-shot timers, and what is to run once. sd-event's have to be set and switched on each time, and are lax by a
 * quarter of a second unless told otherwise; these are neither. */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

/* Calls `handler` once, `delay_usec` from now, instead of whenever it was due before; makes *timer at the first call
 * (the caller unrefs it with sd_event_source_disable_unref()). Cannot fail but for lack of memory: it aborts then.
 * Of a loop that ends nothing is called any more. */
void timer_arm(sd_event_source **timer, sd_event *event, uint64_t delay_usec, sd_event_time_handler_t handler,
               void *userdata);
/* Calls `handler` once, from the loop, as soon as it is this one's turn. The rest is as above. */
void run_soon(sd_event_source **source, sd_event *event, sd_event_handler_t handler, void *userdata);
/* Either of them; takes NULL. */
void timer_stop(sd_event_source *timer);

/* The monotonic clock, in microseconds. */
uint64_t now_usec(void);
