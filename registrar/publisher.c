/* The publisher: one round is WATCH, look who else is there, MULTI … EXEC.
 *
 *   idle ──something to write──► looking ──► writing ──► idle
 *     │                             └─ another machine has this node's name: clash, until a refresh finds it gone
 *     └──once a connection──► sweeping: own registrations that nobody wants any more */
#include "registrar/publisher.h"

#include "beachhead/manifest.h"
#include "beachhead/registration.h"
#include "common/log.h"
#include "common/redis-link.h"
#include "common/text.h"
#include "common/timer.h"
#include "registrar/lease.h"
#include "registrar/name-clash.h"
#include "registrar/peek.h"
#include "registrar/sweep.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

DEFINE_CLEANUP(Manifest *, manifest_free);
DEFINE_CLEANUP(Registration *, registration_free);

struct Publisher {
        PublisherPolicy policy;
        PublisherHandlers handlers;
        RedisLink *link;
        char *manifest_key; /* NULL without a manifest */
        const char *engine;
        uint64_t containers;
        Histogram event_to_publish;
        uint64_t event_usec; /* of the event that the next commit follows from; 0: from none */
        Lease *leases;
        LeaseChanges round;  /* the transaction under way */
        size_t looked;       /* how many of its keys have been looked at */
        char *round_failure; /* its first error reply */
        bool refreshing;     /* it renews everything */
        bool busy;           /* a round or a sweep is under way */
        bool committed;      /* it is known what should be there */
        bool refresh_due, sweep_due;
        NameClash clash;
        char *down_reason; /* why the link is down; NULL: it is up */
        char *refusal;     /* what Redis answered to the last transaction instead of taking it, or NULL */
        char *description;
};

static void proceed(Publisher *p);

static uint64_t manifest_lease_sec(const PublisherPolicy *policy) {
        return policy->expire_sec ? policy->expire_sec : MANIFEST_LEASE_WITHOUT_EXPIRY;
}

static void round_ended(Publisher *p) {
        lease_changes_done(&p->round);
        free(TAKE_PTR(p->round_failure));
        p->busy = p->refreshing = false;
}

/* The first refusal of a round counts. */
static void note_failure(Publisher *p, const redisReply *reply) {
        if (!p->round_failure)
                p->round_failure = redis_link_explain(p->link, reply);
}

/* Only what is new is said. */
static void note_refusal(Publisher *p) {
        if (!streq_or_null(p->refusal, p->round_failure))
                log_warning("Redis takes nothing: %s; trying again", p->round_failure);
        REPLACE_PTR(p->refusal, xstrdup(p->round_failure));
}

/* Redis is of no use now: the link comes back with backoff. */
static void refused(Publisher *p, const redisReply *reply) {
        note_failure(p, reply);
        note_refusal(p);
        redis_link_drop(p->link, p->round_failure);
}

static void accepted(Publisher *p) {
        if (p->refusal)
                log_info("Redis takes what is published again");
        REPLACE_PTR(p->refusal, NULL);
}

/* ---- looking: who else is there ---- */

static void ignore_problem(void *userdata, const char *domain, const char *reason) {
        (void)userdata, (void)domain, (void)reason;
}

/* The machine that a value says it comes from; the caller owns it. NULL: it says none. */
static char *value_machine(const char *value, size_t size) {
        _cleanup_(registration_freep) Registration *r = NULL;

        return registration_decode(&r, value, size, ignore_problem, NULL) < 0 ? NULL : TAKE_PTR(r->machine);
}

/* Without --node two hosts may have containers of the same name: the key stays with the one that was there first. */
static void check_owner(Publisher *p, LeaseChange *change, const redisReply *value) {
        Lease *l = lease_get(&p->leases, change->instance, change->key);
        bool there = redis_is_value(value);
        _cleanup_free_ char *machine = there ? value_machine(value->str, value->len) : NULL;

        if (name_clash_look_at_key(&p->clash, l, change, there, machine))
                log_error_about(
                        ABOUT(.container = l->instance, .key = l->key),
                        "%s belongs to a container of that name on another machine, %s: container %s of this host "
                        "is not published. Give each host its own --node",
                        l->key, machine, l->instance);
}

/* What Redis has already is no news, whoever wrote it before this process or this connection began. */
static void check_news(LeaseChange *change, const redisReply *value) {
        if (change->value)
                change->news = value->type != REDIS_REPLY_STRING || strcmp(value->str, change->value) != 0;
}

