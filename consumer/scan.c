/* A walk over all keys. Other keys in the same Redis cost steps, too, which find nothing. */
#include "consumer/scan.h"

#include "common/redis-scan.h"
#include "consumer/subscriber.h"

#include <stdio.h>
#include <string.h>

void scan_rewind(Scan *s) {
        s->keyspace = 0;
        free(TAKE_PTR(s->cursor));
}

bool scan_has_ended(const Scan *s) {
        return s->keyspace == s->reader->n_keyspaces;
}

static void move_on(Scan *s, const char *cursor) {
        bool is_last = strcmp(cursor, "0") == 0;

        s->keyspace += is_last;
        REPLACE_PTR(s->cursor, is_last ? NULL : xstrdup(cursor));
}

static void on_keys_read(void *userdata, bool ok, bool absences) {
        Scan *s = userdata;

        (void)absences;
        s->done(s->userdata, ok);
}

static void on_scanned(void *userdata, redisReply *reply) {
        Scan *s = userdata;
        StringList keys = { 0 };

        if (reply && !redis_is_scan_step(reply))
                redis_link_drop_for(s->reader->link, reply);
        if (!reply || !redis_link_is_up(s->reader->link))
                return s->done(s->userdata, false);
        const Keyspace *keyspace = &s->reader->keyspaces[s->keyspace];
        const redisReply *found = reply->element[1];
        for (size_t i = 0; i < found->elements; i++)
                if (keyspace_instance(keyspace, found->element[i]->str) &&
                    reading_wants(s->reading, found->element[i]->str))
                        string_list_add(&keys, found->element[i]->str);
        move_on(s, reply->element[0]->str);
        if (keys.count == 0)
                return s->done(s->userdata, true);
        keys_read(s->reader, s->reading, &keys, false, on_keys_read, s);
}

void scan_step(Scan *s, Reading *reading, ScanStepFunc *done, void *userdata) {
        _cleanup_free_ char *pattern = xasprintf("%s*", s->reader->keyspaces[s->keyspace].registrations);
        char count[16];

        s->reading = reading;
        s->done = done;
        s->userdata = userdata;
        (void)snprintf(count, sizeof count, "%d", SUBSCRIBER_BATCH);
        redis_link_call(s->reader->link, on_scanned, s, "SCAN", s->cursor ? s->cursor : "0", "MATCH", pattern, "COUNT",
                        count, NULL);
}
