/* Several edges: who may ask CAs, and how what one got reaches the others.
 *
 * Every poll is one turn: a script takes or keeps the lock and tells who holds it and the revision. */
#include "consumer/certs/exchange.h"

#include "common/log.h"
#include "common/redis-link.h"
#include "common/text.h"
#include "common/timer.h"
#include "consumer/certs/exchange-fetch.h"
#include "consumer/certs/exchange-scripts.h"
#include "consumer/certs/exchange-writer.h"
#include "consumer/certs/private-key.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
        HOLDER_SHOWN = 120,
        TURNS_A_LEASE = 3,    /* at least */
        FAREWELL_MSEC = 1000, /* for sharing what was put, and for letting go of the lock */
        LIFETIME_MAX_SECONDS = 10 * 365 * 24 * 3600,
};

#define USEC_PER_SEC UINT64_C(1000000)

struct Exchange {
        sd_event *event;
        ExchangePolicy policy;
        ExchangeHandlers handlers;
        RedisLink *link;
        ExchangeWriter *writer; /* NULL where there is no key */
        char *lock_key, *revision_key;
        char *revision_mark; /* what every revision of an edge with our key ends with */
        Ownership ownership;
        ExchangeRole told;
        char *holder;
        char *revision;   /* that was seen or written last; "" where none was there */
        bool news_due;    /* a fetch ended early */
        bool catching_up; /* there was news; the fetches under way come before the role of the owner */
        size_t fetches;   /* under way */
        uint64_t asked_usec;
        bool asking; /* a turn is under way */
        unsigned turns;
        sd_event_source *next_turn, *role_end;
        char *trouble;     /* why Redis cannot be asked */
        char *foreign_key; /* why what others share cannot be read */
};

/* ---- the role ---- */

ExchangeRole exchange_role(const Exchange *x) {
        ExchangeRole role = ownership_role(&x->ownership, now_usec());

        return role == EXCHANGE_OWNER && x->catching_up ? x->told : role;
}

static int on_role_end(sd_event_source *timer, uint64_t usec, void *userdata);

static void tell_role(Exchange *x) {
        ExchangeRole role = exchange_role(x);
        uint64_t now = now_usec(), until = ownership_until(&x->ownership);

        if (until != UINT64_MAX && until > now)
                timer_arm(&x->role_end, x->event, until - now, on_role_end, x);
        if (role == x->told)
                return;
        if (x->writer && x->told == EXCHANGE_OWNER)
                exchange_writer_forget_all(x->writer);
        x->told = role;
        x->handlers.role(x->handlers.userdata, role);
}

static int on_role_end(sd_event_source *timer, uint64_t usec, void *userdata) {
        (void)timer, (void)usec;
        tell_role(userdata);
        return 0;
}

const char *exchange_holder(const Exchange *x) {
        return x->holder;
}

const char *exchange_describe(const Exchange *x) {
        return x->trouble ? x->trouble : x->foreign_key;
}

/* ---- the revision ---- */

static void tell_news(Exchange *x) {
        x->news_due = false;
        x->catching_up = true;
        x->handlers.changed(x->handlers.userdata);
}

static bool has_our_mark(const Exchange *x) {
        size_t size = strlen(x->revision), mark = strlen(x->revision_mark);

        return size >= mark && strcmp(x->revision + size - mark, x->revision_mark) == 0;
}

/* Who has another key finds nothing under our names, nor we under theirs: better said than wondered at. */
static void check_key_of_others(Exchange *x) {
        bool follows = ownership_role(&x->ownership, now_usec()) == EXCHANGE_FOLLOWER;

        if (!follows || !*x->revision || has_our_mark(x)) {
                REPLACE_PTR(x->foreign_key, NULL);
        } else if (!x->foreign_key) {
                x->foreign_key = xasprintf("what %s shares is sealed with another key than ours: give all edges the "
                                           "same --certs-key-file",
                                           x->holder ? x->holder : "the other edge");
                log_error_about(ABOUT(.key = x->revision_key), "%s", x->foreign_key);
        }
}

/* An owner's revision does not change by itself: Redis has come back empty, or with what it had before. */
static void take_revision(Exchange *x, const char *revision) {
        bool differs = !streq_or_null(x->revision, revision);
        bool stays_owner = x->told == EXCHANGE_OWNER && exchange_role(x) == EXCHANGE_OWNER;

        REPLACE_PTR(x->revision, xstrdup(revision));
        check_key_of_others(x);
        if (stays_owner && differs)
                exchange_writer_again(x->writer);
        else if (stays_owner)
                exchange_writer_resume(x->writer);
        if (x->news_due || (!stays_owner && differs && *revision))
                tell_news(x);
        x->catching_up &= x->fetches > 0;
}

