/* One reading of Redis, staged. Pure. */
#include "consumer/reading.h"

#include <string.h>
#include <uthash.h>

typedef struct Finding {
        char *key;
        bool present, on_purpose;
        bool same;   /* the value is the one in the table */
        char *value; /* where it is not */
        size_t size;
        uint64_t deadline_usec;
        UT_hash_handle hh;
} Finding;

struct Reading {
        const Table *table;
        Finding *findings;
};

Reading *reading_new(const Table *table) {
        Reading *r = new0(Reading);

        r->table = table;
        return r;
}

Reading *reading_free(Reading *r) {
        Finding *f, *next;

        if (!r)
                return NULL;
        HASH_ITER (hh, r->findings, f, next) {
                HASH_DEL(r->findings, f);
                free(f->key);
                free(f->value);
                free(f);
        }
        free(r);
        return NULL;
}

static Finding *find(const Reading *r, const char *key) {
        Finding *f;

        HASH_FIND_STR(r->findings, key, f);
        return f;
}

static Finding *find_or_add(Reading *r, const char *key) {
        Finding *f = find(r, key);

        if (!f) {
                f = new0(Finding);
                f->key = xstrdup(key);
                HASH_ADD_KEYPTR(hh, r->findings, f->key, strlen(f->key), f);
        }
        return f;
}

void reading_present(Reading *r, const char *key, const char *value, size_t size, uint64_t deadline_usec) {
        const Entry *known = table_find(r->table, key);
        Finding *f = find_or_add(r, key);

        f->present = true;
        f->deadline_usec = deadline_usec;
        /* What is live stays as it is until the commit; what is missing may be dropped for its age meanwhile. */
        f->same = known && known->state == ENTRY_LIVE && known->value_size == size &&
                  memcmp(known->value, value, size) == 0;
        free(TAKE_PTR(f->value));
        if (f->same)
                return;
        f->size = size;
        if (size > REGISTRATION_VALUE_MAX)
                return;
        f->value = xcalloc(size + 1, 1);
        memcpy(f->value, value, size);
}

bool reading_absent(Reading *r, const char *key, bool on_purpose) {
        Finding *f = find(r, key);
        bool news = !f || f->present;

        f = find_or_add(r, key);
        f->present = false;
        f->on_purpose = on_purpose;
        return news;
}

bool reading_has(const Reading *r, const char *key) {
        return find(r, key) != NULL;
}

uint64_t reading_next_deadline(const Reading *r) {
        uint64_t next = UINT64_MAX;

        for (const Finding *f = r->findings; f; f = f->hh.next)
                if (f->present && f->deadline_usec < next)
                        next = f->deadline_usec;
        return next;
}

bool reading_commit(const Reading *r, Table *table, bool with_absences, uint64_t now_realtime_usec) {
        bool changed = false;

        for (const Finding *f = r->findings; f; f = f->hh.next) {
                const Entry *known = table_find(table, f->key);
                if (!f->present) {
                        if (with_absences && known)
                                changed |= table_absent(table, f->key, f->on_purpose, now_realtime_usec);
                        continue;
                }
                const char *value = f->same ? known->value : f->value;
                size_t size = f->same ? known->value_size : f->size;
                changed |= table_present(table, f->key, value, size, f->deadline_usec, now_realtime_usec);
        }
        return changed;
}
