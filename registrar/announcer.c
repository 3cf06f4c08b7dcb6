/* From what runs to what is published, and to what is said about it. */
#include "registrar/announcer.h"

#include "common/log.h"
#include "registrar/announcements.h"
#include "registrar/reporter.h"

#include <stdio.h>
#include <string.h>
#include <uthash.h>

/* What was made of a container, so that only those that differ are looked at again. */
typedef struct Remembered {
        char *container;
        uint64_t revision;
        Announcement announcement;
        bool seen; /* in this look */
        UT_hash_handle hh;
} Remembered;

struct Announcer {
        const Settings *settings;
        AnnouncementPolicy policy;
        const Keyspace *keyspace;
        Publisher *publisher; /* NULL for a dry run */
        Reporter *reporter;
        Remembered *remembered; /* by container name */
        size_t n_errors;        /* of the last look at all containers */
        StringList unseen;      /* named containers that were not in it */
        char *missing;          /* the same, as it was said last */
};

static bool is_named(const Announcer *a, const char *container) {
        return string_list_contains(&a->settings->containers, container);
}

/* Whether lacking the variable is an error: for a named container by default, for any other only when asked for. */
static bool missing_variable_is_error(const Announcer *a, const char *container) {
        const Settings *s = a->settings;

        return !s->ignore_missing_envvar && (s->error_missing_envvar || is_named(a, container));
}

static void print_announcement(const Announcer *a, const char *container, const Announcement *found) {
        for (size_t i = 0; i < found->warnings.count; i++)
                (void)printf("%s: warning: %s\n", container, found->warnings.items[i]);
        if (found->outcome == ANNOUNCED)
                (void)printf("%s: would publish %s%s: %s\n", container, a->keyspace->registrations, found->instance,
                             found->value);
        else
                (void)printf("%s: nothing: %s\n", container, found->reason);
}

static void take_announcement(Announcer *a, const char *container, const Announcement *found, uint64_t revision) {
        a->n_errors += found->outcome == ANNOUNCED_ERROR;
        if (!a->publisher)
                return print_announcement(a, container, found);
        reporter_announced(a->reporter, container, found, revision);
        if (found->outcome == ANNOUNCED)
                publisher_want(a->publisher, found->instance, found->value);
}

static void forget(Announcer *a, Remembered *r) {
        HASH_DEL(a->remembered, r);
        announcement_done(&r->announcement);
        free(r->container);
        free(r);
}

/* The announcement of a container, made anew only where its revision is another one. Borrowed. */
static const Announcement *announcement_of(Announcer *a, const InventoryItem *item) {
        const char *container = item->container->name;
        Remembered *r;

        HASH_FIND_STR(a->remembered, container, r);
        if (r && r->revision != item->revision) {
                forget(a, r);
                r = NULL;
        }
        if (!r) {
                r = new0(Remembered);
                r->container = xstrdup(container);
                r->revision = item->revision;
                announce(item->container, &a->policy, &r->announcement);
                if (r->announcement.outcome == ANNOUNCED_NOTHING && missing_variable_is_error(a, container))
                        r->announcement.outcome = ANNOUNCED_ERROR;
                HASH_ADD_KEYPTR(hh, a->remembered, r->container, strlen(r->container), r);
        }
        r->seen = true;
        return &r->announcement;
}

static void forget_unseen(Announcer *a) {
        Remembered *r, *next;

        HASH_ITER (hh, a->remembered, r, next) {
                if (!r->seen)
                        forget(a, r);
                else
                        r->seen = false;
        }
}

/* Without having read it, only the key of a container is known. */
static void keep_unread(Announcer *a, const char *container) {
        _cleanup_free_ char *instance =
                a->settings->node ? xasprintf("%s@%s", container, a->settings->node) : xstrdup(container);

        a->n_errors++;
        if (!a->publisher) {
                (void)printf("%s: nothing: the Engine did not tell about it\n", container);
                return;
        }
        reporter_keep(a->reporter, container);
        publisher_keep(a->publisher, instance);
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

static void on_container(void *userdata, const InventoryItem *item) {
        const char *container = item->container->name;
        Announcer *a = userdata;

        mark_seen(a, container);
        if (!settings_enumerate(a->settings) && !is_named(a, container))
                return;
        if (!item->readable)
                return keep_unread(a, container);
        if (item->draining)
                return reporter_withheld(a->reporter, container, "drains: it was told to end");
        take_announcement(a, container, announcement_of(a, item), item->revision);
}

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

void announcer_run(Announcer *a, const Inventory *inventory) {
        a->n_errors = 0;
        string_list_clear(&a->unseen);
        for (size_t i = 0; i < a->settings->containers.count; i++)
                if (!string_list_contains(&a->unseen, a->settings->containers.items[i]))
                        string_list_add(&a->unseen, a->settings->containers.items[i]);
        if (a->publisher)
                publisher_begin(a->publisher);
        reporter_begin(a->reporter);
        inventory_each(inventory, on_container, a);
        reporter_end(a->reporter);
        forget_unseen(a);
        report_unseen(a);
        if (!a->publisher)
                return;
        publisher_note_event(a->publisher, inventory_event_usec(inventory));
        publisher_commit(a->publisher, inventory_count(inventory));
}

size_t announcer_errors(const Announcer *a) {
        return a->n_errors;
}

Announcer *announcer_new(const Settings *settings, const char *machine, const Keyspace *keyspace,
                         Publisher *publisher) {
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
                .reporter = reporter_new(),
        };
        return a;
}

Announcer *announcer_free(Announcer *a) {
        Remembered *r, *next;

        if (!a)
                return NULL;
        (void)reporter_free(a->reporter);
        HASH_ITER (hh, a->remembered, r, next)
                forget(a, r);
        string_list_clear(&a->unseen);
        free(a->missing);
        free(a);
        return NULL;
}