static void on_revised(void *userdata, const char *revision) {
        Exchange *x = userdata;

        REPLACE_PTR(x->revision, xstrdup(revision));
}

/* ---- turns ---- */

static int on_next_turn(sd_event_source *timer, uint64_t usec, void *userdata);

static void heard(Exchange *x, const redisReply *holder, int64_t left_msec) {
        ownership_heard(&x->ownership, x->asked_usec, now_usec(), holder->str, holder->len, left_msec);
        REPLACE_PTR(x->holder, holder->len > 0 ? printable(holder->str, holder->len, HOLDER_SHOWN) : NULL);
        if (x->trouble)
                log_info("Redis can be asked again who obtains certificates");
        REPLACE_PTR(x->trouble, NULL);
}

static bool is_turn(const redisReply *reply) {
        return reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 &&
               reply->element[0]->type == REDIS_REPLY_STRING && reply->element[1]->type == REDIS_REPLY_INTEGER &&
               reply->element[2]->type == REDIS_REPLY_STRING;
}

static void on_turn(void *userdata, redisReply *reply) {
        Exchange *x = userdata;

        x->asking = false;
        if (!reply)
                return;
        if (!is_turn(reply))
                return redis_link_drop_for(x->link, reply);
        heard(x, reply->element[0], reply->element[1]->integer);
        if (x->writer)
                take_revision(x, reply->element[2]->str);
        tell_role(x);
        if (x->told == EXCHANGE_OWNER && x->writer && x->turns++ % EXCHANGE_CHECK_POLLS == 0)
                exchange_writer_check(x->writer);
        timer_arm(&x->next_turn, x->event, x->policy.poll_msec * 1000, on_next_turn, x);
}

static void take_turn(Exchange *x) {
        char lease[24];

        if (x->asking || !redis_link_is_up(x->link))
                return;
        x->asked_usec = now_usec();
        x->asking = true;
        (void)snprintf(lease, sizeof lease, "%" PRIu64, x->policy.lease_msec);
        const char *may_take = ownership_may_take(&x->ownership, x->asked_usec) ? "1" : "0";
        redis_link_call(x->link, on_turn, x, "EVAL", EXCHANGE_TURN_SCRIPT, "2", x->lock_key, x->revision_key,
                        x->policy.token, lease, may_take, NULL);
}

static int on_next_turn(sd_event_source *timer, uint64_t usec, void *userdata) {
        (void)timer, (void)usec;
        take_turn(userdata);
        return 0;
}

static void on_up(void *userdata) {
        take_turn(userdata);
}

static void on_down(void *userdata, const char *error) {
        Exchange *x = userdata;

        if (!streq_or_null(x->trouble, error))
                log_warning("Redis cannot be asked who obtains certificates: %s; trying again", error);
        REPLACE_PTR(x->trouble, xstrdup(error));
        timer_stop(x->next_turn);
        if (x->writer)
                exchange_writer_link_down(x->writer);
}

/* ---- values ---- */

/* Whether just that is kept for the key, and for nearly as long. */
static bool is_kept(const Exchange *x, const char *key, const char *place, const char *bytes, size_t size,
                    uint64_t until_usec, uint64_t tolerance_usec) {
        _cleanup_secret_ char *kept = NULL;
        uint64_t kept_until;
        size_t kept_size;
        const char *sealed = exchange_writer_find(x->writer, key, &kept_until);

        return sealed && kept_until + tolerance_usec >= until_usec &&
               unseal(x->policy.key, place, sealed, &kept, &kept_size) == 0 && kept_size == size &&
               memcmp(kept, bytes, size) == 0;
}

int exchange_put(Exchange *x, const char *place, const char *bytes, size_t size, uint64_t seconds) {
        uint64_t lifetime = (seconds < LIFETIME_MAX_SECONDS ? seconds : LIFETIME_MAX_SECONDS) * USEC_PER_SEC;
        uint64_t until = now_usec() + lifetime;

        if (!x->writer || x->told != EXCHANGE_OWNER)
                return 0;
        _cleanup_free_ char *name = seal_name(x->policy.key, place);
        _cleanup_free_ char *key = keyspace_certificate_key(x->policy.keyspace, name);
        if (is_kept(x, key, place, bytes, size, until, lifetime / 10))
                return 0;
        _cleanup_free_ char *sealed = seal(x->policy.key, place, bytes, size);
        if (strlen(sealed) > EXCHANGE_VALUE_MAX)
                return -EFBIG;
        exchange_writer_put(x->writer, key, TAKE_PTR(sealed), until);
        return 0;
}

