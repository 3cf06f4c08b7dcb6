/* A directory that is watched: told a moment after the last of a run of changes, since a certificate and its key are
 * two files. */
#pragma once

#include "common/memory.h"

#include <stdbool.h>
#include <systemd/sd-event.h>

enum {
        WATCH_PLACES_MAX = 4096, /* directories of one watch; what happens in others is found by looking */
        WATCH_LINKS_MAX = 8,     /* from a file to what it stands for */
        WATCH_PATIENCE_SEC = 5,  /* with a directory that is being replaced */
};

typedef struct Watch Watch;

typedef enum WatchReach {
        WATCH_ITSELF,    /* the directory and no other */
        WATCH_ALL_IN_IT, /* its subdirectories too, and the directories that links in it lead to: a renewed certificate
                          * may leave its link as it is */
} WatchReach;

typedef void WatchChangedFunc(void *userdata);
/* `directory` is borrowed; NULL: nothing is watched. */
Watch *watch_new(sd_event *event, const char *directory, WatchReach reach, WatchChangedFunc *changed, void *userdata);
/* Looks whether a directory that was not there, or was replaced, is there now. */
void watch_refresh(Watch *w);
/* Whether it was there until a few seconds before the last look: it may be back in a moment. */
bool watch_is_in_transit(const Watch *w);
Watch *watch_free(Watch *w);
DEFINE_CLEANUP(Watch *, watch_free);
