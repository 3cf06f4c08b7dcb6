/* A source: where what is published comes from. Each shows its items as containers (container.h), whatever they are;
 * sources do not know each other. */
#pragma once

#include "registrar/figures.h"
#include "registrar/options.h"
#include "registrar/source-item.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

enum { SOURCES_MAX = 4 };

typedef struct Source Source;

/* None is called from within `new`. */
typedef struct SourceHandlers {
        /* What should be published may differ now. `event_usec`: when the event came that this follows from
         * (monotonic); 0: it follows from none. */
        void (*changed)(void *userdata, uint64_t event_usec);
        /* How the source stands differs now: what it says for the status line and the figures, or whether it is
         * suspended. */
        void (*state)(void *userdata);
        /* One pass cannot be made. */
        void (*failed)(void *userdata, const char *what, const char *why);
        void *userdata;
} SourceHandlers;

typedef struct SourceClass {
        const char *noun; /* what messages call an item */
        /* Borrows `settings`. *ret is NULL where they ask for no such source. Returns 0, or negative with a message
         * (owned by the caller). */
        int (*new)(Source **ret, sd_event *event, const Settings *settings, SourceHandlers handlers,
                   char **ret_message);
        /* Begins to look and, where there is more than one pass, to listen. `before` is the source of the same class
         * that this one replaces, or NULL: what it knows is taken from it. */
        void (*start)(Source *s, Source *before);
        /* A refresh: time to look again. */
        void (*refresh)(Source *s);
        /* Whether everything was looked at: what is not shown is not there. Stays true from then on. */
        bool (*is_complete)(const Source *s);
        /* Whether it could not look for so long that nothing of it is vouched for any more: it is not refreshed, so
         * that consumers hold it. */
        bool (*is_suspended)(const Source *s);
        size_t (*count)(const Source *s);
        /* In the order of the names. */
        void (*each)(const Source *s, SourceEachFunc *each, void *userdata);
        /* A phrase for the status line, owned by the caller; NULL: there is nothing to say. */
        char *(*describe)(const Source *s);
        /* Fills in those figures that are its own. */
        void (*measure)(const Source *s, RegistrarFigures *f);
        Source *(*free)(Source *s);
} SourceClass;

/* Defines <source>_class of the functions <source>_new(), <source>_start() and so on. */
#define DEFINE_SOURCE_CLASS(source, of_noun)                                                                          \
        const SourceClass source##_class = { .noun = of_noun,                                                         \
                                             .new = source##_new,                                                     \
                                             .start = source##_start,                                                 \
                                             .refresh = source##_refresh,                                             \
                                             .is_complete = source##_is_complete,                                     \
                                             .is_suspended = source##_is_suspended,                                   \
                                             .count = source##_count,                                                 \
                                             .each = source##_each,                                                   \
                                             .describe = source##_describe,                                           \
                                             .measure = source##_measure,                                             \
                                             .free = source##_free }

/* The first member of every source. */
struct Source {
        const SourceClass *class;
        SourceHandlers handlers;
};

/* All there are. Where two items have one name, that of the earlier source goes first. {0} are none. */
typedef struct Sources {
        Source *items[SOURCES_MAX];
        size_t count;
} Sources;

int sources_new(Sources *ret, sd_event *event, const Settings *settings, SourceHandlers handlers, char **ret_message);
/* `before` may be NULL. */
void sources_start(Sources *s, const Sources *before);
void sources_refresh(Sources *s);
bool sources_are_complete(const Sources *s);
/* Whether there is nothing but what suspended ones show. */
bool sources_are_suspended(const Sources *s);
/* For the status line; the caller owns it. */
char *sources_describe(const Sources *s);
void sources_measure(const Sources *s, RegistrarFigures *f);
void sources_done(Sources *s);
