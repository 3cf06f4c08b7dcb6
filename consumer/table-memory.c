/* The memory of the table: one JSON document, an entry a line, the same bytes for the same table. Pure. */
#include "common/json-writer.h"
#include "common/json.h"
#include "consumer/table.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { MEMORY_VERSION = 1 };

static const char *const state_names[_ENTRY_STATE_COUNT] = {
        [ENTRY_LIVE] = "live",
        [ENTRY_MISSING] = "missing",
        [ENTRY_GONE] = "gone",
};

static void append_entry(Text *t, const Entry *e) {
        text_append(t, "{\"key\":");
        json_append_string(t, e->key, strlen(e->key));
        text_appendf(t, ",\"state\":\"%s\",\"since\":%" PRIu64 ",\"value\":", state_names[e->state], e->since_usec);
        json_append_string(t, e->value, e->value_size);
        text_append(t, "}");
}

char *table_save(const Table *t) {
        Text text = { 0 };
        size_t count, saved = 0;
        const Entry *const *entries = table_entries(t, &count);

        text_appendf(&text, "{\"version\":%d,\"entries\":[", MEMORY_VERSION);
        for (size_t i = 0; i < count; i++) {
                if (!entries[i]->registration)
                        continue;
                text_append(&text, saved++ > 0 ? ",\n" : "\n");
                append_entry(&text, entries[i]);
        }
        text_append(&text, "\n]}\n");
        return text_take(&text);
}

/* An entry as it was saved; the strings are the document's. */
typedef struct Remembered {
        const char *key, *value;
        EntryState state;
        uint64_t since_usec;
} Remembered;

/* What has no deadline cannot be live, and nothing is missing since a time to come. */
static int remember(const cJSON *item, uint64_t now, Remembered *ret) {
        const char *state = json_string(item, "state", REGISTRATION_TEXT_MAX);
        int64_t since = json_integer(item, "since", -1);

        *ret = (Remembered){
                .key = json_string(item, "key", REGISTRATION_TEXT_MAX),
                .value = json_string(item, "value", REGISTRATION_VALUE_MAX),
                .state = state && strcmp(state, state_names[ENTRY_GONE]) == 0 ? ENTRY_GONE : ENTRY_MISSING,
                .since_usec = since < 0 || (uint64_t)since > now ? now : (uint64_t)since,
        };
        if (!ret->key || !ret->value || !state)
                return -EBADMSG;
        if (strcmp(state, state_names[ENTRY_LIVE]) == 0)
                ret->since_usec = now;
        return 0;
}

/* By since as the table wants it, then as they stand in the document. */
static int compare_remembered(const void *a, const void *b) {
        const Remembered *x = a, *y = b;

        if (x->since_usec != y->since_usec)
                return x->since_usec < y->since_usec ? -1 : 1;
        int r = strcmp(x->key, y->key);
        return r != 0 ? r : strcmp(x->value, y->value);
}

int table_load(Table *t, const char *bytes, size_t size, uint64_t now_realtime_usec) {
        _cleanup_json_ cJSON *memory = size <= TABLE_MEMORY_MAX ? json_parse(bytes, size) : NULL;
        const cJSON *entries = json_member(memory, "entries"), *item;
        _cleanup_free_ Remembered *remembered = NULL;
        size_t count = 0;

        table_clear(t);
        if (!cJSON_IsArray(entries) || json_integer(memory, "version", -1) != MEMORY_VERSION)
                return -EBADMSG;
        cJSON_ArrayForEach (item, entries) {
                array_grow(remembered, count);
                if (remember(item, now_realtime_usec, &remembered[count]) == 0)
                        count++;
        }
        if (count > 1)
                qsort(remembered, count, sizeof *remembered, compare_remembered);
        for (size_t i = 0; i < count; i++)
                table_restore(t, remembered[i].key, remembered[i].value, strlen(remembered[i].value),
                              remembered[i].state, remembered[i].since_usec);
        return 0;
}
