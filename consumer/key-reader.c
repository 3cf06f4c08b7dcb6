/* Reads keys from Redis into a reading. */
#include "consumer/key-reader.h"

#include "beachhead/manifest.h"
#include "common/timer.h"

#include <string.h>

enum { LEASE_SLACK_USEC = 50000 }; /* how much earlier than expected a lease may be over */

/* Milliseconds; what has more left does not expire. (Redis counts up to 292 million years, which is more than our
 * clock.) */
#define LEASE_MAX_MSEC (INT64_C(1000) * 365 * 24 * 3600 * 1000)

/* One MGET and the PTTLs before it. */
typedef struct KeyBatch {
        KeyReader reader;
        Reading *reading;
        StringList keys;
        StringList manifests; /* keys of the manifests that follow in the MGET */
        size_t *manifest_of;  /* a key's place among them; SIZE_MAX: its writer keeps none */
        uint64_t *deadlines_usec;
        size_t n_deadlines;
        bool decide_absences;
        KeysReadFunc *done;
        void *userdata;
} KeyBatch;

static KeyBatch *key_batch_free(KeyBatch *b) {
        if (!b)
                return NULL;
        string_list_clear(&b->keys);
        string_list_clear(&b->manifests);
        free(b->manifest_of);
        free(b->deadlines_usec);
        free(b);
        return NULL;
}

DEFINE_CLEANUP(KeyBatch *, key_batch_free);

static const Keyspace *keyspace_of(const KeyReader *reader, const char *key) {
        for (size_t i = 0; i < reader->n_keyspaces; i++)
                if (keyspace_instance(&reader->keyspaces[i], key))
                        return &reader->keyspaces[i];
        return NULL;
}

/* The key of the manifest that speaks for a registration in the table, owned by the caller; NULL: its writer keeps
 * none. */
static char *manifest_key_of(const KeyReader *reader, const char *key) {
        const Entry *entry = table_find(reader->table, key);
        const Keyspace *keyspace = keyspace_of(reader, key);

        if (!entry || !keyspace)
                return NULL;
        const char *node = keyspace_node(keyspace_instance(keyspace, key));
        if (!node && entry->registration)
                node = entry->registration->machine;
        return node && keyspace_node_is_valid(node) ? keyspace_manifest_key(keyspace, node) : NULL;
}

/* ---- what is not there ---- */

/* Without a manifest only the lease itself can say that it is over. */
static bool lease_is_over(const KeyBatch *b, const char *key) {
        const Entry *entry = table_find(b->reader.table, key);

        return entry && entry->deadline_usec != UINT64_MAX && now_usec() + LEASE_SLACK_USEC >= entry->deadline_usec;
}

/* The manifests that are there and can be read, in their order, each NULL or owned by the caller, as the array is. */
static Manifest **decode_manifests(const KeyBatch *b, const redisReply *values) {
        Manifest **manifests = xcalloc(b->manifests.count, sizeof(Manifest *));

        for (size_t i = 0; i < b->manifests.count; i++) {
                const redisReply *value = values->element[b->keys.count + i];
                if (value->type == REDIS_REPLY_STRING)
                        (void)manifest_decode(&manifests[i], value->str, value->len);
        }
        return manifests;
}

static void free_manifests(const KeyBatch *b, Manifest **manifests) {
        for (size_t i = 0; i < b->manifests.count; i++)
                (void)manifest_free(manifests[i]);
        free(manifests);
}

/* Whether the writer's live manifest, read in the same moment, no longer lists the registration; or, without one, its
 * lease is over. */
static bool left_on_purpose(const KeyBatch *b, size_t i, Manifest *const *manifests) {
        const char *key = b->keys.items[i];

        if (b->manifest_of[i] == SIZE_MAX)
                return lease_is_over(b, key);
        const Manifest *m = manifests[b->manifest_of[i]];
        return m && !manifest_lists(m, keyspace_instance(keyspace_of(&b->reader, key), key));
}

/* ---- the replies ---- */

static void on_lease(void *userdata, redisReply *reply) {
        KeyBatch *b = userdata;

        if (!reply)
                return;
        uint64_t deadline = UINT64_MAX;
        if (reply->type == REDIS_REPLY_INTEGER && reply->integer != -1 && reply->integer < LEASE_MAX_MSEC)
                deadline = now_usec() + (reply->integer > 0 ? (uint64_t)reply->integer * 1000 : 0);
        b->deadlines_usec[b->n_deadlines++] = deadline;
}

/* Returns whether anything is absent that the reading did not know. */
static bool take_values(KeyBatch *b, const redisReply *values) {
        Manifest **manifests = decode_manifests(b, values);
        bool absences = false;

        for (size_t i = 0; i < b->keys.count; i++) {
                const redisReply *value = values->element[i];
                const char *key = b->keys.items[i];
                if (value->type == REDIS_REPLY_STRING)
                        reading_present(b->reading, key, value->str, value->len, b->deadlines_usec[i]);
                else if (b->decide_absences)
                        absences |= reading_absent(b->reading, key, left_on_purpose(b, i, manifests));
        }
        free_manifests(b, manifests);
        return absences;
}

static void on_values(void *userdata, redisReply *reply) {
        _cleanup_(key_batch_freep) KeyBatch *b = userdata;

        if (reply && (reply->type != REDIS_REPLY_ARRAY || reply->elements != b->keys.count + b->manifests.count))
                redis_link_drop(b->reader.link, reply->str ? reply->str : "a reply of the wrong type");
        if (!reply || !redis_link_is_up(b->reader.link))
                return b->done(b->userdata, false, false);
        bool absences = take_values(b, reply);
        b->done(b->userdata, true, absences);
}

/* Adds the manifest to those of the batch, each once; returns its place. Owns the key. */
static size_t add_manifest(KeyBatch *b, char *manifest_key) {
        for (size_t i = 0; i < b->manifests.count; i++)
                if (strcmp(b->manifests.items[i], manifest_key) == 0) {
                        free(manifest_key);
                        return i;
                }
        string_list_take(&b->manifests, manifest_key);
        return b->manifests.count - 1;
}

void keys_read(const KeyReader *reader, Reading *reading, StringList *keys, bool decide_absences, KeysReadFunc *done,
               void *userdata) {
        KeyBatch *b = new0(KeyBatch);

        *b = (KeyBatch){
                .reader = *reader,
                .reading = reading,
                .keys = *keys,
                .manifest_of = xcalloc(keys->count, sizeof(size_t)),
                .deadlines_usec = xcalloc(keys->count, sizeof(uint64_t)),
                .decide_absences = decide_absences,
                .done = done,
                .userdata = userdata,
        };
        *keys = (StringList){ 0 };
        for (size_t i = 0; decide_absences && i < b->keys.count; i++) {
                char *manifest_key = manifest_key_of(reader, b->keys.items[i]);
                b->manifest_of[i] = manifest_key ? add_manifest(b, manifest_key) : SIZE_MAX;
        }
        for (size_t i = 0; i < b->keys.count; i++)
                redis_link_call(reader->link, on_lease, b, "PTTL", b->keys.items[i], NULL);

        size_t count = b->keys.count + b->manifests.count;
        _cleanup_free_ const char **words = xcalloc(count, sizeof *words);
        for (size_t i = 0; i < count; i++)
                words[i] = i < b->keys.count ? b->keys.items[i] : b->manifests.items[i - b->keys.count];
        redis_link_send_keys(reader->link, on_values, b, "MGET", words, count);
}
