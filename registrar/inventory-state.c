/* What is kept of each container, and the steps between its states. */
#include "registrar/inventory-state.h"

#include "common/log.h"

#include <string.h>

void entry_forget(Inventory *i, Entry *e) {
        HASH_DEL(i->entries, e);
        (void)container_free(e->container);
        free(e->name);
        free(e->disputed);
        free(e);
}

Entry *entry_find(const Inventory *i, const char *id) {
        Entry *e;

        HASH_FIND_STR(i->entries, id, e);
        return e;
}

void entry_forget_if_idle(Inventory *i, Entry *e) {
        if (e->gone && !e->inspecting && !i->listing)
                entry_forget(i, e);
}

Entry *entry_add_gone(Inventory *i, const char *id) {
        if (HASH_COUNT(i->entries) >= INVENTORY_CONTAINERS_MAX) {
                if (!i->full)
                        log_warning("container %s and others are ignored: there are more than the %d that are kept",
                                    id, INVENTORY_CONTAINERS_MAX);
                i->full = true;
                return NULL;
        }
        Entry *e = new0(Entry);
        memcpy(e->id, id, strlen(id));
        e->gone = true;
        HASH_ADD_STR(i->entries, id, e);
        return e;
}

const char *entry_name(const Entry *e) {
        return e->container ? e->container->name : e->name ? e->name : e->id;
}

void entry_set_name(Entry *e, const char *name) {
        if (*name)
                REPLACE_PTR(e->name, xstrdup(name));
}

void entry_end_drain(Inventory *i, Entry *e) {
        i->n_draining -= e->drains_until_usec > 0;
        e->drains_until_usec = 0;
        e->doubted = false;
}

/* Back to a container of which nothing but its name is known. */
static void forget_content(Inventory *i, Entry *e) {
        if (!e->name && e->container)
                e->name = xstrdup(e->container->name);
        e->container = container_free(e->container);
        REPLACE_PTR(e->disputed, NULL);
        entry_end_drain(i, e);
        e->signal[0] = '\0';
        e->failed = false;
        e->heard_usec = 0;
}

void entry_stop_awaiting(Inventory *i, Entry *e) {
        i->n_awaited -= e->awaited;
        e->awaited = false;
}

Entry *entry_begin(Inventory *i, const char *id, const char *name) {
        Entry *e = entry_find(i, id);

        if (!e && !(e = entry_add_gone(i, id)))
                return NULL;
        i->count += e->gone;
        e->gone = false;
        forget_content(i, e);
        entry_set_name(e, name);
        return e;
}

void entry_end(Inventory *i, Entry *e) {
        forget_content(i, e);
        entry_stop_awaiting(i, e);
        e->gone = true;
        e->again = false;
        e->touched = i->list;
        i->count--;
        i->full = false;
        i->changed = true;
        entry_forget_if_idle(i, e);
}

void entry_look(Inventory *i, Entry *e) {
        if (e->heard_usec == 0)
                e->heard_usec = i->event_usec;
        if (e->inspecting) {
                e->again = true;
                return;
        }
        e->inspecting = true;
        i->handlers.inspect(i->handlers.userdata, e->id);
}

void entry_revise(Inventory *i, Entry *e) {
        e->revision = ++i->revision;
        i->changed = true;
}

void inventory_settle(Inventory *i) {
        if (!i->complete && i->listed && i->n_awaited == 0)
                i->complete = i->changed = true;
        if (i->changed) {
                i->changed = false;
                i->handlers.changed(i->handlers.userdata);
        }
        i->event_usec = 0;
}

void entry_drain_if_told_to_end(Inventory *i, Entry *e, const char *signal, uint64_t until_usec) {
        if (!container_ends_on(e->container, signal))
                return;
        if (e->drains_until_usec == 0) {
                i->n_draining++;
                i->changed = true;
        }
        e->drains_until_usec = until_usec;
}

/* As one that was told to end before it was read: so it drains on once it is. */
static void unread(Inventory *i, Entry *e) {
        uint64_t until_usec = e->drains_until_usec;

        forget_content(i, e);
        if (until_usec == 0)
                return;
        memcpy(e->signal, "KILL", sizeof "KILL");
        e->signal_until_usec = until_usec;
}

/* The lists are counted anew, and an answer that was due does not come any more. */
static void take_over(Inventory *i, Entry *e, bool readable) {
        HASH_ADD_STR(i->entries, id, e);
        i->count++;
        i->n_draining += e->drains_until_usec > 0;
        e->touched = e->seen = 0;
        e->doubted |= e->inspecting;
        e->inspecting = e->again = e->awaited = false;
        e->heard_usec = 0;
        if (!readable)
                unread(i, e);
        if (e->container)
                entry_revise(i, e);
        if (i->drain_max_usec > 0)
                return;
        entry_end_drain(i, e);
        e->signal[0] = '\0';
}

void inventory_take_over(Inventory *i, Inventory *before) {
        bool readable = strcmp(i->domains_variable, before->domains_variable) == 0;
        Entry *e, *next;

        HASH_ITER (hh, before->entries, e, next) {
                if (e->gone)
                        continue;
                HASH_DEL(before->entries, e);
                before->count--;
                take_over(i, e, readable);
        }
        before->n_draining = before->n_awaited = 0;
        i->listed = i->complete = readable && before->complete;
        i->changed = false;
}
