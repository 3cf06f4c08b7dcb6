/* What is wrong with sites: said once, until it changes. */
#include "consumer/nginx/site-notes.h"

#include "common/log.h"

#include <string.h>
#include <uthash.h>

typedef struct Item {
        char *domain;
        StringList said;
        bool used;
        UT_hash_handle hh;
} Item;

struct SiteNotes {
        Item *items;
};

SiteNotes *site_notes_new(void) {
        return new0(SiteNotes);
}

static void item_forget(SiteNotes *n, Item *item) {
        HASH_DEL(n->items, item);
        string_list_clear(&item->said);
        free(item->domain);
        free(item);
}

SiteNotes *site_notes_free(SiteNotes *n) {
        Item *item, *next;

        if (!n)
                return NULL;
        HASH_ITER (hh, n->items, item, next)
                item_forget(n, item);
        free(n);
        return NULL;
}

static Item *item_of(SiteNotes *n, const char *domain) {
        Item *item;

        HASH_FIND_STR(n->items, domain, item);
        if (!item) {
                item = new0(Item);
                item->domain = xstrdup(domain);
                HASH_ADD_KEYPTR(hh, n->items, item->domain, strlen(item->domain), item);
        }
        return item;
}

static void warn(const char *domain, const StringList *publishers, const char *note) {
        _cleanup_free_ char *containers = string_list_join(publishers, ", ");
        LogFields fields = { .domain = domain, .container = containers, .reason = note };

        if (*domain)
                log_warning_about(&fields, "%s (of %s): %s", domain, containers, note);
        else
                log_warning_about(ABOUT(.reason = note), "%s", note);
}

void site_notes_say(SiteNotes *n, const char *domain, const StringList *publishers, const StringList *notes) {
        if (notes->count == 0)
                return;
        Item *item = item_of(n, domain);
        StringList said = { 0 };
        for (size_t i = 0; i < notes->count; i++) {
                const char *note = notes->items[i];
                if (!string_list_contains(&item->said, note))
                        warn(domain, publishers, note);
                string_list_add(&said, note);
        }
        string_list_clear(&item->said);
        item->said = said;
        item->used = true;
}

void site_notes_forget_unused(SiteNotes *n) {
        Item *item, *next;

        HASH_ITER (hh, n->items, item, next) {
                if (!item->used)
                        item_forget(n, item);
                else
                        item->used = false;
        }
}
