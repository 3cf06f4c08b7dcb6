/* A set of names. */
#include "consumer/certs/name-set.h"

#include <string.h>

#define uthash_fatal(message) abort()
#include <uthash.h>

typedef struct Item {
        const char *name;
        UT_hash_handle hh;
} Item;

struct NameSet {
        Item *items;
};

NameSet *name_set_new(void) {
        return new0(NameSet);
}

bool name_set_has(const NameSet *s, const char *name) {
        const Item *item;

        HASH_FIND_STR(s->items, name, item);
        return item != NULL;
}

void name_set_add(NameSet *s, const char *name) {
        if (name_set_has(s, name))
                return;
        Item *item = new0(Item);
        item->name = name;
        HASH_ADD_KEYPTR(hh, s->items, item->name, strlen(item->name), item);
}

NameSet *name_set_free(NameSet *s) {
        Item *item, *next;

        if (!s)
                return NULL;
        HASH_ITER (hh, s->items, item, next) {
                HASH_DEL(s->items, item);
                free(item);
        }
        free(s);
        return NULL;
}
