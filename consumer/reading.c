/* One reading of Redis, staged. Pure. */
#include "consumer/reading.h"

#include <string.h>
#include <uthash.h>

typedef struct Finding {
        char *key;
        bool present, on_purpose;
        bool newcomer; /* the table does not know the key */
        bool same;     /* the value is the one in the table */
        char *value;   /* where it is not */
        size_t size;
        uint64_t deadline_usec;
        UT_hash_handle hh;
} Finding;

struct Reading {
        const Table *table;
        Finding *findings;
        size_t staged_bytes;              /* of values */
        size_t newcomers, newcomer_bytes; /* of these, what the table does not know */
        char *bar;                        /* what is new and sorts here or behind it is left out; NULL: nothing is */
        size_t left_out;
};

/* So much more than there is room for may be staged before what is behind is dropped. */
enum { SPARE_ENTRIES = 10000, SPARE_BYTES = 16 * 1024 * 1024 };

Reading *reading_new(const Table *table) {
        Reading *r = new0(Reading);

        r->table = table;
        return r;
}

static void drop_value(Reading *r, Finding *f) {
        if (!f->value)
                return;
        r->staged_bytes -= f->size;
        r->newcomer_bytes -= f->newcomer ? f->size : 0;
        free(TAKE_PTR(f->value));
}

static void stage_value(Reading *r, Finding *f, const char *value, size_t size) {
        f->value = xcalloc(size + 1, 1);
        memcpy(f->value, value, size);
        r->staged_bytes += size;
        r->newcomer_bytes += f->newcomer ? size : 0;
}

static void drop(Reading *r, Finding *f) {
        HASH_DEL(r->findings, f);
        drop_value(r, f);
        r->newcomers -= f->newcomer;
        free(f->key);
        free(f);
}

Reading *reading_free(Reading *r) {
        Finding *f, *next;

        if (!r)
                return NULL;
        HASH_ITER (hh, r->findings, f, next)
                drop(r, f);
        free(r->bar);
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

/* ---- what there is room for ---- */

/* What is known stays, whatever its name is. */
bool reading_wants(Reading *r, const char *key) {
        bool wanted = !r->bar || strcmp(key, r->bar) < 0 || table_find(r->table, key);

        r->left_out += !wanted;
        return wanted;
}

static void leave_out(Reading *r, const char *key) {
        if (!r->bar || strcmp(key, r->bar) < 0)
                REPLACE_PTR(r->bar, xstrdup(key));
        r->left_out++;
}

/* What is known comes first, then what is new, by name. */
static int compare_findings(const Finding *a, const Finding *b) {
        return a->newcomer != b->newcomer ? a->newcomer - b->newcomer : strcmp(a->key, b->key);
}

/* Keeps of what is new the first ones by name, whatever order they came in: as many as there is room for. */
static void keep_what_has_room(Reading *r) {
        TableSize room = table_room(r->table);
        size_t bytes = 0, kept = 0;
        Finding *f, *next;

        HASH_SORT(r->findings, compare_findings);
        HASH_ITER (hh, r->findings, f, next) {
                if (!f->newcomer)
                        continue;
                bytes += f->value ? f->size : 0;
                if (++kept <= room.entries && bytes <= room.bytes)
                        continue;
                kept = room.entries; /* nothing behind it either */
                leave_out(r, f->key);
                drop(r, f);
        }
}

static bool is_crowded(const Reading *r) {
        TableSize room = table_room(r->table);

        return r->newcomers > room.entries + room.entries / 4 + SPARE_ENTRIES ||
               r->newcomer_bytes > room.bytes + room.bytes / 4 + SPARE_BYTES;
}

/* ---- what was found ---- */

/* What is live stays as it is until the commit; what is missing may be dropped for its age meanwhile. */
static bool is_the_same(const Entry *known, const char *value, size_t size) {
        return known && known->state == ENTRY_LIVE && known->value_size == size &&
               memcmp(known->value, value, size) == 0;
}

static void take_finding(Reading *r, const Entry *known, const char *key, const char *value, size_t size,
                         uint64_t deadline_usec) {
        Finding *f = find_or_add(r, key);

        f->present = true;
        f->deadline_usec = deadline_usec;
        f->same = is_the_same(known, value, size);
        drop_value(r, f);
        r->newcomers += (size_t)!known - f->newcomer;
        f->newcomer = !known;
        f->size = size;
        if (!f->same && size <= REGISTRATION_VALUE_MAX)
                stage_value(r, f, value, size);
}

void reading_present(Reading *r, const char *key, const char *value, size_t size, uint64_t deadline_usec) {
        const Entry *known = table_find(r->table, key);
        bool is_staged = size <= REGISTRATION_VALUE_MAX && !is_the_same(known, value, size);

        if (!reading_wants(r, key))
                return;
        if (known && is_staged && r->staged_bytes + size > TABLE_BYTES_MAX) {
                r->left_out++; /* and stays as it is */
                return;
        }
        take_finding(r, known, key, value, size, deadline_usec);
        if (is_crowded(r))
                keep_what_has_room(r);
}

bool reading_absent(Reading *r, const char *key, bool on_purpose) {
        Finding *f = find(r, key);
        bool news = !f || f->present;

        f = find_or_add(r, key);
        f->present = false;
        f->on_purpose = on_purpose;
        return news;
}

void reading_forget(Reading *r, const char *key) {
        Finding *f = find(r, key);

        if (f)
                drop(r, f);
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

size_t reading_left_out(const Reading *r, const char **ret_key) {
        *ret_key = r->bar ? r->bar : "";
        return r->left_out;
}

static bool commit_present(Reading *r, Table *table, const Finding *f, uint64_t now) {
        const Entry *known = f->same ? table_find(table, f->key) : NULL;
        uint64_t refusals = table_refusals(table);
        bool changed = table_present(table, f->key, known ? known->value : f->value, f->size, f->deadline_usec, now);

        if (table_refusals(table) > refusals)
                leave_out(r, f->key);
        return changed;
}

/* Those that the table knows, or does not know. */
static bool commit_some(Reading *r, Table *table, bool newcomers, bool with_absences, uint64_t now) {
        bool changed = false;

        for (const Finding *f = r->findings; f; f = f->hh.next) {
                if (f->newcomer != newcomers)
                        continue;
                if (f->present)
                        changed |= commit_present(r, table, f, now);
                else if (with_absences)
                        changed |= table_absent(table, f->key, f->on_purpose, now);
        }
        return changed;
}

bool reading_commit(Reading *r, Table *table, bool with_absences, uint64_t now_realtime_usec) {
        if (r->staged_bytes > 0)
                HASH_SORT(r->findings, compare_findings);
        bool changed = commit_some(r, table, false, with_absences, now_realtime_usec);
        if (r->newcomers > 0)
                keep_what_has_room(r);
        changed |= commit_some(r, table, true, with_absences, now_realtime_usec);
        return changed;
}
