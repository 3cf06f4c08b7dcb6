/* The subscriber: two connections, one reading at a time.
 *
 *   idle ──a pass is due──► scanning ──► fencing ──► reading ──┬─nothing new is absent──► commit ──► idle
 *     └────names heard, deadlines──────────────────► reading ◄─┘
 *                                          ▲────fencing◄─────something new is absent
 *
 * A pass over a Redis that holds much else takes long. Once everything is known, it is set aside again and again while
 * it scans, so that what is heard meanwhile is read and committed at once, and Redis has time for others. What the
 * pass had found of such names is forgotten: at its end it reads what is known and it has not seen.
 *
 * A fence is a message of our own: once it is heard, every hint that was sent before it has been heard too. So a key
 * that was read as absent is believed only after a fence, and after whatever was heard until then has been read. */
#include "consumer/subscriber.h"

#include "common/log.h"
#include "common/redis-link.h"
#include "common/text.h"
#include "common/timer.h"
#include "consumer/fence.h"
#include "consumer/heard.h"
#include "consumer/key-reader.h"
#include "consumer/listener.h"
#include "consumer/reading.h"
#include "consumer/scan.h"

#include <string.h>

#define USEC_PER_SEC UINT64_C(1000000)

typedef enum Phase {
        PHASE_IDLE,
        PHASE_SCANNING,
        PHASE_FENCING,
        PHASE_READING,
} Phase;

struct Subscriber {
        sd_event *event;
        SubscriberPolicy policy;
        SubscriberHandlers handlers;
        Table *table;
        KeyReader reader; /* commands go through its link */
        Listener *listener;
        Fence *fence;
        Heard *heard;
        bool scan_due;
        bool has_read; /* everything, once */
        /* the reading under way */
        Phase phase;
        Reading *reading;
        uint64_t began_usec;
        uint64_t stretch_usec; /* since when it has been going on without a rest */
        unsigned steps;        /* of scanning since then */
        bool full;
        bool aborted;       /* a link was lost: to be thrown away at the next reply */
        bool deaf;          /* too many names were heard to keep: what is absent must not be believed */
        unsigned undecided; /* readings in a row that ended without a quiet round */
        unsigned rounds;    /* of reading, each after a fence */
        StringList to_read; /* in this round */
        bool news;          /* this round has found something absent that the reading did not know */
        Scan scan;
        /* the pass that is set aside */
        Reading *aside; /* NULL: none is */
        uint64_t aside_began_usec;
        bool aside_has_waited; /* for another reading */
        /* when to look again */
        uint64_t next_deadline_usec;
        uint64_t looked_until_usec; /* what was over by then has been read again, or is heard */
        bool pausing;
        sd_event_source *interval, *deadline, *pause;
        char *down_reason; /* NULL: both links are up */
};

static void proceed(Subscriber *s);
static void begin_round(Subscriber *s);
static int on_deadline(sd_event_source *timer, uint64_t usec, void *userdata);
static int on_pause_over(sd_event_source *timer, uint64_t usec, void *userdata);

/* What there is no room for is found by the next pass; until then, nothing that is absent is believed. */
static void hear(Subscriber *s, const char *key) {
        if (!heard_add(&s->heard, key))
                s->deaf = s->scan_due = true;
}

/* ---- the end of a reading ---- */

static void end_reading(Subscriber *s) {
        s->reading = reading_free(s->reading);
        string_list_clear(&s->to_read);
        fence_lower(s->fence);
        s->phase = PHASE_IDLE;
        s->aborted = false;
}

/* What was staged is of no use any more. A command that is under way ends the reading when its reply comes. */
static void abort_reading(Subscriber *s) {
        s->scan_due = true;
        s->aside = reading_free(s->aside);
        if (s->phase == PHASE_FENCING)
                end_reading(s);
        else
                s->aborted = s->phase != PHASE_IDLE;
}

/* The earliest moment at which something that is known may be over. */
static uint64_t table_next_deadline(const Table *t, uint64_t after_usec) {
        const Entry *e = NULL;
        uint64_t next = UINT64_MAX;

        for (EntryState state = ENTRY_LIVE; state < ENTRY_GONE; state++)
                while ((e = table_next(t, state, e)))
                        if (e->deadline_usec > after_usec && e->deadline_usec < next)
                                next = e->deadline_usec;
        return next;
}

