/* What runs here: events, lists and inspects move the state of each container. */
#include "registrar/inventory.h"

#include "common/log.h"
#include "registrar/container-compare.h"
#include "registrar/inventory-state.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { QUOTE_MAX = 200 }; /* bytes of the Engine's words in a log line */

Inventory *inventory_new(InventoryHandlers handlers, const char *domains_variable, uint64_t drain_max_usec) {
        Inventory *i = new0(Inventory);

        *i = (Inventory){
                .handlers = handlers,
                .domains_variable = domains_variable,
                .drain_max_usec = drain_max_usec,
                .list = 1,
        };
        return i;
}

Inventory *inventory_free(Inventory *i) {
        Entry *e, *next;

        if (!i)
                return NULL;
        HASH_ITER (hh, i->entries, e, next)
                entry_forget(i, e);
        free(i);
        return NULL;
}

static Entry *find_alive(const Inventory *i, const char *id) {
        Entry *e = entry_find(i, id);

        return e && !e->gone ? e : NULL;
}

static void set_paused(Inventory *i, Entry *e, bool paused) {
        if (e->container->paused != paused)
                entry_revise(i, e);
        e->container->paused = paused;
}

static void set_health(Inventory *i, Entry *e, Health health) {
        if (e->container->health != health)
                entry_revise(i, e);
        e->container->health = health;
}

/* ---- events ---- */

/* Its address may be another one, so that what was read of an earlier life counts no more. */
static void on_started(Inventory *i, const EngineEvent *event) {
        Entry *e = entry_begin(i, event->id, event->name);

        if (!e)
                return;
        e->touched = i->list;
        entry_look(i, e);
}

/* The end of one that is not known is worth a note while a list is under way, which may still have it. */
static void on_ended(Inventory *i, const EngineEvent *event) {
        Entry *e = entry_find(i, event->id);

        if (!e && i->listing)
                e = entry_add_gone(i, event->id);
        if (!e)
                return;
        e->touched = i->list;
        if (!e->gone)
                entry_end(i, e);
}

static void on_paused(Inventory *i, const EngineEvent *event, Entry *e) {
        if (e->container)
                set_paused(i, e, event->kind == ENGINE_PAUSED);
        e->again |= e->inspecting;
}

static void on_health(Inventory *i, const EngineEvent *event, Entry *e) {
        if (e->container)
                set_health(i, e, event->health);
        e->again |= e->inspecting;
}

static void on_signalled(Inventory *i, const EngineEvent *event, Entry *e, uint64_t now_usec) {
        uint64_t until_usec;

        if (i->drain_max_usec == 0 || !*event->signal)
                return;
        if (__builtin_add_overflow(now_usec, i->drain_max_usec, &until_usec))
                until_usec = UINT64_MAX;
        if (e->container) {
                entry_drain_if_told_to_end(i, e, event->signal, until_usec);
                return;
        }
        memcpy(e->signal, event->signal, sizeof e->signal);
        e->signal_until_usec = until_usec;
}

/* A new container is connected before it starts, and one that ended is disconnected afterwards: neither is known then.
 */
static void on_network(Inventory *i, Entry *e) {
        if (e->inspecting || (e->container && e->container->running))
                entry_look(i, e);
}

static void on_renamed(Inventory *i, const EngineEvent *event, Entry *e) {
        if (!e->container)
                entry_set_name(e, event->name);
        entry_look(i, e);
}

static void on_event_of_known(Inventory *i, const EngineEvent *event, Entry *e, uint64_t now_usec) {
        e->touched = i->list;
        switch (event->kind) {
        case ENGINE_PAUSED:
        case ENGINE_UNPAUSED:
                on_paused(i, event, e);
                break;
        case ENGINE_RENAMED:
                on_renamed(i, event, e);
                break;
        case ENGINE_SIGNALLED:
                on_signalled(i, event, e, now_usec);
                break;
        case ENGINE_HEALTH:
                on_health(i, event, e);
                break;
        case ENGINE_NETWORK:
                on_network(i, e);
                break;
        default:
                break;
        }
}

