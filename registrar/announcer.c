/* From what the sources show to what is published, and to what is said about it. */
#include "registrar/announcer.h"

#include "common/log.h"
#include "registrar/announcements.h"
#include "registrar/reporter.h"

#include <stdio.h>
#include <string.h>
#include <uthash.h>

/* What was made of an item, so that only those that differ are looked at again. */
typedef struct Remembered {
        char *name;
        uint64_t revision;
        Announcement announcement;
        bool seen;  /* in this look */
        bool taken; /* in this look its name was given to the publisher */
        UT_hash_handle hh;
} Remembered;

/* What there is for each source. */
typedef struct Desk {
        Announcer *announcer;
        const Source *source;
        Reporter *reporter;
        Remembered *remembered; /* by name */
} Desk;

struct Announcer {
        const Settings *settings;
        AnnouncementPolicy policy;
        const Keyspace *keyspace;
        Publisher *publisher; /* NULL for a dry run */
        const Sources *sources;
        Desk desks[SOURCES_MAX]; /* in the order of the sources */
        size_t n_errors;         /* of the last look */
        StringList unseen;       /* named containers that were not in it */
        char *missing;           /* the same, as it was said last */
};

static bool is_named(const Announcer *a, const char *name) {
        return string_list_contains(&a->settings->containers, name);
}

/* Whether lacking the variable is an error: for a named container by default, for any other only when asked for. */
static bool missing_variable_is_error(const Announcer *a, const char *name) {
        const Settings *s = a->settings;

        return !s->ignore_missing_envvar && (s->error_missing_envvar || is_named(a, name));
}

/* Without a publisher everything is printed. */
static void print_nothing(const Announcer *a, const char *name, const char *why) {
        if (!a->publisher)
                (void)printf("%s: nothing: %s\n", name, why);
}

static void print_announcement(const Announcer *a, const char *name, const Announcement *found) {
        for (size_t i = 0; i < found->warnings.count; i++)
                (void)printf("%s: warning: %s\n", name, found->warnings.items[i]);
        if (found->outcome == ANNOUNCED)
                (void)printf("%s: would publish %s%s: %s\n", name, a->keyspace->registrations, found->instance,
                             found->value);
        else
                print_nothing(a, name, found->reason);
}

/* ---- what is remembered ---- */

static void forget(Desk *d, Remembered *r) {
        HASH_DEL(d->remembered, r);
        announcement_done(&r->announcement);
        free(r->name);
        free(r);
}

/* What was made of the item at this revision; made now where it was not yet. Borrowed. */
static Remembered *remember(Desk *d, const SourceItem *item) {
        const char *name = item->container->name;
        Announcer *a = d->announcer;
        Remembered *r;

        HASH_FIND_STR(d->remembered, name, r);
        if (r && r->revision != item->revision) {
                forget(d, r);
                r = NULL;
        }
        if (!r) {
                r = new0(Remembered);
                r->name = xstrdup(name);
                r->revision = item->revision;
                if (!item->unread)
                        announce(item->container, &a->policy, &r->announcement);
                if (r->announcement.outcome == ANNOUNCED_NOTHING && missing_variable_is_error(a, name))
                        r->announcement.outcome = ANNOUNCED_ERROR;
                HASH_ADD_KEYPTR(hh, d->remembered, r->name, strlen(r->name), r);
        }
        r->seen = true;
        return r;
}

/* The end of a look. */
static void forget_unseen(Desk *d) {
        Remembered *r, *next;

        HASH_ITER (hh, d->remembered, r, next) {
                if (!r->seen)
                        forget(d, r);
                else
                        r->seen = r->taken = false;
        }
}

/* Who has the name among the sources that go before this one, in the words of messages; NULL: nobody. */
static const char *who_has(const Desk *d, const char *name) {
        for (const Desk *other = d->announcer->desks; other < d; other++) {
                Remembered *r;
                HASH_FIND_STR(other->remembered, name, r);
                if (r && r->taken)
                        return other->source->class->noun;
        }
        return NULL;
}

/* ---- one item ---- */

static void take_announcement(Desk *d, Remembered *r) {
        const Announcement *found = &r->announcement;
        Announcer *a = d->announcer;

        a->n_errors += found->outcome == ANNOUNCED_ERROR;
        r->taken = found->outcome == ANNOUNCED;
        if (!a->publisher)
                return print_announcement(a, r->name, found);
        reporter_announced(d->reporter, r->name, found, r->revision);
        if (found->outcome == ANNOUNCED)
                publisher_want(a->publisher, found->instance, found->value);
}

/* Without having read it, only its key is known. */
static void take_unread(Desk *d, const SourceItem *item, bool suspended) {
        Remembered *r = remember(d, item);
        Announcer *a = d->announcer;

        a->n_errors++;
        print_nothing(a, r->name, item->unread);
        _cleanup_free_ char *instance =
                a->settings->node ? xasprintf("%s@%s", r->name, a->settings->node) : xstrdup(r->name);
        if (!a->publisher || !keyspace_instance_is_valid(instance))
                return;
        r->taken = true;
        reporter_keep(d->reporter, r->name);
        if (suspended)
                publisher_release(a->publisher, instance);
        else
                publisher_keep(a->publisher, instance);
}

