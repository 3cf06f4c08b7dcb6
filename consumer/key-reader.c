/* Reads keys from Redis into a reading. */
#include "consumer/key-reader.h"

#include "beachhead/manifest.h"
#include "common/log.h"
#include "common/timer.h"

#include <string.h>

enum {
        LEASE_SLACK_USEC = 50000,           /* by which a lease may end earlier than expected */
        CHUNK_BYTES_MAX = 16 * 1024 * 1024, /* of values in one reply */
        CHUNK_MANIFESTS_MAX = 8,            /* beside them */
};

_Static_assert(CHUNK_BYTES_MAX + CHUNK_MANIFESTS_MAX * MANIFEST_VALUE_MAX < REDIS_REPLY_MAX,
               "what is asked for at once fits in a reply");

/* Milliseconds; what has more left does not expire. (Redis counts up to 292 million years, which is more than our
 * clock.) */
#define LEASE_MAX_MSEC (INT64_C(1000) * 365 * 24 * 3600 * 1000)

/* Keys that are read together: first all leases and sizes, then the values, chunk by chunk. */
typedef struct KeyBatch {
        KeyReader *reader;
        Reading *reading;
        StringList keys;
        uint64_t *deadlines_usec;
        size_t *sizes; /* of the values, as announced */
        size_t n_deadlines, n_sizes;
        bool failed;
        /* the chunk under way: keys [first, end), one MGET */
        size_t first, end;
        StringList manifests; /* keys of the manifests that follow in the MGET */
        bool is_no_manifest[CHUNK_MANIFESTS_MAX];
        size_t n_measured;   /* of these */
        size_t n_words;      /* of the MGET */
        size_t *manifest_of; /* a key's place among them; SIZE_MAX: its writer keeps none */
        uint64_t manifest_deadlines_usec[CHUNK_MANIFESTS_MAX];
        size_t n_manifest_deadlines;
        bool decide_absences, absences;
        KeysReadFunc *done;
        void *userdata;
} KeyBatch;

static KeyBatch *key_batch_free(KeyBatch *b) {
        if (!b)
                return NULL;
        string_list_clear(&b->keys);
        string_list_clear(&b->manifests);
        free(b->manifest_of);
        free(b->sizes);
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
        const Entry *entry = table_find(b->reader->table, key);

        return entry && entry->deadline_usec != UINT64_MAX && now_usec() + LEASE_SLACK_USEC >= entry->deadline_usec;
}

