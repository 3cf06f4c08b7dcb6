/* What runs on this host, as far as the Engine has told: containers by id, their states, and what an event or a list
 * asks to be looked at. Pure: it asks for inspects by saying so, and is told their results. Logs what it sets aside.
 *
 * A list is a snapshot of the moment it was asked for; whatever an event has changed since then stands against it. */
#pragma once

#include "common/memory.h"
#include "registrar/announcements.h"
#include "registrar/container.h"
#include "registrar/source-item.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INVENTORY_CONTAINERS_MAX = 100000 };

typedef struct Inventory Inventory;

/* What has to be done after a call. */
typedef struct InventoryHandlers {
        /* Ask the Engine; answer later, not from within, with inventory_inspected() or inventory_inspect_failed(). A
         * container is asked for again only after its answer. */
        void (*inspect)(void *userdata, const char *id);
        /* What should be published may differ now; at most once a call. */
        void (*changed)(void *userdata);
        void *userdata;
} InventoryHandlers;

/* Borrows `domains_variable`. `drain_max_usec` 0: a container that is told to end stays registered until it ended. */
Inventory *inventory_new(InventoryHandlers handlers, const char *domains_variable, uint64_t drain_max_usec);
Inventory *inventory_free(Inventory *i);
DEFINE_CLEANUP(Inventory *, inventory_free);

/* Goes on with what `before` knows, and leaves it empty. Before anything else; no handler is called for it. Where the
 * domains variable is another one, only the names and what drains are taken over: the rest has to be read anew. */
void inventory_take_over(Inventory *i, Inventory *before);

/* One line of the event stream. Events that say nothing new cost nothing; a line that is no event is logged at debug
 * and dropped. */
void inventory_event(Inventory *i, const char *line, size_t size, uint64_t now_usec);

/* Call when the event stream begins again. What drains may have ended and started meanwhile: the next list asks about
 * it. */
void inventory_missed_events(Inventory *i);

/* Call when a list is asked for, then with its reply. Returns 0, or -EBADMSG where the reply is no list; nothing
 * changes then. */
void inventory_list_started(Inventory *i);
int inventory_listed(Inventory *i, const char *bytes, size_t size, uint64_t now_usec);

void inventory_inspected(Inventory *i, const char *id, const char *bytes, size_t size);
/* `gone`: the Engine says there is no such container. Otherwise it stays unread until the next list asks again. */
void inventory_inspect_failed(Inventory *i, const char *id, bool gone, const char *why);

/* Whether a list was read and every inspect it asked for has been answered: what is not known now does not run. Stays
 * true from then on. */
bool inventory_is_complete(const Inventory *i);
size_t inventory_count(const Inventory *i);

/* From within `changed`: when the event came that the change follows from (monotonic); 0: it follows from a list. */
uint64_t inventory_event_usec(const Inventory *i);

/* When a drain that nobody ended is over (monotonic), UINT64_MAX without one; the call at that time registers again,
 * with a warning. */
uint64_t inventory_next_deadline(const Inventory *i);
void inventory_expire_drains(Inventory *i, uint64_t now_usec);

/* Calls for each container in the order of the names. */
void inventory_each(const Inventory *i, SourceEachFunc *each, void *userdata);