/* Of the next key of the round. */
static void on_present_value(void *userdata, redisReply *reply) {
        Publisher *p = userdata;

        if (!reply || p->round_failure)
                return;
        if (redis_is_refusal(reply))
                return refused(p, reply);
        LeaseChange *change = &p->round.items[p->looked++];
        check_news(change, reply);
        if (!p->policy.node)
                check_owner(p, change, reply);
}

/* ---- writing ---- */

static void on_queued(void *userdata, redisReply *reply) {
        Publisher *p = userdata;

        if (reply && reply->type == REDIS_REPLY_ERROR)
                note_failure(p, reply);
}

static void send_set(Publisher *p, const char *key, const char *value, uint64_t expire_sec) {
        char seconds[24];

        (void)snprintf(seconds, sizeof seconds, "%" PRIu64, expire_sec);
        if (expire_sec > 0)
                redis_link_call(p->link, on_queued, p, "SETEX", key, seconds, value, NULL);
        else
                redis_link_call(p->link, on_queued, p, "SET", key, value, NULL);
}

/* Lists what is there once this round is through; the caller owns it. */
static char *manifest_value(Publisher *p) {
        size_t count;
        _cleanup_free_ char **instances = leases_listed(p->leases, &count);

        return manifest_encode(&(Manifest){
                .machine = (char *)p->policy.machine,
                .version = (char *)BEACHHEAD_VERSION,
                .engine = (char *)p->engine,
                .containers = p->containers,
                .event_to_publish = p->event_to_publish,
                .instances = instances,
                .n_instances = count,
        });
}

static void send_manifest(Publisher *p) {
        _cleanup_free_ char *value = manifest_value(p);

        send_set(p, p->manifest_key, value, manifest_lease_sec(&p->policy));
}

/* The first error among the replies, NULL without one: a command may be queued and fail all the same. */
static const redisReply *execution_error(const redisReply *reply) {
        if (reply->type == REDIS_REPLY_ERROR)
                return reply;
        for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++)
                if (reply->element[i]->type == REDIS_REPLY_ERROR)
                        return reply->element[i];
        return NULL;
}

static void on_executed(void *userdata, redisReply *reply) {
        Publisher *p = userdata;

        if (!reply)
                return;
        const redisReply *wrong = execution_error(reply);
        if (wrong || p->round_failure)
                return refused(p, wrong ? wrong : reply);
        log_debug("a transaction over %zu registrations %s", p->round.count,
                  reply->type == REDIS_REPLY_ARRAY ? "went through" : "met another writer and is tried again");
        if (reply->type == REDIS_REPLY_ARRAY) { /* otherwise a watched key was written meanwhile: look again */
                leases_settle(&p->leases, &p->round, now_usec(), &p->event_to_publish);
                p->clash.has_published = true;
                accepted(p);
        } else {
                p->refresh_due |= p->refreshing;
        }
        round_ended(p);
        proceed(p);
}

static void write_round(Publisher *p) {
        redis_link_call(p->link, on_queued, p, "MULTI", NULL);
        for (size_t i = 0; i < p->round.count; i++) {
                const LeaseChange *c = &p->round.items[i];
                if (c->withheld)
                        continue;
                if (c->value)
                        send_set(p, c->key, c->value, p->policy.expire_sec);
                else
                        redis_link_call(p->link, on_queued, p, "DEL", c->key, NULL);
                if (c->news)
                        redis_link_call(p->link, on_queued, p, "PUBLISH", p->policy.keyspace->changes, c->instance,
                                        NULL);
        }
        if (p->manifest_key)
                send_manifest(p);
        redis_link_call(p->link, on_executed, p, "EXEC", NULL);
}

static void say_clash(const Publisher *p) {
        if (p->clash.machine)
                log_error_about(
                        ABOUT(.node = p->policy.node, .key = p->manifest_key),
                        "%s is held by another machine, %s: two hosts have the same --node. Give each its own; "
                        "nothing is published here until that machine's manifest has been gone for a lease",
                        p->manifest_key, p->clash.machine);
        else
                log_info_about(ABOUT(.node = p->policy.node, .key = p->manifest_key),
                               "%s is no longer held by another machine: publishing", p->manifest_key);
}

static void look_for_clash(Publisher *p, const redisReply *reply) {
        _cleanup_(manifest_freep) Manifest *m = NULL;

        if (reply->type == REDIS_REPLY_STRING)
                (void)manifest_decode(&m, reply->str, reply->len);
        if (!name_clash_look(&p->clash, m ? m->machine : NULL, now_usec()))
                return;
        say_clash(p);
        p->handlers.state(p->handlers.userdata);
}