/* The manifests that are there and can be read, in their order, each NULL or owned by the caller, as the array is. */
static Manifest **decode_manifests(const KeyBatch *b, const redisReply *values) {
        Manifest **manifests = xcalloc(b->manifests.count, sizeof(Manifest *));
        size_t next = b->end - b->first;

        for (size_t i = 0; i < b->manifests.count; i++) {
                if (b->is_no_manifest[i])
                        continue;
                const redisReply *value = values->element[next++];
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

/* Whether what has this deadline was written before what is known of the key: a writer's leases are of one length. */
static bool is_older(const KeyBatch *b, const char *key, uint64_t deadline_usec) {
        const Entry *entry = table_find(b->reader->table, key);

        if (!b->reader->doubts || !entry || entry->deadline_usec == UINT64_MAX ||
            entry->deadline_usec - LEASE_SLACK_USEC <= deadline_usec || entry->deadline_usec <= now_usec())
                return false;
        b->reader->undecided = true;
        log_debug("%s: Redis has lost what was written last: it is kept until its writer has written again", key);
        return true;
}

/* Whether the writer's live manifest, read in the same moment, no longer lists the registration; or, without one, its
 * lease is over. */
static bool left_on_purpose(const KeyBatch *b, size_t i, Manifest *const *manifests) {
        const char *key = b->keys.items[i];
        size_t place = b->manifest_of[i];

        if (place == SIZE_MAX)
                return lease_is_over(b, key);
        const Manifest *m = manifests[place];
        uint64_t deadline_usec = b->reader->doubts ? b->manifest_deadlines_usec[place] : UINT64_MAX;
        return m && !manifest_lists(m, keyspace_instance(keyspace_of(b->reader, key), key)) &&
               !is_older(b, key, deadline_usec);
}

/* ---- values ---- */

static void read_chunk(KeyBatch *b);

static void finish(KeyBatch *batch) {
        _cleanup_(key_batch_freep) KeyBatch *b = batch;

        b->done(b->userdata, !b->failed, b->absences);
}

/* Whether the key holds something else than is known of it, from before that. */
static bool is_former_value(const KeyBatch *b, size_t i, const redisReply *value) {
        const Entry *known = table_find(b->reader->table, b->keys.items[i]);

        return known && known->registration &&
               (known->value_size != value->len || memcmp(known->value, value->str, value->len) != 0) &&
               is_older(b, b->keys.items[i], b->deadlines_usec[i]);
}

static void take_values(KeyBatch *b, const redisReply *values) {
        Manifest **manifests = decode_manifests(b, values);

        for (size_t i = b->first; i < b->end; i++) {
                const redisReply *value = values->element[i - b->first];
                const char *key = b->keys.items[i];
                bool is_string = value->type == REDIS_REPLY_STRING, former = is_string && is_former_value(b, i, value);
                if (is_string && !former)
                        reading_present(b->reading, key, value->str, value->len, b->deadlines_usec[i]);
                else if (b->decide_absences && former)
                        b->absences |= reading_absent(b->reading, key, false);
                else if (b->decide_absences)
                        b->absences |= reading_absent(b->reading, key, left_on_purpose(b, i, manifests));
        }
        free_manifests(b, manifests);
}

static void on_values(void *userdata, redisReply *reply) {
        KeyBatch *b = userdata;

        if (reply && (reply->type != REDIS_REPLY_ARRAY || reply->elements != b->n_words))
                redis_link_drop_for(b->reader->link, reply);
        b->failed = !reply || !redis_link_is_up(b->reader->link);
        if (b->failed)
                return finish(b);
        take_values(b, reply);
        b->first = b->end;
        read_chunk(b);
}

/* Adds the manifest to those of the chunk, each once; returns its place. Owns the key. */
static size_t add_manifest(KeyBatch *b, char *manifest_key) {
        for (size_t i = 0; i < b->manifests.count; i++)
                if (strcmp(b->manifests.items[i], manifest_key) == 0) {
                        free(manifest_key);
                        return i;
                }
        string_list_take(&b->manifests, manifest_key);
        return b->manifests.count - 1;
}

static void find_manifest(KeyBatch *b, size_t i) {
        char *manifest_key = b->decide_absences ? manifest_key_of(b->reader, b->keys.items[i]) : NULL;

        b->manifest_of[i] = manifest_key ? add_manifest(b, manifest_key) : SIZE_MAX;
}

/* As many keys as fit, with the manifests that speak for them, but at least one. */
static void choose_chunk(KeyBatch *b) {
        size_t bytes = 0;

        string_list_clear(&b->manifests);
        for (b->end = b->first; b->end < b->keys.count; b->end++) {
                bytes += b->sizes[b->end];
                if (b->end > b->first && (bytes > CHUNK_BYTES_MAX || b->manifests.count == CHUNK_MANIFESTS_MAX))
                        return;
                find_manifest(b, b->end);
        }
}

static uint64_t deadline_of(const redisReply *lease) {
        if (lease->type != REDIS_REPLY_INTEGER || lease->integer == -1 || lease->integer >= LEASE_MAX_MSEC)
                return UINT64_MAX;
        return now_usec() + (lease->integer > 0 ? (uint64_t)lease->integer * 1000 : 0);
}

static void on_manifest_lease(void *userdata, redisReply *reply) {
        KeyBatch *b = userdata;

        if (reply)
                b->manifest_deadlines_usec[b->n_manifest_deadlines++] = deadline_of(reply);
}

static void ask_manifest_leases(KeyBatch *b) {
        b->n_manifest_deadlines = 0;
        for (size_t i = 0; i < b->manifests.count; i++)
                redis_link_call(b->reader->link, on_manifest_lease, b, "PTTL", b->manifests.items[i], NULL);
}

static void fetch_chunk(KeyBatch *b) {
        _cleanup_free_ const char **words = xcalloc(b->end - b->first + b->manifests.count, sizeof *words);
        size_t count = 0;

        for (size_t i = b->first; i < b->end; i++)
                words[count++] = b->keys.items[i];
        for (size_t i = 0; i < b->manifests.count; i++)
                if (!b->is_no_manifest[i])
                        words[count++] = b->manifests.items[i];
        b->n_words = count;
        redis_link_send_keys(b->reader->link, on_values, b, "MGET", words, count);
}

/* What is too large for a manifest is none, and not fetched. */
static void on_manifest_size(void *userdata, redisReply *reply) {
        KeyBatch *b = userdata;

        b->failed |= !reply;
        b->is_no_manifest[b->n_measured++] =
                reply && reply->type == REDIS_REPLY_INTEGER && reply->integer > MANIFEST_VALUE_MAX;
        if (b->n_measured < b->manifests.count)
                return;
        if (b->failed)
                return finish(b);
        fetch_chunk(b);
}

static void read_chunk(KeyBatch *b) {
        if (b->first == b->keys.count)
                return finish(b);
        choose_chunk(b);
        if (b->reader->doubts)
                ask_manifest_leases(b);
        b->n_measured = 0;
        if (b->manifests.count == 0)
                return fetch_chunk(b);
        for (size_t i = 0, count = b->manifests.count; i < count; i++) /* the last call may free the batch */
                redis_link_call(b->reader->link, on_manifest_size, b, "STRLEN", b->manifests.items[i], NULL);
}

/* ---- leases and sizes ---- */

static void on_lease(void *userdata, redisReply *reply) {
        KeyBatch *b = userdata;

        if (!reply)
                return;
        b->deadlines_usec[b->n_deadlines++] = deadline_of(reply);
}

/* What is too large is there and can be nothing: it is not fetched. */
static void leave_out_what_is_too_large(KeyBatch *b) {
        size_t kept = 0;

        for (size_t i = 0; i < b->keys.count; i++) {
                if (b->sizes[i] > REGISTRATION_VALUE_MAX) {
                        reading_present(b->reading, b->keys.items[i], NULL, b->sizes[i], b->deadlines_usec[i]);
                        free(b->keys.items[i]);
                        continue;
                }
                b->keys.items[kept] = b->keys.items[i];
                b->deadlines_usec[kept] = b->deadlines_usec[i];
                b->sizes[kept++] = b->sizes[i];
        }
        b->keys.count = kept;
}

/* What is no string is not there for MGET either; a lease that is over meanwhile has the size 0. */
static size_t size_told(const redisReply *reply) {
        if (reply->type == REDIS_REPLY_INTEGER)
                return (size_t)reply->integer;
        return reply->type == REDIS_REPLY_ERROR && has_prefix(reply->str, "WRONGTYPE") ? TABLE_NO_STRING : 0;
}

static void on_size(void *userdata, redisReply *reply) {
        KeyBatch *b = userdata;

        b->failed |= !reply;
        b->sizes[b->n_sizes++] = reply ? size_told(reply) : 0;
        if (b->n_sizes < b->keys.count)
                return;
        if (b->failed)
                return finish(b);
        leave_out_what_is_too_large(b);
        read_chunk(b);
}

void keys_read(KeyReader *reader, Reading *reading, StringList *keys, bool decide_absences, KeysReadFunc *done,
               void *userdata) {
        KeyBatch *b = new0(KeyBatch);
        size_t count = keys->count;

        *b = (KeyBatch){
                .reader = reader,
                .reading = reading,
                .keys = *keys,
                .deadlines_usec = xcalloc(count, sizeof(uint64_t)),
                .sizes = xcalloc(count, sizeof(size_t)),
                .manifest_of = xcalloc(count, sizeof(size_t)),
                .decide_absences = decide_absences,
                .done = done,
                .userdata = userdata,
        };
        *keys = (StringList){ 0 };
        for (size_t i = 0; i < count; i++) { /* the last call of the last key may free the batch */
                redis_link_call(reader->link, on_lease, b, "PTTL", b->keys.items[i], NULL);
                redis_link_call(reader->link, on_size, b, "STRLEN", b->keys.items[i], NULL);
        }
}