static void look_at_deadline(Subscriber *s, uint64_t deadline_usec) {
        uint64_t now = now_usec();

        s->next_deadline_usec = deadline_usec;
        if (deadline_usec == UINT64_MAX)
                timer_stop(s->deadline);
        else
                timer_arm(&s->deadline, s->event,
                          (deadline_usec > now ? deadline_usec - now : 0) + SUBSCRIBER_LATE_MSEC * 1000, on_deadline,
                          s);
}

static void pause_reading(Subscriber *s, uint64_t usec) {
        s->pausing = true;
        timer_arm(&s->pause, s->event, usec, on_pause_over, s);
}

/* A flood of hints must not keep the process busy, nor a pass Redis: it rests as long as the reading took. */
static void rest(Subscriber *s) {
        uint64_t took_usec = now_usec() - s->stretch_usec, least_usec = SUBSCRIBER_PAUSE_MSEC * 1000;

        pause_reading(s, took_usec > least_usec ? took_usec : least_usec);
}

/* What one key's reading leaves out, the next pass counts. */
static void note_left_out(const Subscriber *s) {
        const char *key;
        size_t count = reading_left_out(s->reading, &key);

        if (s->full || count > table_left_out(s->table))
                table_set_left_out(s->table, count, key);
}

static void commit(Subscriber *s, bool with_absences) {
        uint64_t next = reading_next_deadline(s->reading);
        bool full = s->full;
        bool changed = reading_commit(s->reading, s->table, with_absences, s->handlers.now(s->handlers.userdata));

        s->has_read |= full;
        if (full && with_absences && !s->reader.undecided)
                s->reader.doubts = false;
        note_left_out(s);
        s->scan_due |= !with_absences;
        s->undecided = with_absences ? 0 : s->undecided;
        /* A lease that ended while it was read was there then: it is looked at once more. What only a pass would have
         * read is still to be looked at. */
        if (full || s->began_usec < s->looked_until_usec)
                s->looked_until_usec = s->began_usec;
        if (full)
                look_at_deadline(s, table_next_deadline(s->table, s->looked_until_usec));
        else if (next < s->next_deadline_usec)
                look_at_deadline(s, next);
        rest(s);
        end_reading(s);
        s->handlers.read(s->handlers.userdata, changed, full);
}

/* ---- fencing ---- */

/* What was seen is true nevertheless: without it, a Redis that lets us send no message would serve nothing new. */
static void on_no_fence(void *userdata, const char *reason) {
        Subscriber *s = userdata;

        commit(s, false);
        listener_drop(s->listener, reason);
}

static void raise_fence(Subscriber *s) {
        s->phase = PHASE_FENCING;
        fence_raise(s->fence);
}

static void add_unseen(Subscriber *s) {
        const Entry *e = NULL;

        for (EntryState state = ENTRY_LIVE; state < ENTRY_GONE; state++)
                while ((e = table_next(s->table, state, e)))
                        if (!reading_has(s->reading, e->key))
                                string_list_add(&s->to_read, e->key);
}

/* A server that takes connections may still refuse to be read, or pass on no message: it is of use only now. */
static void note_up(Subscriber *s) {
        if (!s->down_reason)
                return;
        _cleanup_free_ char *redis = redis_link_describe(s->reader.link);
        log_info("connected to %s", redis);
        free(TAKE_PTR(s->down_reason));
        s->handlers.state(s->handlers.userdata);
}

/* Everything sent before the fence has been heard. */
static void on_fence_heard(Subscriber *s) {
        note_up(s);
        if (s->full && s->rounds == 0)
                add_unseen(s);
        begin_round(s);
}

/* ---- reading ---- */

static void read_batch(Subscriber *s);

static void end_round(Subscriber *s) {
        if (!s->news)
                return commit(s, !s->deaf);
        if (s->rounds < SUBSCRIBER_ROUNDS_MAX)
                return raise_fence(s);
        log_debug("registrations change faster than they can be read: what is absent is decided by the next pass");
        if (++s->undecided < SUBSCRIBER_UNDECIDED_MAX)
                s->full = false; /* and it may have missed both sides of a swap */
        commit(s, false);
}

