/* The table: what is registered, what is missing and held, what has gone and lingers. Pure. */
#include "consumer/table.h"

#include "consumer/table-record.h"

#include <stdlib.h>
#include <string.h>

#define uthash_fatal(message) abort()
#include <uthash.h>

/* All that is known of one key. */
struct Slot {
        char *key;
        Record *current;  /* live or missing; NULL: neither */
        RecordList gone;  /* what it held before */
        uint64_t refused; /* fingerprint of the bytes that could not be read; 0: none */
        UT_hash_handle hh;
};

typedef struct Snapshot {
        const Entry **entries;
        size_t count;
        bool valid;
} Snapshot;

struct Table {
        TablePolicy policy;
        Slot *slots;
        RecordList lists[_ENTRY_STATE_COUNT];
        Snapshot *snapshot;
        TableProblemFunc *problem;
        void *userdata;
        bool is_full; /* and it was said */
};

static void ignore_problem(void *userdata, const char *key, const char *domain, const char *reason) {
        (void)userdata, (void)key, (void)domain, (void)reason;
}

Table *table_new(TablePolicy policy) {
        Table *t = new0(Table);

        t->policy = policy;
        t->snapshot = new0(Snapshot);
        t->problem = ignore_problem;
        return t;
}

void table_on_problem(Table *t, TableProblemFunc *problem, void *userdata) {
        t->problem = problem;
        t->userdata = userdata;
}

static size_t total(const Table *t) {
        return t->lists[ENTRY_LIVE].count + t->lists[ENTRY_MISSING].count + t->lists[ENTRY_GONE].count;
}

/* ---- what becomes of a key's current record ---- */

/* Enters the list of its state. */
static void enter(Table *t, Record *r, EntryState state, uint64_t since) {
        record_list_clamp(&t->lists[state], since);
        r->entry.state = state;
        r->entry.since_usec = since;
        record_list_append(&t->lists[state], r, LINK_STATE);
        t->snapshot->valid = false;
}

static void leave(Table *t, Record *r) {
        record_list_remove(&t->lists[r->entry.state], r, LINK_STATE);
        t->snapshot->valid = false;
}

static void set_current(Table *t, Slot *slot, Record *r, EntryState state, uint64_t since) {
        slot->current = r;
        enter(t, r, state, since);
}

/* The caller owns it. */
static Record *take_current(Table *t, Slot *slot) {
        Record *r = TAKE_PTR(slot->current);

        leave(t, r);
        return r;
}

static void forget_gone(Table *t, Slot *slot, Record *r) {
        record_list_remove(&slot->gone, r, LINK_KEY);
        leave(t, r);
        record_free(r);
}

static void add_gone(Table *t, Slot *slot, Record *r, uint64_t since) {
        record_list_append(&slot->gone, r, LINK_KEY);
        enter(t, r, ENTRY_GONE, since);
        if (slot->gone.count > TABLE_GONE_PER_KEY_MAX)
                forget_gone(t, slot, slot->gone.first);
}

/* The key no longer holds it; returns whether sites may differ. */
static bool retire(Table *t, Slot *slot, uint64_t now) {
        Record *r = take_current(t, slot);
        bool differs = r->entry.registration;

        if (differs && t->policy.linger_usec > 0)
                add_gone(t, slot, r, now);
        else
                record_free(r);
        return differs;
}

/* It is not there, and nobody says that it is gone; returns whether sites may differ. */
static bool miss(Table *t, Slot *slot, uint64_t now) {
        if (!slot->current->entry.registration || t->policy.hold_max_usec == 0)
                return retire(t, slot, now);
        if (slot->current->entry.state == ENTRY_MISSING)
                return false;
        set_current(t, slot, take_current(t, slot), ENTRY_MISSING, now);
        return true;
}

static bool revive(Table *t, Slot *slot) {
        if (slot->current->entry.state == ENTRY_LIVE)
                return false;
        set_current(t, slot, take_current(t, slot), ENTRY_LIVE, 0);
        return true;
}

/* ---- keys ---- */

static Slot *slot_find(const Table *t, const char *key) {
        Slot *slot = NULL;

        HASH_FIND_STR(t->slots, key, slot);
        return slot;
}

/* Frees the slot where nothing is left in it. */
static void slot_release(Table *t, Slot *slot) {
        if (slot->current || slot->gone.first)
                return;
        HASH_DEL(t->slots, slot);
        free(slot->key);
        free(slot);
}

/* And the slot with it, where it was the last one in it. */
static void drop_gone(Table *t, Record *r) {
        Slot *slot = r->slot;

        forget_gone(t, slot, r);
        slot_release(t, slot);
}