/* The last reply of looking: write, or keep off. */
static void on_manifest(void *userdata, redisReply *reply) {
        Publisher *p = userdata;

        if (!reply)
                return;
        look_for_clash(p, reply);
        if (!p->clash.machine)
                return write_round(p);
        redis_link_call(p->link, NULL, NULL, "UNWATCH", NULL);
        round_ended(p);
        proceed(p);
}

/* Watches the keys of the round, and looks at what they hold. */
static void look_at_keys(Publisher *p) {
        _cleanup_free_ const char **keys = xcalloc(p->round.count, sizeof *keys);

        for (size_t i = 0; i < p->round.count; i++)
                keys[i] = p->round.items[i].key;
        p->looked = 0;
        redis_link_send_keys(p->link, on_queued, p, "WATCH", keys, p->round.count);
        for (size_t i = 0; i < p->round.count; i++)
                redis_peek(p->link, on_present_value, p, keys[i], REGISTRATION_VALUE_MAX);
}

static void begin_round(Publisher *p) {
        p->busy = true;
        p->refreshing = p->refresh_due;
        p->refresh_due = false; /* one that falls due from now on is another one */
        p->round = lease_changes(p->leases, p->refreshing);
        if (!p->manifest_key)
                return write_round(p);
        if (!p->policy.node || p->sweep_due) /* with a node they are its own: only to see what is news */
                look_at_keys(p);
        redis_link_call(p->link, on_queued, p, "WATCH", p->manifest_key, NULL);
        redis_peek(p->link, on_manifest, p, p->manifest_key, MANIFEST_VALUE_MAX);
}

/* ---- sweeping ---- */

/* Own is what carries this machine's id; under the own node also what carries none. */
static void on_swept(void *userdata, const char *instance, const char *value, size_t size) {
        Publisher *p = userdata;
        _cleanup_free_ char *machine = value_machine(value, size);

        if (machine ? strcmp(machine, p->policy.machine) != 0 : !p->policy.node)
                return;
        _cleanup_free_ char *key = keyspace_registration_key(p->policy.keyspace, instance);
        Lease *l = lease_get(&p->leases, instance, key);
        if (!l->written && !l->foreign)
                l->written = xstrndup(value, size);
}

/* Not worth the connection: what is published is refreshed all the same. */
static void on_sweep_done(void *userdata, const char *error) {
        Publisher *p = userdata;

        if (error)
                log_warning("what this host published before cannot be looked for, and stays until its leases end: %s",
                            error);
        p->busy = p->sweep_due = false;
        proceed(p);
}

static bool round_is_due(const Publisher *p) {
        return p->refresh_due || (!p->clash.machine && !leases_are_settled(p->leases));
}

static bool sweep_is_due(const Publisher *p) {
        return p->sweep_due && !p->clash.machine;
}

/* Starts whatever is due; settled where nothing is. New ones are published before old ones are swept, so that a
 * container that was recreated under another name leaves no gap. */
static void proceed(Publisher *p) {
        if (p->busy || !p->committed || !redis_link_is_up(p->link))
                return;
        if (round_is_due(p))
                return begin_round(p);
        if (sweep_is_due(p)) {
                p->busy = true;
                return sweep_start(p->link, p->policy.keyspace, p->policy.node, on_swept, on_sweep_done, p);
        }
        p->handlers.settled(p->handlers.userdata);
}

/* ---- the link ---- */

static void on_up(void *userdata) {
        Publisher *p = userdata;

        _cleanup_free_ char *redis = redis_link_describe(p->link);

        if (!p->refusal)
                log_info("connected to %s", redis);
        free(TAKE_PTR(p->down_reason));
        p->refresh_due = true;
        p->sweep_due = p->manifest_key != NULL;
        p->handlers.state(p->handlers.userdata);
        proceed(p);
}

static void on_unwatched(void *userdata, const char *error) {
        (void)userdata;
        log_warning("a failover would not be noticed, as no sentinel answers: %s; trying again", error);
}

static void on_down(void *userdata, const char *error) {
        Publisher *p = userdata;

        if (p->round_failure) /* the connection may end before the transaction does */
                note_refusal(p);
        else if (!streq_or_null(p->down_reason, error))
                log_warning("Redis is not available: %s; trying again", error);
        REPLACE_PTR(p->down_reason, xstrdup(error));
        round_ended(p);
        p->handlers.state(p->handlers.userdata);
}

