/* One-shot timers, and what is to run once. */
#include "common/timer.h"

#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum { ACCURACY_USEC = 1000 };

/* -ESTALE: the loop ends, and calls nothing any more. */
static void must(int r) {
        if (r < 0 && r != -ESTALE) {
                log_error("cannot set a timer (error %d)", -r);
                abort();
        }
}

void timer_arm(sd_event_source **timer, sd_event *event, uint64_t delay_usec, sd_event_time_handler_t handler,
               void *userdata) {
        if (!*timer) {
                must(sd_event_add_time_relative(event, timer, CLOCK_MONOTONIC, delay_usec, ACCURACY_USEC, handler,
                                                userdata));
                return;
        }
        must(sd_event_source_set_time_relative(*timer, delay_usec));
        must(sd_event_source_set_enabled(*timer, SD_EVENT_ONESHOT));
}

void run_soon(sd_event_source **source, sd_event *event, sd_event_handler_t handler, void *userdata) {
        if (!*source)
                must(sd_event_add_defer(event, source, handler, userdata));
        else
                must(sd_event_source_set_enabled(*source, SD_EVENT_ONESHOT));
}

void timer_stop(sd_event_source *timer) {
        if (timer)
                must(sd_event_source_set_enabled(timer, SD_EVENT_OFF));
}

uint64_t now_usec(void) {
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
