/* Writes to Redis what the owner shares.
 *
 *   idle ──something is due──► values, a batch at a time ──none is due any more──► revision ──► idle
 *     ▲────────────── the lock turned out not to be ours: what is due stays so ──────────┘ */
#include "consumer/certs/exchange-writer.h"

#include "common/text.h"
#include "common/timer.h"
#include "consumer/certs/exchange-scripts.h"
#include "consumer/certs/kept-values.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-id128.h>

enum { LEAST_LEFT_USEC = 5 * 1000 * 1000 }; /* what has no longer to live is not missed */

struct ExchangeWriter {
        RedisLink *link;
        ExchangeWriterPolicy policy;
        ExchangeRevisedFunc *revised;
        void *userdata;
        KeptValues *kept;
        size_t waiting;     /* for so many replies */
        bool refused;       /* one of them said that the lock is not ours */
        bool revision_due;  /* something was written that no revision tells yet */
        char *new_revision; /* is being written */
        size_t checking;    /* so many keys are asked for; 0: none */
};

/* ---- writing ---- */

static void batch_written(ExchangeWriter *w) {
        _cleanup_free_ char *revision = TAKE_PTR(w->new_revision);

        if (w->refused) {
                w->refused = false;
                w->revision_due |= revision != NULL;
                kept_values_failed(w->kept);
                return;
        }
        kept_values_written(w->kept);
        if (revision)
                w->revised(w->userdata, revision);
        exchange_writer_resume(w);
}

static void on_written(void *userdata, redisReply *reply) {
        ExchangeWriter *w = userdata;

        w->waiting--;
        if (!reply)
                return;
        if (reply->type != REDIS_REPLY_INTEGER)
                return redis_link_drop_for(w->link, reply);
        w->refused |= reply->integer != 1;
        if (w->waiting == 0)
                batch_written(w);
}

/* `lifetime` in milliseconds, 0: for ever. */
static void send_write(ExchangeWriter *w, const char *key, const char *text, uint64_t lifetime) {
        char milliseconds[24];

        (void)snprintf(milliseconds, sizeof milliseconds, "%" PRIu64, lifetime);
        redis_link_call(w->link, on_written, w, "EVAL", EXCHANGE_WRITE_SCRIPT, "2", w->policy.lock_key, key,
                        w->policy.token, text, lifetime > 0 ? "PX" : NULL, milliseconds, NULL);
}

/* Followers look for values as soon as they see the revision, so it comes behind them. */
static void write_revision(ExchangeWriter *w) {
        char id[SD_ID128_STRING_MAX];
        sd_id128_t random;

        if (sd_id128_randomize(&random) < 0)
                abort(); /* a kernel without random numbers */
        w->revision_due = false;
        w->new_revision = xasprintf("%s%s", sd_id128_to_string(random, id), w->policy.revision_mark);
        w->waiting = 1;
        send_write(w, w->policy.revision_key, w->new_revision, 0);
}

void exchange_writer_resume(ExchangeWriter *w) {
        KeptValue values[EXCHANGE_WRITES_AT_ONCE];
        uint64_t now = now_usec();

        if (w->waiting > 0 || !redis_link_is_up(w->link))
                return;
        size_t count = kept_values_write(w->kept, now, values, EXCHANGE_WRITES_AT_ONCE);
        if (count == 0 && w->revision_due)
                return write_revision(w);
        w->revision_due |= count > 0;
        w->waiting = count;
        for (size_t i = 0; i < count; i++)
                send_write(w, values[i].key, values[i].text, (values[i].until_usec - now) / 1000 + 1);
}

/* ---- what is kept ---- */

void exchange_writer_put(ExchangeWriter *w, const char *key, char *text, uint64_t until_usec) {
        kept_values_put(w->kept, key, text, until_usec);
        exchange_writer_resume(w);
}

const char *exchange_writer_find(const ExchangeWriter *w, const char *key, uint64_t *ret_until_usec) {
        KeptValue value;

        if (!kept_values_find(w->kept, key, &value))
                return NULL;
        *ret_until_usec = value.until_usec;
        return value.text;
}

void exchange_writer_forget_all(ExchangeWriter *w) {
        kept_values_clear(w->kept);
        w->revision_due = false;
}

void exchange_writer_again(ExchangeWriter *w) {
        kept_values_again(w->kept);
        exchange_writer_resume(w);
}

static void on_counted(void *userdata, redisReply *reply) {
        ExchangeWriter *w = userdata;
        size_t expected = w->checking;

        w->checking = 0;
        if (!reply)
                return;
        if (reply->type != REDIS_REPLY_INTEGER)
                return redis_link_drop_for(w->link, reply);
        if ((uint64_t)reply->integer < expected)
                exchange_writer_again(w);
}

void exchange_writer_check(ExchangeWriter *w) {
        _cleanup_free_ const char **keys = NULL;

        if (w->checking > 0)
                return;
        w->checking = kept_values_keys(w->kept, now_usec() + LEAST_LEFT_USEC, &keys);
        redis_link_send_keys(w->link, on_counted, w, "EXISTS", keys, w->checking);
}

/* The revision, too, may have got lost with the reply to it. */
void exchange_writer_link_down(ExchangeWriter *w) {
        kept_values_failed(w->kept);
        w->revision_due |= w->new_revision != NULL;
        w->refused = false;
        free(TAKE_PTR(w->new_revision));
}

ExchangeWriter *exchange_writer_new(RedisLink *link, ExchangeWriterPolicy policy, ExchangeRevisedFunc *revised,
                                    void *userdata) {
        ExchangeWriter *w = new0(ExchangeWriter);

        *w = (ExchangeWriter){
                .link = link,
                .policy = policy,
                .revised = revised,
                .userdata = userdata,
                .kept = kept_values_new(),
        };
        return w;
}

ExchangeWriter *exchange_writer_free(ExchangeWriter *w) {
        if (!w)
                return NULL;
        w->kept = kept_values_free(w->kept);
        free(w->new_revision);
        free(w);
        return NULL;
}