/* The slot of the key, perhaps a new one; NULL where the table is full. What is gone makes room. */
static Slot *slot_get(Table *t, const char *key) {
        if (total(t) >= TABLE_ENTRIES_MAX && t->lists[ENTRY_GONE].first)
                drop_gone(t, t->lists[ENTRY_GONE].first);
        Slot *slot = slot_find(t, key);
        if (slot)
                return slot;
        if (total(t) >= TABLE_ENTRIES_MAX) {
                if (!t->is_full)
                        t->problem(t->userdata, key, NULL, "the table is full, new keys are left out");
                t->is_full = true;
                return NULL;
        }
        t->is_full = false;
        slot = new0(Slot);
        slot->key = xstrdup(key);
        HASH_ADD_KEYPTR(hh, t->slots, slot->key, strlen(slot->key), slot);
        return slot;
}

/* ---- readings ---- */

/* FNV-1a, never 0: enough to see that bytes which could not be read are the same again. */
static uint64_t fingerprint(const char *bytes, size_t size) {
        uint64_t hash = 14695981039346656037u ^ size;

        for (size_t i = 0; i < size && size <= REGISTRATION_VALUE_MAX; i++)
                hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
        return hash | 1;
}

typedef struct Reading {
        const Table *table;
        const char *key;
        EntryProblems *problems;
} Reading;

static void take_problem(void *userdata, const char *domain, const char *reason) {
        const Reading *reading = userdata;

        entry_problems_add(reading->problems, domain, reason);
        reading->table->problem(reading->table->userdata, reading->key, domain, reason);
}

/* NULL where nothing of it can be read. What is left out is told, and added to `problems`. */
static Registration *decode(const Table *t, const char *key, const char *value, size_t size, EntryProblems *problems) {
        Registration *registration = NULL;
        Reading reading = { t, key, problems };

        if (registration_decode(&registration, value, size, take_problem, &reading) < 0)
                take_problem(&reading, NULL,
                             size > REGISTRATION_VALUE_MAX ? "the value is larger than a registration may be"
                                                           : "the value is no JSON array");
        return registration;
}

/* Keeps the last good registration for as long as what is missing is kept. */
static bool refuse_value(Table *t, Slot *slot, uint64_t print, EntryProblems *problems, uint64_t now) {
        bool changed = false, again = slot->refused == print;

        slot->refused = print;
        if (slot->current && slot->current->entry.registration)
                changed = miss(t, slot, now);
        if (!slot->current)
                set_current(t, slot, record_new(slot, slot->key, "", 0, NULL), ENTRY_LIVE, 0);
        if (!again)
                entry_problems_replace(&slot->current->entry.refused, problems);
        return changed;
}

/* The key no longer holds what could not be read. */
static void end_refusal(Slot *slot) {
        slot->refused = 0;
        entry_problems_done(&slot->current->entry.refused);
}

static bool take_value(Table *t, Slot *slot, const char *value, size_t size, uint64_t now) {
        _cleanup_(entry_problems_done) EntryProblems problems = { 0 };

        if (slot->current && record_has_value(slot->current, value, size)) {
                end_refusal(slot);
                return revive(t, slot);
        }
        uint64_t print = fingerprint(value, size);
        Registration *registration = slot->refused == print ? NULL : decode(t, slot->key, value, size, &problems);
        if (!registration)
                return refuse_value(t, slot, print, &problems, now);
        slot->refused = 0;
        if (slot->current)
                (void)retire(t, slot, now);
        set_current(t, slot, record_new(slot, slot->key, value, size, registration), ENTRY_LIVE, 0);
        entry_problems_replace(&slot->current->entry.problems, &problems);
        return true;
}

bool table_present(Table *t, const char *key, const char *value, size_t size, uint64_t deadline_usec,
                   uint64_t now_realtime_usec) {
        Slot *slot = slot_get(t, key);

        if (!slot)
                return false;
        bool changed = take_value(t, slot, value, size, now_realtime_usec);
        slot->current->entry.deadline_usec = deadline_usec;
        return changed;
}

bool table_absent(Table *t, const char *key, bool on_purpose, uint64_t now_realtime_usec) {
        Slot *slot = slot_find(t, key);

        if (!slot || !slot->current)
                return false;
        end_refusal(slot);
        bool changed = on_purpose ? retire(t, slot, now_realtime_usec) : miss(t, slot, now_realtime_usec);
        slot_release(t, slot);
        return changed;
}

