/* When nginx may be told of the next change. */
#include "consumer/nginx/gathering.h"

#include "common/log.h"
#include "consumer/nginx/master.h"
#include "consumer/nginx/reload-pace.h"

static uint64_t interval_now(const Gathering *g) {
        return g->policy->reload_interval_usec * (g->in_a_run ? GATHERING_RUN_FACTOR : 1);
}

void gathering_note_reload(Gathering *g, uint64_t began_usec) {
        uint64_t quiet_usec = interval_now(g) + g->policy->reload_interval_usec;

        g->in_a_run = g->reloaded_usec > 0 && began_usec < g->reloaded_usec + quiet_usec;
        g->reloaded_usec = began_usec;
}

static void say_pace(Gathering *g, uint64_t window, size_t ending) {
        bool longer = window > interval_now(g);

        if (longer && g->paced_usec == 0)
                log_warning("%zu of nginx's workers are still shutting down, held by long connections: changes are "
                            "gathered for %.1f s; worker_shutdown_timeout in nginx's configuration ends them",
                            ending, (double)window / 1e6);
        else if (longer && g->paced_usec != window)
                log_info("%zu of nginx's workers are still shutting down: changes are gathered for %.1f s", ending,
                         (double)window / 1e6);
        else if (!longer && g->paced_usec > 0)
                log_info("few of nginx's workers are shutting down any more: changes are gathered for %.1f s",
                         (double)window / 1e6);
        g->paced_usec = longer ? window : 0;
}

uint64_t gathering_left(Gathering *g, uint64_t now_usec) {
        if (g->reloaded_usec == 0 || now_usec >= g->reloaded_usec + RELOAD_PACE_LIMIT_USEC)
                return 0;
        NginxWorkers workers = nginx_workers(g->policy);
        uint64_t window = reload_pace(interval_now(g), workers), end = g->reloaded_usec + window;
        say_pace(g, window, workers.ending);
        if (now_usec >= end)
                return 0;
        return end - now_usec < GATHERING_LOOK_USEC ? end - now_usec : GATHERING_LOOK_USEC;
}