static void on_fetched(void *userdata, bool complete) {
        Exchange *x = userdata;

        x->fetches--;
        x->news_due |= !complete;
        if (x->fetches > 0 || !x->catching_up || !complete)
                return;
        x->catching_up = false;
        tell_role(x);
}

void exchange_get(Exchange *x, const char *const *places, size_t count, ExchangeGotFunc *got, void *userdata) {
        ExchangeFetchHandlers handlers = {
                .got = got, .got_userdata = userdata, .ended = on_fetched, .ended_userdata = x
        };

        if (!x->writer || count == 0)
                return;
        x->fetches++;
        exchange_fetch(x->link, x->policy.keyspace, x->policy.key, places, count, handlers);
}

/* ---- beginning and end ---- */

/* A lease is renewed often enough that one reply may be late. */
static void complete_policy(ExchangePolicy *p) {
        if (p->lease_msec == 0)
                p->lease_msec = EXCHANGE_LEASE_SECONDS * 1000;
        if (p->poll_msec == 0)
                p->poll_msec = EXCHANGE_POLL_SECONDS * 1000;
        if (p->poll_msec > p->lease_msec / TURNS_A_LEASE)
                p->poll_msec = p->lease_msec / TURNS_A_LEASE;
}

static void make_writer(Exchange *x) {
        ExchangeWriterPolicy policy = {
                .lock_key = x->lock_key,
                .token = x->policy.token,
                .revision_key = x->revision_key,
                .revision_mark = x->revision_mark = seal_name(x->policy.key, "revision"),
        };

        x->writer = exchange_writer_new(x->link, policy, on_revised, x);
}

Exchange *exchange_new(sd_event *event, ExchangePolicy policy, ExchangeHandlers handlers) {
        Exchange *x = new0(Exchange);

        complete_policy(&policy);
        *x = (Exchange){
                .event = sd_event_ref(event),
                .policy = policy,
                .handlers = handlers,
                .lock_key = keyspace_lock_key(policy.keyspace, "certs"),
                .revision_key = keyspace_certificate_key(policy.keyspace, "revision"),
                .revision = xstrdup(""),
                .ownership = { .token = policy.token, .lease_usec = policy.lease_msec * 1000, .alone = !policy.key },
        };
        redis_link_new(&x->link, event, policy.redis,
                       (RedisLinkHandlers){ .up = on_up, .down = on_down, .userdata = x });
        if (policy.key)
                make_writer(x);
        return x;
}

static void ignore_role(void *userdata, ExchangeRole role) {
        (void)userdata, (void)role;
}

static void ignore_news(void *userdata) {
        (void)userdata;
}

/* What was put is shared before another one takes over. */
static void release(Exchange *x) {
        char lease[24];

        x->handlers = (ExchangeHandlers){ .role = ignore_role, .changed = ignore_news };
        if (ownership_role(&x->ownership, now_usec()) != EXCHANGE_OWNER)
                return;
        redis_link_finish(x->link, FAREWELL_MSEC);
        (void)snprintf(lease, sizeof lease, "%" PRIu64, x->policy.lease_msec);
        redis_link_call(x->link, NULL, NULL, "EVAL", EXCHANGE_RELEASE_SCRIPT, "1", x->lock_key, x->policy.token, lease,
                        NULL);
        redis_link_finish(x->link, FAREWELL_MSEC);
}

Exchange *exchange_free(Exchange *x) {
        if (!x)
                return NULL;
        release(x);
        x->link = redis_link_free(x->link); /* fetches end now */
        x->writer = exchange_writer_free(x->writer);
        x->next_turn = sd_event_source_disable_unref(x->next_turn);
        x->role_end = sd_event_source_disable_unref(x->role_end);
        free(x->lock_key);
        free(x->revision_key);
        free(x->revision_mark);
        free(x->holder);
        free(x->revision);
        free(x->trouble);
        free(x->foreign_key);
        sd_event_unref(x->event);
        free(x);
        return NULL;
}