static void on_batch_read(void *userdata, bool ok, bool absences) {
        Subscriber *s = userdata;

        if (!ok || s->aborted) {
                end_reading(s);
                return proceed(s);
        }
        s->news |= absences;
        read_batch(s);
}

static void read_batch(Subscriber *s) {
        StringList batch = { 0 };

        while (s->to_read.count > 0 && batch.count < SUBSCRIBER_BATCH)
                string_list_take(&batch, s->to_read.items[--s->to_read.count]);
        if (batch.count == 0)
                return end_round(s);
        keys_read(&s->reader, s->reading, &batch, true, on_batch_read, s);
}

/* What is read while the pass is set aside, it has read too early. */
static void forget_in_pass(Subscriber *s) {
        for (size_t i = 0; s->aside && i < s->to_read.count; i++)
                reading_forget(s->aside, s->to_read.items[i]);
}

static void begin_round(Subscriber *s) {
        s->phase = PHASE_READING;
        s->rounds++;
        s->news = false;
        heard_take(&s->heard, &s->to_read);
        forget_in_pass(s);
        read_batch(s);
}

/* ---- scanning ---- */

/* Until everything is known, nothing else is of use. */
static bool may_be_set_aside(const Subscriber *s) {
        return s->has_read && !s->reader.doubts && s->steps >= SUBSCRIBER_STRETCH_STEPS;
}

static void set_aside(Subscriber *s) {
        s->aside = TAKE_PTR(s->reading);
        s->aside_began_usec = s->began_usec;
        s->aside_has_waited = false;
        end_reading(s);
        rest(s);
}

static void on_scanned(void *userdata, bool ok) {
        Subscriber *s = userdata;

        s->steps++;
        if (!ok || s->aborted) {
                end_reading(s);
                proceed(s);
        } else if (scan_has_ended(&s->scan)) {
                raise_fence(s);
        } else if (may_be_set_aside(s)) {
                set_aside(s);
        } else {
                scan_step(&s->scan, s->reading, on_scanned, s);
        }
}

static void go_on_scanning(Subscriber *s) {
        s->phase = PHASE_SCANNING;
        s->steps = 0;
        scan_step(&s->scan, s->reading, on_scanned, s);
}

static void resume_pass(Subscriber *s) {
        s->reading = TAKE_PTR(s->aside);
        s->began_usec = s->aside_began_usec;
        s->stretch_usec = now_usec();
        s->rounds = 0;
        s->full = true;
        go_on_scanning(s);
}

static bool is_connected(const Subscriber *s) {
        return redis_link_is_up(s->reader.link) && listener_is_listening(s->listener);
}

static void begin_pass(Subscriber *s) {
        s->scan_due = s->deaf = s->reader.undecided = false;
        scan_rewind(&s->scan);
        go_on_scanning(s);
}

/* Starts the reading that is due, if one is and nothing stands against it. A pass that is set aside takes turns with
 * what is heard. */
static void proceed(Subscriber *s) {
        if (s->phase != PHASE_IDLE || s->pausing || !(s->scan_due || s->heard || s->aside))
                return;
        if (!is_connected(s))
                return;
        if (s->aside && (!s->heard || s->aside_has_waited))
                return resume_pass(s);
        s->aside_has_waited = true;
        s->reading = reading_new(s->table);
        s->began_usec = s->stretch_usec = now_usec();
        s->rounds = 0;
        s->full = s->scan_due && !s->aside;
        if (s->full)
                begin_pass(s);
        else
                begin_round(s);
}

void subscriber_scan(Subscriber *s) {
        s->scan_due = true;
        proceed(s);
}

/* ---- links and messages ---- */

static void on_up(void *userdata) {
        Subscriber *s = userdata;

        s->scan_due = true;
        proceed(s);
}

static void on_down(void *userdata, const char *error) {
        Subscriber *s = userdata;

        abort_reading(s);
        s->reader.doubts |= s->has_read && !redis_link_is_up(s->reader.link);
        if (!streq_or_null(s->down_reason, error))
                log_warning("Redis is not available: %s; trying again, everything known stays as it is", error);
        REPLACE_PTR(s->down_reason, xstrdup(error));
        s->handlers.state(s->handlers.userdata);
}

