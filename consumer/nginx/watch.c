/* A directory that is watched. What inotify misses is found by the caller's own looking: this is only speed. */
#include "consumer/nginx/watch.h"

#include "common/timer.h"

#include <sys/inotify.h>

enum {
        QUIET_USEC = 200 * 1000,         /* without a further change */
        PATIENCE_USEC = 2 * 1000 * 1000, /* but not longer than that after the first one */
        EVENTS = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF |
                 IN_MOVE_SELF | IN_ONLYDIR,
        ENDS = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT,
};

struct Watch {
        sd_event *event;
        const char *directory;
        WatchChangedFunc *changed;
        void *userdata;
        sd_event_source *source; /* NULL: the directory was not there */
        sd_event_source *timer;
        uint64_t first_usec; /* of the changes that were not told yet; 0: there are none */
};

static int on_quiet(sd_event_source *timer, uint64_t usec, void *userdata) {
        Watch *w = userdata;

        (void)timer;
        (void)usec;
        w->first_usec = 0;
        w->changed(w->userdata);
        return 0;
}

static int on_change(sd_event_source *source, const struct inotify_event *event, void *userdata) {
        Watch *w = userdata;
        uint64_t now = now_usec();

        (void)source;
        if (event->mask & ENDS)
                w->source = sd_event_source_disable_unref(w->source);
        if (w->first_usec == 0)
                w->first_usec = now;
        if (now - w->first_usec < PATIENCE_USEC)
                timer_arm(&w->timer, w->event, QUIET_USEC, on_quiet, w);
        return 0;
}

void watch_refresh(Watch *w) {
        if (w->directory && !w->source &&
            sd_event_add_inotify(w->event, &w->source, w->directory, EVENTS, on_change, w) < 0)
                w->source = NULL;
}

Watch *watch_new(sd_event *event, const char *directory, WatchChangedFunc *changed, void *userdata) {
        Watch *w = new0(Watch);

        *w = (Watch){ .event = event, .directory = directory, .changed = changed, .userdata = userdata };
        watch_refresh(w);
        return w;
}

Watch *watch_free(Watch *w) {
        if (!w)
                return NULL;
        (void)sd_event_source_disable_unref(w->source);
        (void)sd_event_source_disable_unref(w->timer);
        free(w);
        return NULL;
}
