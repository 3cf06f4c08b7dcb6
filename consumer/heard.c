/* Keys that somebody spoke of and that have not been read since. Pure. */
#include "consumer/heard.h"

#include <string.h>
#include <uthash.h>

struct Heard {
        char *key;
        UT_hash_handle hh;
};

bool heard_add(Heard **set, const char *key) {
        Heard *h;

        HASH_FIND_STR(*set, key, h);
        if (h)
                return true;
        if (HASH_COUNT(*set) >= HEARD_MAX)
                return false;
        h = new0(Heard);
        h->key = xstrdup(key);
        HASH_ADD_KEYPTR(hh, *set, h->key, strlen(h->key), h);
        return true;
}

void heard_take(Heard **set, StringList *keys) {
        Heard *h, *next;

        HASH_ITER (hh, *set, h, next) {
                HASH_DEL(*set, h);
                string_list_take(keys, h->key);
                free(h);
        }
}