void inventory_event(Inventory *i, const char *line, size_t size, uint64_t now_usec) {
        EngineEvent event;

        if (engine_event_decode(line, size, &event) < 0) {
                _cleanup_free_ char *quoted = printable(line, size, QUOTE_MAX);
                log_debug("a line from the Engine is no event and is dropped: %s", quoted);
                return;
        }
        i->event_usec = now_usec;
        Entry *e = find_alive(i, event.id);
        /* Podman leaves paused containers out of its list: one that goes on may be new to us. */
        if (event.kind == ENGINE_STARTED || (event.kind == ENGINE_UNPAUSED && !e))
                on_started(i, &event);
        else if (event.kind == ENGINE_ENDED)
                on_ended(i, &event);
        else if (event.kind != ENGINE_OTHER && e)
                on_event_of_known(i, &event, e, now_usec);
        inventory_settle(i);
}

void inventory_missed_events(Inventory *i) {
        for (Entry *e = i->entries; e && i->n_draining > 0; e = e->hh.next)
                e->doubted |= e->drains_until_usec > 0;
}

/* ---- lists ---- */

void inventory_list_started(Inventory *i) {
        Entry *e, *next;

        i->listing = false;
        HASH_ITER (hh, i->entries, e, next)
                entry_forget_if_idle(i, e);
        i->listing = true;
        i->list++;
}

static void look_for_list(Inventory *i, Entry *e) {
        i->n_awaited++;
        e->awaited = true;
        entry_look(i, e);
}

/* Podman's list does not tell health, and its events tell what it was before the check they are about: one that is on
 * its way to be healthy is asked. */
static bool may_have_become_healthy(const Container *c, const ListedContainer *listed) {
        return listed->health == HEALTH_NONE && !listed->paused &&
               (c->health == HEALTH_STARTING || c->health == HEALTH_UNHEALTHY);
}

/* A list and an inspect that go on contradicting each other are asked about once, not at every refresh. */
static bool differs(Entry *e, const ListedContainer *listed) {
        _cleanup_free_ char *known = container_whereabouts(e->container);

        if (strcmp(known, listed->whereabouts) == 0)
                REPLACE_PTR(e->disputed, NULL);
        else if (!streq_or_null(e->disputed, listed->whereabouts))
                REPLACE_PTR(e->disputed, xstrdup(listed->whereabouts));
        else
                return false;
        return e->disputed != NULL;
}

static void update_from_list(Inventory *i, Entry *e, const ListedContainer *listed) {
        Container *c = e->container;

        if (!c || e->failed || !c->running) {
                if (!c)
                        entry_set_name(e, listed->name);
                look_for_list(i, e);
                return;
        }
        set_paused(i, e, listed->paused);
        if (listed->health != HEALTH_NONE)
                set_health(i, e, listed->health);
        if (differs(e, listed) || e->doubted || may_have_become_healthy(c, listed))
                look_for_list(i, e);
}

static void take_listed(Inventory *i, const ListedContainer *listed) {
        Entry *e = entry_find(i, listed->id);

        if (e && e->touched == i->list)
                return;
        bool unknown = !e || e->gone;
        if (unknown && !(e = entry_begin(i, listed->id, listed->name)))
                return;
        e->seen = i->list;
        /* An answer is due to one that is being inspected; where the list knew better, the next one says so. */
        if (unknown || !e->inspecting)
                update_from_list(i, e, listed);
}

int inventory_listed(Inventory *i, const char *bytes, size_t size, uint64_t now_usec) {
        _cleanup_engine_list_ EngineList list = { 0 };
        Entry *e, *next;

        (void)now_usec;
        int r = engine_list_decode(bytes, size, INVENTORY_CONTAINERS_MAX, &list);
        if (r < 0)
                return r;
        for (size_t k = 0; k < list.count; k++)
                take_listed(i, &list.containers[k]);
        i->listing = false;
        i->listed = true;
        HASH_ITER (hh, i->entries, e, next)
                if (e->gone)
                        entry_forget_if_idle(i, e);
                else if (!list.cut && e->seen != i->list && e->touched != i->list)
                        entry_end(i, e);
        inventory_settle(i);
        return 0;
}

/* ---- inspects ---- */

/* Whether there is an answer to be used: one about a container that ended is not, and one that something overtook is
 * asked for again. */
static bool take_answer(Inventory *i, Entry *e) {
        if (!e || !e->inspecting)
                return false;
        e->inspecting = false;
        if (e->gone) {
                entry_forget_if_idle(i, e);
                return false;
        }
        if (e->again) {
                e->again = false;
                entry_look(i, e);
                return false;
        }
        entry_stop_awaiting(i, e);
        i->event_usec = e->heard_usec;
        e->heard_usec = 0;
        return true;
}

