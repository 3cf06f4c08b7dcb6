/* The services that are known: what was read of each file last, and how its check stands. Logs what is wrong with a
 * file, once. */
#pragma once

#include "common/memory.h"
#include "registrar/announcements.h"
#include "registrar/source-item.h"

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

enum { SERVICES_MAX = 1000 };

typedef struct Services Services;

/* What should be published may differ now. Not called from within services_look_began() and services_took(). */
typedef void ServicesChangedFunc(void *userdata);

/* Copies `policy`, and borrows what it points to. Returns 0 or -errno. */
int services_new(Services **ret, sd_event *event, const AnnouncementPolicy *policy, ServicesChangedFunc *changed,
                 void *userdata);
Services *services_free(Services *s);
DEFINE_CLEANUP(Services *, services_free);

/* Goes on with what `before` knows, and leaves it empty. All files are to be looked at next. No handler is called. */
void services_take_over(Services *s, Services *before);

/* A look at all files: between began and ended, one call for each file that is there, with its bytes, or with why they
 * could not be read in `error`. `file` is its name in the directory `path`, with its ending. */
void services_look_began(Services *s);
void services_took(Services *s, const char *path, const char *file, const char *bytes, size_t size, const char *error);
/* A file that was there and is not any more is gone at the second look without it: whoever writes it may put a new one
 * into its place. Returns whether there are such, for which it is worth to look again soon. */
bool services_look_ended(Services *s);

size_t services_count(const Services *s);
size_t services_count_unhealthy(const Services *s);
/* Whether the first check of each one has ended. */
bool services_are_decided(const Services *s);
/* In the order of the names. */
void services_each(const Services *s, SourceEachFunc *each, void *userdata);
