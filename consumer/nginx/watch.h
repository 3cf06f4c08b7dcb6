/* A directory that is watched: told a moment after the last of a run of changes, since a certificate and its key are
 * two files. */
#pragma once

#include "common/memory.h"

#include <systemd/sd-event.h>

typedef struct Watch Watch;

typedef void WatchChangedFunc(void *userdata);
/* `directory` is borrowed; NULL: nothing is watched. */
Watch *watch_new(sd_event *event, const char *directory, WatchChangedFunc *changed, void *userdata);
/* Looks whether a directory that was not there, or was replaced, is there now. */
void watch_refresh(Watch *w);
Watch *watch_free(Watch *w);
DEFINE_CLEANUP(Watch *, watch_free);