static void on_unwatched(void *userdata, const char *error) {
        (void)userdata;
        log_warning("a failover would not be noticed, as no sentinel answers: %s; trying again", error);
}

/* The first of a transaction's hints waits for the others: what was written together is read together. */
static void on_key(void *userdata, const char *key) {
        Subscriber *s = userdata;

        hear(s, key);
        if (s->phase == PHASE_IDLE && !s->pausing)
                pause_reading(s, SUBSCRIBER_GATHER_MSEC * 1000);
}

static void on_fence(void *userdata, const char *token) {
        Subscriber *s = userdata;

        if (fence_is_heard(s->fence, token))
                on_fence_heard(s);
}

/* ---- timers ---- */

static int on_interval(sd_event_source *timer, uint64_t usec, void *userdata) {
        Subscriber *s = userdata;

        (void)timer, (void)usec;
        timer_arm(&s->interval, s->event, s->policy.interval_usec, on_interval, s);
        subscriber_scan(s);
        return 0;
}

/* Somebody's lease may be over; whether it is, Redis says. */
static int on_deadline(sd_event_source *timer, uint64_t usec, void *userdata) {
        Subscriber *s = userdata;
        uint64_t now = now_usec();
        const Entry *e = NULL;

        (void)timer, (void)usec;
        for (EntryState state = ENTRY_LIVE; state < ENTRY_GONE; state++)
                while ((e = table_next(s->table, state, e)))
                        if (e->deadline_usec > s->looked_until_usec && e->deadline_usec <= now)
                                hear(s, e->key);
        s->looked_until_usec = now;
        look_at_deadline(s, table_next_deadline(s->table, now));
        proceed(s);
        return 0;
}

static int on_pause_over(sd_event_source *timer, uint64_t usec, void *userdata) {
        Subscriber *s = userdata;

        (void)timer, (void)usec;
        s->pausing = false;
        proceed(s);
        return 0;
}

/* ---- life ---- */

int subscriber_new(Subscriber **ret, sd_event *event, const SubscriberPolicy *policy, Table *table,
                   SubscriberHandlers handlers) {
        _cleanup_(subscriber_freep) Subscriber *s = new0(Subscriber);

        *s = (Subscriber){
                .event = sd_event_ref(event),
                .policy = *policy,
                .handlers = handlers,
                .table = table,
                .reader = { .keyspaces = policy->keyspaces, .n_keyspaces = policy->n_keyspaces, .table = table },
                .next_deadline_usec = UINT64_MAX,
                .down_reason = xstrdup("not connected yet"),
        };
        s->scan.reader = &s->reader;
        RedisLinkHandlers commands = { .up = on_up, .down = on_down, .unwatched = on_unwatched, .userdata = s };
        ListenerHandlers messages = {
                .listening = on_up, .key = on_key, .fence = on_fence, .down = on_down, .userdata = s
        };
        redis_link_new(&s->reader.link, event, policy->redis, commands);
        int r = fence_new(&s->fence, event, s->reader.link, policy->keyspaces[0].fences, on_no_fence, s);
        if (r < 0)
                return r;
        listener_new(&s->listener, event, policy->redis, policy->keyspaces, policy->n_keyspaces, table, messages);
        timer_arm(&s->interval, event, policy->interval_usec, on_interval, s);
        *ret = TAKE_PTR(s);
        return 0;
}

Subscriber *subscriber_free(Subscriber *s) {
        if (!s)
                return NULL;
        s->listener = listener_free(s->listener);
        s->reader.link = redis_link_free(s->reader.link);
        end_reading(s);
        s->aside = reading_free(s->aside);
        scan_rewind(&s->scan);
        heard_take(&s->heard, &s->to_read);
        string_list_clear(&s->to_read);
        s->interval = sd_event_source_disable_unref(s->interval);
        s->deadline = sd_event_source_disable_unref(s->deadline);
        s->pause = sd_event_source_disable_unref(s->pause);
        s->fence = fence_free(s->fence);
        sd_event_unref(s->event);
        free(s->down_reason);
        free(s);
        return NULL;
}

const char *subscriber_describe(Subscriber *s) {
        return s->down_reason;
}
