/* A directory that is watched. What inotify misses is found by the caller's own looking: this is only speed. */
#include "common/watch.h"

#include "common/file.h"
#include "common/timer.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uthash.h>

enum {
        QUIET_USEC = 200 * 1000,         /* without a further change */
        PATIENCE_USEC = 2 * 1000 * 1000, /* but not longer than that after the first one */
        EVENTS = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF |
                 IN_MOVE_SELF | IN_ONLYDIR,
        ENDS = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT,
};

/* One directory. */
typedef struct Place {
        Watch *watch;
        char *path;
        sd_event_source *source; /* NULL: it is not there */
        bool wanted;
        UT_hash_handle hh;
} Place;

struct Watch {
        sd_event *event;
        const char *directory;
        WatchReach reach;
        WatchChangedFunc *changed;
        void *userdata;
        Place *places;
        bool stale; /* there may be other places by now */
        bool was_there;
        uint64_t gone_usec; /* since when it is not any more; 0: it is there, or never was */
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
        Place *p = userdata;
        Watch *w = p->watch;
        uint64_t now = now_usec();

        (void)source;
        if (event->mask & ENDS)
                p->source = sd_event_source_disable_unref(p->source);
        w->stale = true;
        if (w->first_usec == 0)
                w->first_usec = now;
        if (now - w->first_usec < PATIENCE_USEC)
                timer_arm(&w->timer, w->event, QUIET_USEC, on_quiet, w);
        return 0;
}

/* ---- places ---- */

static void place_forget(Watch *w, Place *p) {
        HASH_DEL(w->places, p);
        (void)sd_event_source_disable_unref(p->source);
        free(p->path);
        free(p);
}

/* NULL where there are too many. */
static Place *want(Watch *w, const char *path) {
        Place *p;

        HASH_FIND_STR(w->places, path, p);
        if (!p && HASH_COUNT(w->places) < WATCH_PLACES_MAX) {
                p = new0(Place);
                p->watch = w;
                p->path = xstrdup(path);
                HASH_ADD_KEYPTR(hh, w->places, p->path, strlen(p->path), p);
        }
        if (p)
                p->wanted = true;
        return p;
}

/* What the link at `path` says, against its own directory; NULL where it is none. The caller owns it. */
static char *link_target(const char *path) {
        _cleanup_free_ char *directory = file_directory(path);
        char target[PATH_MAX];
        ssize_t size = readlink(path, target, sizeof target - 1);

        if (size <= 0)
                return NULL;
        target[size] = '\0';
        return *target == '/' ? xstrdup(target) : xasprintf("%s/%s", directory, target);
}

/* The directories on the way from a link to the file. */
static void want_targets(Watch *w, const char *path) {
        _cleanup_free_ char *at = link_target(path);

        for (size_t i = 0; at && i < WATCH_LINKS_MAX; i++) {
                _cleanup_free_ char *directory = file_directory(at);
                (void)want(w, directory);
                REPLACE_PTR(at, link_target(at));
        }
}

static void want_entry(Watch *w, const struct dirent *entry) {
        _cleanup_free_ char *path = xasprintf("%s/%s", w->directory, entry->d_name);
        struct stat st;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || entry->d_type == DT_REG ||
            lstat(path, &st) < 0)
                return;
        if (S_ISDIR(st.st_mode))
                (void)want(w, path);
        else if (S_ISLNK(st.st_mode))
                want_targets(w, path);
}

static void find_places(Watch *w) {
        DIR *directory = w->reach == WATCH_ALL_IN_IT ? opendir(w->directory) : NULL;

        (void)want(w, w->directory);
        if (!directory)
                return;
        for (const struct dirent *entry; (entry = readdir(directory));)
                want_entry(w, entry);
        (void)closedir(directory);
}

/* Returns whether it is watched from now on, and was not before. */
static bool place_watch(Place *p) {
        Watch *w = p->watch;

        if (p->source)
                return false;
        if (sd_event_add_inotify(w->event, &p->source, p->path, EVENTS, on_change, p) < 0)
                p->source = NULL;
        return p->source;
}

static void look_for_directory(Watch *w) {
        if (access(w->directory, F_OK) == 0) {
                w->was_there = true;
                w->gone_usec = 0;
        } else if (w->was_there && w->gone_usec == 0) {
                w->gone_usec = now_usec();
        }
}

bool watch_is_in_transit(const Watch *w) {
        return w->gone_usec > 0 && now_usec() - w->gone_usec < WATCH_PATIENCE_SEC * UINT64_C(1000000);
}

/* First the directory, then what is in it: nothing that comes meanwhile is missed. */
void watch_refresh(Watch *w) {
        Place *p, *next;

        if (!w->directory)
                return;
        if (place_watch(want(w, w->directory)))
                w->stale = true;
        look_for_directory(w);
        if (!w->stale)
                return;
        w->stale = false;
        for (p = w->places; p; p = p->hh.next)
                p->wanted = false;
        find_places(w);
        HASH_ITER (hh, w->places, p, next) {
                if (!p->wanted)
                        place_forget(w, p);
                else
                        (void)place_watch(p);
        }
}

Watch *watch_new(sd_event *event, const char *directory, WatchReach reach, WatchChangedFunc *changed, void *userdata) {
        Watch *w = new0(Watch);

        *w = (Watch){
                .event = event,
                .directory = directory,
                .reach = reach,
                .changed = changed,
                .userdata = userdata,
        };
        watch_refresh(w);
        return w;
}

Watch *watch_free(Watch *w) {
        Place *p, *next;

        if (!w)
                return NULL;
        HASH_ITER (hh, w->places, p, next)
                place_forget(w, p);
        (void)sd_event_source_disable_unref(w->timer);
        free(w);
        return NULL;
}
