/* Reads keys from Redis into a reading: their values, their leases and, for those that are not there, what their
 * writers' manifests say; key and manifest come from one MGET, so that they are of one moment. */
#pragma once

#include "beachhead/keyspace.h"
#include "common/redis-link.h"
#include "common/text.h"
#include "consumer/reading.h"

typedef struct KeyReader {
        RedisLink *link;
        const Keyspace *keyspaces;
        size_t n_keyspaces;
        const Table *table;
        /* The connection was lost: this may be another server, or the same one without its last writes. What is there
         * may be older than what is known: its leases tell. */
        bool doubts;
        bool undecided; /* set where something was older */
} KeyReader;

/* `ok`: everything was read; otherwise the connection ended or Redis answered an error (the link is then being
 * dropped). `absences`: some key is not there that the reading did not know as absent. */
typedef void KeysReadFunc(void *userdata, bool ok, bool absences);

/* Reads `keys` (emptied by the call). Without `decide_absences` a key that is not there is left out of the reading. A
 * key whose value is older than the known one counts as not there, and no manifest that is older says that one has
 * left. Borrows the reader until the end. Calls `done` once, always from the loop or, where the link is not up, from
 * here. */
void keys_read(KeyReader *reader, Reading *reading, StringList *keys, bool decide_absences, KeysReadFunc *done,
               void *userdata);