/* What it was is known, and whether it still is so is not. */
static void take_suspended(Desk *d, Remembered *r) {
        const Announcement *found = &r->announcement;

        r->taken = found->outcome == ANNOUNCED;
        reporter_keep(d->reporter, r->name);
        if (found->outcome == ANNOUNCED)
                publisher_release(d->announcer->publisher, found->instance);
}

static void refuse_name(Desk *d, const char *name, const char *owner) {
        _cleanup_free_ char *why =
                xasprintf("a %s has that name; give the %s another one", owner, d->source->class->noun);
        _cleanup_free_ char *said = xasprintf("is not published: %s", why);

        d->announcer->n_errors++;
        print_nothing(d->announcer, name, why);
        reporter_withheld(d->reporter, name, LOG_WARNING, said);
}

/* Takes the container off the list of those that were not seen. */
static void mark_seen(Announcer *a, const char *container) {
        for (size_t i = 0; i < a->unseen.count; i++)
                if (strcmp(a->unseen.items[i], container) == 0) {
                        free(a->unseen.items[i]);
                        a->unseen.items[i] = a->unseen.items[--a->unseen.count];
                        return;
                }
}

static void on_item(void *userdata, const SourceItem *item) {
        const char *name = item->container->name;
        Desk *d = userdata;
        Announcer *a = d->announcer;
        bool suspended = d->source->class->is_suspended(d->source);

        mark_seen(a, name);
        if (!settings_enumerate(a->settings) && !is_named(a, name))
                return;
        const char *owner = who_has(d, name);
        if (owner)
                refuse_name(d, name, owner);
        else if (item->unread)
                take_unread(d, item, suspended);
        else if (item->draining)
                reporter_withheld(d->reporter, name, LOG_INFO, "drains: it was told to end");
        else if (suspended)
                take_suspended(d, remember(d, item));
        else
                take_announcement(d, remember(d, item));
}

/* ---- all of them ---- */

static void report_unseen(Announcer *a) {
        int level = a->settings->error_missing_container ? LOG_ERR : LOG_WARNING;

        string_list_sort(&a->unseen);
        _cleanup_free_ char *names = string_list_join(&a->unseen, ", ");
        if (*names && !streq_or_null(a->missing, names))
                log_write(level, NULL, "no such container runs: %s", names);
        REPLACE_PTR(a->missing, TAKE_PTR(names));
        if (a->settings->error_missing_container)
                a->n_errors += a->unseen.count;
}

static void look_at(Desk *d) {
        reporter_begin(d->reporter);
        d->source->class->each(d->source, on_item, d);
        reporter_end(d->reporter);
}

void announcer_run(Announcer *a, uint64_t event_usec) {
        RegistrarFigures figures = { 0 };

        a->n_errors = 0;
        string_list_clear(&a->unseen);
        for (size_t i = 0; i < a->settings->containers.count; i++)
                if (!string_list_contains(&a->unseen, a->settings->containers.items[i]))
                        string_list_add(&a->unseen, a->settings->containers.items[i]);
        if (a->publisher)
                publisher_begin(a->publisher);
        for (size_t i = 0; i < a->sources->count; i++)
                look_at(&a->desks[i]);
        for (size_t i = 0; i < a->sources->count; i++)
                forget_unseen(&a->desks[i]);
        report_unseen(a);
        if (!a->publisher)
                return;
        sources_measure(a->sources, &figures);
        publisher_note_event(a->publisher, event_usec);
        publisher_commit(a->publisher, figures.containers);
}

size_t announcer_errors(const Announcer *a) {
        return a->n_errors;
}

Announcer *announcer_new(const Settings *settings, const char *machine, const Keyspace *keyspace, Publisher *publisher,
                         const Sources *sources) {
        Announcer *a = new0(Announcer);

        *a = (Announcer){
                .settings = settings,
                .policy = {
                        .address = {
                                .advertise = (Advertise)settings->advertise,
                                .networks = &settings->networks,
                                .prefer_ipv6 = settings->prefer_ipv6,
                                .by_name = settings->docker_network,
                                .node_address = settings->node_address,
                                .only_exposed = settings->only_exposed,
                        },
                        .domains_variable = settings->domains_variable,
                        .node = settings->node,
                        .machine = machine,
                        .require_health = settings->health == HEALTH_REQUIRE,
                },
                .keyspace = keyspace,
                .publisher = publisher,
                .sources = sources,
        };
        for (size_t i = 0; i < sources->count; i++)
                a->desks[i] = (Desk){
                        .announcer = a,
                        .source = sources->items[i],
                        .reporter = reporter_new(sources->items[i]->class->noun),
                };
        return a;
}

static void desk_done(Desk *d) {
        Remembered *r, *next;

        (void)reporter_free(d->reporter);
        HASH_ITER (hh, d->remembered, r, next)
                forget(d, r);
}

Announcer *announcer_free(Announcer *a) {
        if (!a)
                return NULL;
        for (Desk *d = a->desks; d < a->desks + SOURCES_MAX; d++)
                desk_done(d);
        string_list_clear(&a->unseen);
        free(a->missing);
        free(a);
        return NULL;
}
