/* What lies on disk for nginx, watched: the operator's files beside sites, and nginx's main configuration. */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/policy.h"

#include <systemd/sd-event.h>

typedef struct DiskWatch DiskWatch;

typedef struct DiskWatchHandlers {
        void (*files)(void *userdata); /* something in the directories of certificates, includes, passwords */
        void (*main)(void *userdata);  /* the main configuration is another one */
        void *userdata;
} DiskWatchHandlers;

/* Borrows the policy. */
DiskWatch *disk_watch_new(sd_event *event, const NginxPolicy *policy, DiskWatchHandlers handlers);
/* Looks whether directories that were not there, or were replaced, are there now. */
void disk_watch_refresh(DiskWatch *w);
/* Whether a directory was there until a few seconds ago. */
bool disk_watch_is_in_transit(const DiskWatch *w);
DiskWatch *disk_watch_free(DiskWatch *w);
DEFINE_CLEANUP(DiskWatch *, disk_watch_free);
