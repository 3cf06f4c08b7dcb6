/* Events, lists and inspect replies in any order, as bytes: a line each, its first byte says what it is. */
#include "common/log.h"
#include "common/text.h"
#include "registrar/inventory.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DRAIN_MAX_USEC = 3 };

typedef struct Run {
        Inventory *inventory;
        StringList asked; /* ids, the oldest first */
        size_t seen;
        uint64_t now_usec;
} Run;

/* A container is asked for again only after its answer. */
static void note_inspect(void *userdata, const char *id) {
        Run *r = userdata;

        assert(!string_list_contains(&r->asked, id));
        string_list_add(&r->asked, id);
}

static void note_change(void *userdata) {
        (void)userdata;
}

static void note_container(void *userdata, const SourceItem *item) {
        assert(item->container->name && (!item->unread || !item->draining));
        assert(!item->unread == (item->revision > 0));
        ((Run *)userdata)->seen++;
}

/* Answers the oldest inspect, with the bytes or a failure. */
static void answer(Run *r, char how, const char *bytes, size_t size) {
        if (r->asked.count == 0)
                return;
        _cleanup_free_ char *id = r->asked.items[0];
        r->asked.count--;
        memmove(r->asked.items, r->asked.items + 1, r->asked.count * sizeof *r->asked.items);
        if (how == 'i')
                inventory_inspected(r->inventory, id, bytes, size);
        else
                inventory_inspect_failed(r->inventory, id, how == 'g', "no");
}

static void act(Run *r, const char *line, size_t size) {
        if (size == 0)
                return;
        r->now_usec++;
        switch (*line) {
        case 's':
                inventory_list_started(r->inventory);
                break;
        case 'l':
                (void)inventory_listed(r->inventory, line + 1, size - 1, r->now_usec);
                break;
        case 'i':
        case 'f':
        case 'g':
                answer(r, *line, line + 1, size - 1);
                break;
        case 't':
                inventory_expire_drains(r->inventory, r->now_usec);
                break;
        default:
                inventory_event(r->inventory, line, size, r->now_usec);
        }
        r->seen = 0;
        inventory_each(r->inventory, note_container, r);
        assert(r->seen <= inventory_count(r->inventory));
        (void)inventory_next_deadline(r->inventory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Run r = { 0 };
        const InventoryHandlers handlers = { .inspect = note_inspect, .changed = note_change, .userdata = &r };

        log_setup(LOG_ERR, LOG_FORMAT_PLAIN);
        r.inventory = inventory_new(handlers, "BEACHHEAD_DOMAINS", DRAIN_MAX_USEC);
        for (size_t start = 0; start < size;) {
                const char *line = (const char *)data + start;
                const char *newline = memchr(line, '\n', size - start);
                size_t length = newline ? (size_t)(newline - line) : size - start;
                act(&r, line, length);
                start += length + 1;
        }
        (void)inventory_free(r.inventory);
        string_list_clear(&r.asked);
        return 0;
}