void table_restore(Table *t, const char *key, const char *value, size_t size, EntryState state, uint64_t since_usec) {
        Slot *slot = slot_get(t, key);

        if (!slot)
                return;
        bool wanted = state == ENTRY_GONE ? slot->gone.count < TABLE_GONE_PER_KEY_MAX : !slot->current;
        _cleanup_(entry_problems_done) EntryProblems problems = { 0 };
        Registration *registration = wanted ? decode(t, key, value, size, &problems) : NULL;
        Record *r = registration ? record_new(slot, slot->key, value, size, registration) : NULL;
        if (r)
                entry_problems_replace(&r->entry.problems, &problems);
        if (r && state == ENTRY_GONE)
                add_gone(t, slot, r, since_usec);
        else if (r)
                set_current(t, slot, r, state, since_usec);
        slot_release(t, slot);
}

/* ---- time ---- */

static uint64_t expiry(const Record *r, uint64_t after) {
        uint64_t end;

        return !r || __builtin_add_overflow(r->entry.since_usec, after, &end) ? UINT64_MAX : end;
}

uint64_t table_next_expiry(const Table *t) {
        uint64_t hold_ends = expiry(t->lists[ENTRY_MISSING].first, t->policy.hold_max_usec);
        uint64_t linger_ends = expiry(t->lists[ENTRY_GONE].first, t->policy.linger_usec);

        return hold_ends < linger_ends ? hold_ends : linger_ends;
}

bool table_expire(Table *t, uint64_t now_realtime_usec) {
        bool changed = false;
        Record *r, *next;

        record_list_clamp(&t->lists[ENTRY_MISSING], now_realtime_usec);
        record_list_clamp(&t->lists[ENTRY_GONE], now_realtime_usec);
        for (r = t->lists[ENTRY_MISSING].first; r && expiry(r, t->policy.hold_max_usec) <= now_realtime_usec;
             r = next) {
                Slot *slot = r->slot;
                next = r->links[LINK_STATE].after;
                (void)retire(t, slot, now_realtime_usec);
                slot_release(t, slot);
                changed = true;
        }
        for (r = t->lists[ENTRY_GONE].first; r && expiry(r, t->policy.linger_usec) <= now_realtime_usec; r = next) {
                next = r->links[LINK_STATE].after;
                drop_gone(t, r);
                changed = true;
        }
        return changed;
}

/* ---- looking ---- */

const Entry *table_find(const Table *t, const char *key) {
        const Slot *slot = slot_find(t, key);

        return slot && slot->current ? &slot->current->entry : NULL;
}

static int compare_entries(const void *a, const void *b) {
        const Entry *x = *(const Entry *const *)a, *y = *(const Entry *const *)b;
        int r = x->key == y->key ? 0 : strcmp(x->key, y->key);

        if (r != 0)
                return r;
        if (x->state != y->state)
                return x->state < y->state ? -1 : 1;
        if (x->since_usec != y->since_usec)
                return x->since_usec < y->since_usec ? -1 : 1;
        return strcmp(x->value, y->value);
}

static void snapshot_take(Snapshot *s, const Table *t) {
        const Record *r;

        s->entries = xrealloc(s->entries, total(t), sizeof *s->entries);
        s->count = 0;
        for (int state = 0; state < _ENTRY_STATE_COUNT; state++)
                for (r = t->lists[state].first; r; r = r->links[LINK_STATE].after)
                        s->entries[s->count++] = &r->entry;
        if (s->count > 1)
                qsort(s->entries, s->count, sizeof *s->entries, compare_entries);
        s->valid = true;
}

const Entry *const *table_entries(const Table *t, size_t *ret_count) {
        if (!t->snapshot->valid)
                snapshot_take(t->snapshot, t);
        *ret_count = t->snapshot->count;
        return t->snapshot->entries;
}

size_t table_count(const Table *t, EntryState state) {
        return t->lists[state].count;
}

static void slot_clear(Table *t, Slot *slot) {
        if (slot->current)
                record_free(take_current(t, slot));
        for (Record *r = slot->gone.first, *next; r; r = next) {
                next = r->links[LINK_KEY].after;
                forget_gone(t, slot, r);
        }
}

void table_clear(Table *t) {
        Slot *slot = NULL, *next = NULL;

        HASH_ITER (hh, t->slots, slot, next) {
                slot_clear(t, slot);
                slot_release(t, slot);
        }
}

Table *table_free(Table *t) {
        if (!t)
                return NULL;
        table_clear(t);
        free(t->snapshot->entries);
        free(t->snapshot);
        free(t);
        return NULL;
}
