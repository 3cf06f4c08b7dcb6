/* What the owner has put into Redis, kept so that it can be put again: a hash that remembers the order of its
 * additions. */
#include "consumer/certs/kept-values.h"

#include <string.h>

#define uthash_fatal(message) abort()
#include <uthash.h>

typedef enum State {
        STATE_DUE,
        STATE_BEING_WRITTEN,
        STATE_WRITTEN,
} State;

typedef struct Entry {
        char *key, *text;
        size_t size;
        uint64_t until_usec;
        State state;
        UT_hash_handle hh;
} Entry;

struct KeptValues {
        Entry *entries;
        size_t bytes;
};

KeptValues *kept_values_new(void) {
        return new0(KeptValues);
}

static void forget(KeptValues *k, Entry *e) {
        HASH_DEL(k->entries, e);
        k->bytes -= e->size;
        free(e->key);
        free(e->text);
        free(e);
}

void kept_values_clear(KeptValues *k) {
        Entry *e, *next;

        HASH_ITER (hh, k->entries, e, next)
                forget(k, e);
}

KeptValues *kept_values_free(KeptValues *k) {
        if (!k)
                return NULL;
        kept_values_clear(k);
        free(k);
        return NULL;
}

static Entry *find(const KeptValues *k, const char *key) {
        Entry *e;

        HASH_FIND_STR(k->entries, key, e);
        return e;
}

static KeptValue view(const Entry *e) {
        return (KeptValue){ e->key, e->text, e->until_usec };
}

static bool is_too_much(const KeptValues *k) {
        return HASH_COUNT(k->entries) > KEPT_VALUES_MAX || k->bytes > KEPT_BYTES_MAX;
}

void kept_values_put(KeptValues *k, const char *key, char *text, uint64_t until_usec) {
        Entry *old = find(k, key), *e = new0(Entry), *next;

        *e = (Entry){ .key = xstrdup(key), .text = text, .size = strlen(text), .until_usec = until_usec };
        if (old)
                forget(k, old);
        k->bytes += e->size;
        HASH_ADD_KEYPTR(hh, k->entries, e->key, strlen(e->key), e);
        HASH_ITER (hh, k->entries, old, next) {
                if (old == e || !is_too_much(k))
                        break;
                forget(k, old);
        }
}

bool kept_values_find(const KeptValues *k, const char *key, KeptValue *ret) {
        const Entry *e = find(k, key);

        if (e)
                *ret = view(e);
        return e;
}

size_t kept_values_write(KeptValues *k, uint64_t now, KeptValue *ret, size_t max) {
        size_t count = 0;
        Entry *e, *next;

        HASH_ITER (hh, k->entries, e, next) {
                if (e->until_usec <= now) {
                        forget(k, e);
                } else if (count < max && e->state == STATE_DUE) {
                        e->state = STATE_BEING_WRITTEN;
                        ret[count++] = view(e);
                }
        }
        return count;
}

static void change_states(KeptValues *k, State from, State to) {
        for (Entry *e = k->entries; e; e = e->hh.next)
                if (e->state == from)
                        e->state = to;
}

void kept_values_written(KeptValues *k) {
        change_states(k, STATE_BEING_WRITTEN, STATE_WRITTEN);
}

void kept_values_failed(KeptValues *k) {
        change_states(k, STATE_BEING_WRITTEN, STATE_DUE);
}

void kept_values_again(KeptValues *k) {
        change_states(k, STATE_BEING_WRITTEN, STATE_DUE);
        change_states(k, STATE_WRITTEN, STATE_DUE);
}

size_t kept_values_keys(const KeptValues *k, uint64_t now, const char ***ret) {
        const char **keys = xcalloc(HASH_COUNT(k->entries) + 1, sizeof *keys);
        size_t count = 0;

        for (const Entry *e = k->entries; e; e = e->hh.next)
                if (e->state == STATE_WRITTEN && now < e->until_usec)
                        keys[count++] = e->key;
        *ret = keys;
        return count;
}