void publisher_new(Publisher **ret, sd_event *event, const PublisherPolicy *policy, PublisherHandlers handlers) {
        Publisher *p = new0(Publisher);
        RedisLinkHandlers link_handlers = { .up = on_up, .down = on_down, .unwatched = on_unwatched, .userdata = p };

        *p = (Publisher){
                .policy = *policy,
                .handlers = handlers,
                .engine = "away",
                .clash = { .own = policy->machine, .lease_usec = manifest_lease_sec(policy) * UINT64_C(1000000) },
                .down_reason = xstrdup("not connected yet"),
        };
        histogram_init(&p->event_to_publish);
        if (policy->machine)
                p->manifest_key =
                        keyspace_manifest_key(policy->keyspace, policy->node ? policy->node : policy->machine);
        redis_link_new(&p->link, event, policy->redis, link_handlers);
        *ret = p;
}

Publisher *publisher_free(Publisher *p) {
        if (!p)
                return NULL;
        p->link = redis_link_free(p->link);
        leases_free(&p->leases);
        lease_changes_done(&p->round);
        free(p->round_failure);
        free(p->manifest_key);
        name_clash_done(&p->clash);
        free(p->down_reason);
        free(p->refusal);
        free(p->description);
        free(p);
        return NULL;
}

/* ---- what should be there ---- */

void publisher_begin(Publisher *p) {
        for (Lease *l = p->leases; l; l = l->hh.next)
                l->named = l->keep = l->changed = false;
}

static Lease *name_lease(Publisher *p, const char *instance) {
        _cleanup_free_ char *key = keyspace_registration_key(p->policy.keyspace, instance);
        Lease *l = lease_get(&p->leases, instance, key);

        l->named = true;
        return l;
}

void publisher_want(Publisher *p, const char *instance, const char *value) {
        Lease *l = name_lease(p, instance);

        if (streq_or_null(l->wanted, value))
                return;
        REPLACE_PTR(l->wanted, xstrdup(value));
        l->changed = true;
}

void publisher_keep(Publisher *p, const char *instance) {
        Lease *l = name_lease(p, instance);

        l->keep = !l->wanted; /* what was read before goes on being refreshed */
}

void publisher_release(Publisher *p, const char *instance) {
        Lease *l = name_lease(p, instance);

        REPLACE_PTR(l->wanted, NULL);
        l->keep = l->stale = true;
}

void publisher_commit(Publisher *p, uint64_t containers) {
        for (Lease *l = p->leases; l; l = l->hh.next)
                if (!l->named && l->wanted) {
                        REPLACE_PTR(l->wanted, NULL);
                        l->changed = true;
                }
        leases_note_event(p->leases, p->event_usec);
        p->event_usec = 0;
        p->containers = containers;
        if (!p->committed)
                p->refresh_due = true; /* the manifest is due even where nothing is published */
        p->committed = true;
        proceed(p);
}

void publisher_note_event(Publisher *p, uint64_t event_usec) {
        p->event_usec = event_usec;
}

void publisher_set_engine(Publisher *p, const char *engine) {
        p->engine = engine;
}

void publisher_refresh(Publisher *p) {
        p->refresh_due = true;
        proceed(p);
}

void publisher_suspend(Publisher *p) {
        p->committed = false;
}

void publisher_withdraw(Publisher *p) {
        p->refresh_due = true; /* the manifest is due even where nothing is published */
        publisher_begin(p);
        publisher_commit(p, 0);
}

bool publisher_is_settled(const Publisher *p) {
        return p->committed && !p->busy && redis_link_is_up(p->link) && !sweep_is_due(p) && !round_is_due(p);
}

bool publisher_is_connected(const Publisher *p) {
        return !p->down_reason;
}

bool publisher_has_clash(const Publisher *p) {
        return p->clash.machine;
}

size_t publisher_count(const Publisher *p) {
        return leases_count_published(p->leases);
}

const Histogram *publisher_event_to_publish(const Publisher *p) {
        return &p->event_to_publish;
}

const char *publisher_describe(Publisher *p) {
        _cleanup_free_ char *redis = redis_url_describe(p->policy.redis);

        free(TAKE_PTR(p->description));
        if (p->down_reason || p->refusal)
                p->description = xasprintf("waiting for %s: %s", redis, p->down_reason ? p->down_reason : p->refusal);
        else if (p->clash.machine)
                p->description = xasprintf("nothing published: machine %s has this node's name", p->clash.machine);
        else
                p->description = xasprintf("%zu registrations in %s", leases_count_published(p->leases), redis);
        return p->description;
}