static void fail(Entry *e, const char *why) {
        _cleanup_free_ char *quoted = printable(why, strlen(why), QUOTE_MAX);
        const char *name = entry_name(e);

        if (!e->failed)
                log_warning_about(ABOUT(.container = name, .reason = quoted),
                                  "container %s cannot be read: %s; %s, and the next list asks again", name, quoted,
                                  e->container ? "what was read before stands" : "its registration is left alone");
        e->failed = true;
}

static void adopt(Inventory *i, Entry *e, Container *c) {
        e->doubted = false;
        if (e->drains_until_usec > 0 && strcmp(e->container->started, c->started) != 0) {
                entry_end_drain(i, e); /* it ended and was started again, and nobody heard */
                i->changed = true;
        }
        if (!e->container || !container_equal(e->container, c))
                entry_revise(i, e);
        (void)container_free(e->container);
        e->container = c;
        e->failed = false;
        REPLACE_PTR(e->name, NULL);
        if (*e->signal)
                entry_drain_if_told_to_end(i, e, e->signal, e->signal_until_usec);
        e->signal[0] = '\0';
}

void inventory_inspected(Inventory *i, const char *id, const char *bytes, size_t size) {
        _cleanup_(container_freep) Container *c = NULL;
        _cleanup_free_ char *wrong = NULL;
        Entry *e = entry_find(i, id);

        if (!take_answer(i, e))
                return;
        if (container_decode(&c, bytes, size, i->domains_variable, &wrong) < 0)
                fail(e, wrong);
        else if (strcmp(c->id, id) != 0)
                fail(e, "the answer is about another container");
        else
                adopt(i, e, TAKE_PTR(c));
        inventory_settle(i);
}

void inventory_inspect_failed(Inventory *i, const char *id, bool gone, const char *why) {
        Entry *e = entry_find(i, id);

        if (!take_answer(i, e))
                return;
        if (gone)
                entry_end(i, e);
        else
                fail(e, why);
        inventory_settle(i);
}

/* ---- what is known ---- */

bool inventory_is_complete(const Inventory *i) {
        return i->complete;
}

size_t inventory_count(const Inventory *i) {
        return i->count;
}

uint64_t inventory_event_usec(const Inventory *i) {
        return i->event_usec;
}

uint64_t inventory_next_deadline(const Inventory *i) {
        uint64_t next = UINT64_MAX;

        if (i->n_draining > 0)
                for (const Entry *e = i->entries; e; e = e->hh.next)
                        if (e->drains_until_usec > 0 && e->drains_until_usec < next)
                                next = e->drains_until_usec;
        return next;
}

void inventory_expire_drains(Inventory *i, uint64_t now_usec) {
        for (Entry *e = i->entries; e; e = e->hh.next) {
                if (e->drains_until_usec == 0 || e->drains_until_usec > now_usec)
                        continue;
                log_warning_about(ABOUT(.container = entry_name(e)),
                                  "container %s still runs %" PRIu64 " s after the signal to end: it is registered "
                                  "again; if it needs that long, raise --drain-max",
                                  entry_name(e), i->drain_max_usec / 1000000);
                entry_end_drain(i, e);
                i->changed = true;
        }
        inventory_settle(i);
}

static int compare_entries(const void *a, const void *b) {
        const Entry *x = *(Entry *const *)a, *y = *(Entry *const *)b;
        int r = strcmp(entry_name(x), entry_name(y));

        return r != 0 ? r : strcmp(x->id, y->id);
}

void inventory_each(const Inventory *i, SourceEachFunc *each, void *userdata) {
        _cleanup_free_ Entry **sorted = xcalloc(i->count, sizeof *sorted);
        size_t n = 0;

        for (Entry *e = i->entries; e; e = e->hh.next)
                if (!e->gone)
                        sorted[n++] = e;
        if (n > 1)
                qsort(sorted, n, sizeof *sorted, compare_entries);
        for (size_t k = 0; k < n; k++) {
                const Entry *e = sorted[k];
                const Container unread = { .name = e->name, .created = -1 };
                const SourceItem item = {
                        .container = e->container ? e->container : &unread,
                        .unread = e->container ? NULL : "the Engine did not tell about it",
                        .draining = e->drains_until_usec > 0,
                        .revision = e->container ? e->revision : 0,
                };
                if (item.container->name)
                        each(userdata, &item);
        }
}
