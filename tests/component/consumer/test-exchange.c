/* Several edges on a real Redis: one of them asks CAs, whatever becomes of Redis, and what it shares reaches the
 * others. */
#include "common/text.h"
#include "consumer/certs/exchange.h"
#include "tests/component/redis-server.h"
#include "tests/unit/check-main.h"

enum {
        STEP_SECONDS = 30, /* for anything to become true */
        POLL_MSEC = 20,
        SLOW_POLL_MSEC = 500,
        SHORT_LEASE_MSEC = 2000,  /* where a test waits for its end */
        LONG_LEASE_MSEC = 600000, /* where none may end */
        SOME = 100,               /* values */
        MANY = 1000,
        DAY = 24 * 3600,
};

#define LOCK "/beachhead-locks/certs"
#define REVISION "/beachhead-certs/revision"

static const SealKey shared_key = { "the key that all edges have ...." }, other_key = { "another one" };

typedef struct Edge {
        Exchange *exchange;
        char token[8];
        Text roles; /* that it was told, in order */
        unsigned changes;
        StringList wanted; /* fetched at each change */
        StringList got;    /* of each of these, as they came: "place=bytes", or "place" alone */
        StringList shared; /* "place=bytes"; put whenever it becomes the owner */
} Edge;

typedef struct World {
        RedisServer server;
        redisContext *redis;
        RedisUrl url;
        Keyspace keyspace;
        sd_event *event;
        unsigned first_poll_msec; /* of the first edge; 0: as the others' */
        Edge edges[3];
} World;

/* ---- edges ---- */

static void on_got(void *userdata, const char *place, const char *bytes, size_t size) {
        Edge *e = userdata;

        if (bytes)
                string_list_addf(&e->got, "%s=%.*s", place, (int)size, bytes);
        else
                string_list_add(&e->got, place);
}

static void fetch(Edge *e) {
        string_list_clear(&e->got);
        exchange_get(e->exchange, (const char *const *)e->wanted.items, e->wanted.count, on_got, e);
}

static void put(Edge *e, const char *place, const char *bytes) {
        ck_assert_int_eq(exchange_put(e->exchange, place, bytes, strlen(bytes), DAY), 0);
}

static void on_role(void *userdata, ExchangeRole role) {
        static const char *const names[] = { "unknown", "owner", "follower" };
        Edge *e = userdata;

        text_appendf(&e->roles, "%s%s", e->roles.size ? " " : "", names[role]);
        for (size_t i = 0; role == EXCHANGE_OWNER && i < e->shared.count; i++) {
                _cleanup_free_ char *place = xstrdup(e->shared.items[i]);
                place[strcspn(place, "=")] = '\0';
                put(e, place, e->shared.items[i] + strlen(place) + 1);
        }
}

static void on_changed(void *userdata) {
        Edge *e = userdata;

        e->changes++;
        fetch(e);
}

static Edge *start_edge_with(World *w, unsigned number, const SealKey *key, uint64_t lease_msec) {
        Edge *e = &w->edges[number - 1];
        ExchangeHandlers handlers = { .role = on_role, .changed = on_changed, .userdata = e };

        (void)snprintf(e->token, sizeof e->token, "edge%u", number);
        ExchangePolicy policy = { .redis = &w->url,
                                  .keyspace = &w->keyspace,
                                  .token = e->token,
                                  .key = key,
                                  .lease_msec = lease_msec,
                                  .poll_msec = number == 1 && w->first_poll_msec ? w->first_poll_msec : POLL_MSEC };
        text_truncate(&e->roles, 0);
        e->exchange = exchange_new(w->event, policy, handlers);
        return e;
}

static Edge *start_edge(World *w, unsigned number) {
        return start_edge_with(w, number, &shared_key, LONG_LEASE_MSEC);
}

static void stop_edge(Edge *e) {
        e->exchange = exchange_free(e->exchange);
}

static bool is_owner(const Edge *e) {
        return e->exchange && exchange_role(e->exchange) == EXCHANGE_OWNER;
}

static const char *roles(const Edge *e) {
        return e->roles.data ? e->roles.data : "";
}

/* ---- the world ---- */

static void set_up(World *w) {
        *w = (World){ 0 };
        (void)signal(SIGPIPE, SIG_IGN);
        redis_server_start(&w->server);
        w->redis = redis_server_connect(&w->server);
        w->url.socket_path = w->server.socket;
        ck_assert_int_eq(keyspace_init(&w->keyspace, KEYSPACE_DEFAULT_PREFIX), 0);
        ck_assert_int_ge(sd_event_new(&w->event), 0);
}

static void tear_down(World *w) {
        for (size_t i = 0; i < sizeof w->edges / sizeof *w->edges; i++) {
                Edge *e = &w->edges[i];
                stop_edge(e);
                text_done(&e->roles);
                string_list_clear(&e->wanted);
                string_list_clear(&e->got);
                string_list_clear(&e->shared);
        }
        w->event = sd_event_unref(w->event);
        keyspace_done(&w->keyspace);
        redisFree(w->redis);
        redis_server_stop(&w->server);
}

static void run_redis_anew(World *w) {
        redis_server_launch(&w->server);
        redisFree(w->redis);
        w->redis = redis_server_connect(&w->server);
}

/* What a command answers: a string's text or a number's digits, "" for nothing; the caller owns it. */
static char *answer(World *w, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        redisReply *reply = redisvCommand(w->redis, format, arguments);
        va_end(arguments);
        ck_assert_msg(reply && reply->type != REDIS_REPLY_ERROR, "%s: %s", format, reply ? reply->str : "no reply");
        char *text = reply->type == REDIS_REPLY_INTEGER ? xasprintf("%lld", reply->integer)
                                                        : xstrdup(reply->str ? reply->str : "");
        freeReplyObject(reply);
        return text;
}

/* Where in Redis a place is; the caller owns it. */
static char *key_of(World *w, const SealKey *key, const char *place) {
        _cleanup_free_ char *name = seal_name(key, place);

        return keyspace_certificate_key(&w->keyspace, name);
}

/* Runs the loop once; however things stand, no two edges may ask CAs. */
static void run_once(World *w) {
        unsigned owners = 0;

        ck_assert_int_ge(sd_event_run(w->event, POLL_MSEC * 1000), 0);
        for (size_t i = 0; i < sizeof w->edges / sizeof *w->edges; i++)
                owners += is_owner(&w->edges[i]);
        ck_assert_uint_le(owners, 1);
}

#define run_until(w, condition)                                                                                       \
        do {                                                                                                          \
                time_t _limit = time(NULL) + STEP_SECONDS;                                                            \
                while (!(condition)) {                                                                                \
                        ck_assert_msg(time(NULL) < _limit, "it did not become true in time: %s", #condition);         \
                        run_once(w);                                                                                  \
                }                                                                                                     \
        } while (0)

static bool has(const StringList *l, const char *text) {
        return string_list_contains(l, text);
}

static bool is_there(World *w, const char *key) {
        _cleanup_free_ char *count = answer(w, "EXISTS %s", key);

        return strcmp(count, "1") == 0;
}

/* An owner that shares a=A and b=B, and a follower that has fetched them. */
static void start_two_that_share(World *w, Edge **ret_owner, Edge **ret_follower) {
        Edge *owner = start_edge(w, 1), *follower;

        string_list_add(&owner->shared, "a=A");
        string_list_add(&owner->shared, "b=B");
        run_until(w, is_there(w, REVISION));
        follower = start_edge(w, 2);
        string_list_add(&follower->wanted, "a");
        string_list_add(&follower->wanted, "b");
        run_until(w, has(&follower->got, "a=A") && has(&follower->got, "b=B"));
        *ret_owner = owner;
        *ret_follower = follower;
}

/* ---- the lock ---- */

START_TEST(of_several_edges_one_is_the_owner_and_the_others_can_name_it) {
        World w;

        set_up(&w);
        Edge *a = start_edge(&w, 1), *b = start_edge(&w, 2), *c = start_edge(&w, 3);
        run_until(&w, *roles(a) && *roles(b) && *roles(c));
        ck_assert_int_eq(is_owner(a) + is_owner(b) + is_owner(c), 1);
        const char *owner = is_owner(a) ? a->token : is_owner(b) ? b->token : c->token;
        ck_assert_str_eq(exchange_holder(a->exchange), owner);
        ck_assert_str_eq(exchange_holder(b->exchange), owner);
        ck_assert_str_eq(exchange_holder(c->exchange), owner);
        tear_down(&w);
}
END_TEST

START_TEST(a_restarted_edge_goes_on_as_the_owner_at_once) {
        World w;

        set_up(&w);
        redis_server_run(w.redis, "SET " LOCK " edge1 PX %d", LONG_LEASE_MSEC);
        Edge *a = start_edge(&w, 1);
        run_until(&w, *roles(a));
        ck_assert_str_eq(roles(a), "owner");
        tear_down(&w);
}
END_TEST

START_TEST(a_dead_owners_lease_is_waited_for_and_then_taken) {
        World w;

        set_up(&w);
        redis_server_run(w.redis, "SET " LOCK " dead PX %d", SHORT_LEASE_MSEC);
        Edge *a = start_edge(&w, 1);
        run_until(&w, is_owner(a));
        ck_assert_str_eq(roles(a), "follower owner");
        tear_down(&w);
}
END_TEST

START_TEST(an_owner_that_stops_makes_room_at_once) {
        World w;

        set_up(&w);
        Edge *a = start_edge(&w, 1);
        run_until(&w, is_owner(a));
        Edge *b = start_edge(&w, 2);
        run_until(&w, *roles(b));
        stop_edge(a);
        run_until(&w, is_owner(b));
        ck_assert_str_eq(roles(b), "follower owner");
        tear_down(&w);
}
END_TEST

START_TEST(an_owner_that_stops_leaves_behind_what_it_put_last) {
        Edge *a, *b;
        World w;

        set_up(&w);
        start_two_that_share(&w, &a, &b);
        for (unsigned i = 0; i < SOME; i++) {
                _cleanup_free_ char *place = xasprintf("place%u", i);
                put(a, place, "last");
                string_list_add(&b->wanted, place);
        }
        stop_edge(a);
        run_until(&w, is_owner(b));
        ck_assert_uint_eq(b->got.count, 2 + SOME);
        ck_assert_str_eq(b->got.items[1 + SOME], "place99=last");
        tear_down(&w);
}
END_TEST

START_TEST(a_lock_that_another_one_took_is_no_longer_ours) {
        World w;

        set_up(&w);
        Edge *a = start_edge(&w, 1);
        run_until(&w, is_owner(a));
        redis_server_run(w.redis, "SET " LOCK " another PX %d", LONG_LEASE_MSEC);
        put(a, "late", "of the old owner");
        run_until(&w, !is_owner(a));
        ck_assert_str_eq(roles(a), "owner follower");
        ck_assert_str_eq(exchange_holder(a->exchange), "another");
        _cleanup_free_ char *key = key_of(&w, &shared_key, "late");
        ck_assert(!is_there(&w, key));
        stop_edge(a);
        _cleanup_free_ char *holder = answer(&w, "GET " LOCK);
        ck_assert_str_eq(holder, "another");
        tear_down(&w);
}
END_TEST

START_TEST(who_lost_the_lock_hears_at_once_what_the_new_owner_shares) {
        World w;

        set_up(&w);
        Edge *a = start_edge(&w, 1);
        string_list_add(&a->wanted, "a");
        run_until(&w, is_owner(a));
        _cleanup_free_ char *key = key_of(&w, &shared_key, "a"), *value = seal(&shared_key, "a", "A2", 2);
        redis_server_run(w.redis, "SET " LOCK " another PX %d", LONG_LEASE_MSEC);
        redis_server_run(w.redis, "SET %s %s", key, value);
        redis_server_run(w.redis, "SET " REVISION " new");
        run_until(&w, has(&a->got, "a=A2"));
        ck_assert_str_eq(roles(a), "owner follower");
        tear_down(&w);
}
END_TEST

START_TEST(what_an_owner_put_does_not_come_back_when_another_one_was_there) {
        World w;

        set_up(&w);
        Edge *a = start_edge(&w, 1);
        run_until(&w, is_owner(a));
        put(a, "a", "A");
        run_until(&w, is_there(&w, REVISION));
        _cleanup_free_ char *key = key_of(&w, &shared_key, "a"), *newer = seal(&shared_key, "a", "A2", 2);
        redis_server_run(w.redis, "SET " LOCK " another PX %d", SHORT_LEASE_MSEC);
        run_until(&w, !is_owner(a));
        redis_server_run(w.redis, "SET %s %s", key, newer);
        redis_server_run(w.redis, "DEL " REVISION);
        run_until(&w, is_owner(a));
        put(a, "b", "B");
        run_until(&w, is_there(&w, REVISION));
        redis_server_run(w.redis, "DEL " REVISION); /* now the owner writes again what it knows of */
        run_until(&w, is_there(&w, REVISION));
        _cleanup_free_ char *value = answer(&w, "GET %s", key);
        ck_assert_str_eq(value, newer);
        tear_down(&w);
}
END_TEST

START_TEST(without_a_key_a_second_one_learns_who_was_first) {
        World w;

        set_up(&w);
        Edge *a = start_edge_with(&w, 1, NULL, LONG_LEASE_MSEC);
        run_until(&w, is_owner(a));
        put(a, "nothing", "is shared");
        Edge *b = start_edge_with(&w, 2, NULL, LONG_LEASE_MSEC);
        run_until(&w, *roles(b));
        ck_assert_str_eq(roles(b), "follower");
        ck_assert_str_eq(exchange_holder(b->exchange), "edge1");
        _cleanup_free_ char *keys = answer(&w, "DBSIZE");
        ck_assert_str_eq(keys, "1");
        tear_down(&w);
}
END_TEST

START_TEST(garbage_in_place_of_the_lock_stops_nobody) {
        World w;

        set_up(&w);
        redis_server_run(w.redis, "LPUSH " LOCK " garbage");
        redis_server_run(w.redis, "LPUSH " REVISION " garbage");
        Edge *a = start_edge(&w, 1);
        string_list_add(&a->shared, "a=A");
        run_until(&w, is_owner(a));
        _cleanup_free_ char *key = key_of(&w, &shared_key, "a");
        run_until(&w, is_there(&w, key));
        _cleanup_free_ char *holder = answer(&w, "GET " LOCK);
        ck_assert_str_eq(holder, "edge1");
        tear_down(&w);
}
END_TEST

START_TEST(a_hostile_holder_is_printable) {
        World w;

        set_up(&w);
        redis_server_run(w.redis, "SET " LOCK " %b", "edge1\0\n", (size_t)7);
        redis_server_run(w.redis, "SETRANGE " LOCK " 5000000 x");
        Edge *a = start_edge(&w, 1);
        run_until(&w, *roles(a));
        ck_assert_str_eq(roles(a), "follower");
        ck_assert_int_eq(strncmp(exchange_holder(a->exchange), "edge1\\x00\\x0a", 13), 0);
        ck_assert_uint_lt(strlen(exchange_holder(a->exchange)), 1000);
        tear_down(&w);
}
END_TEST

/* ---- Redis goes away ---- */

START_TEST(while_redis_hangs_nobody_asks_but_who_is_alone) {
        Keyspace lonely;
        World w;

        set_up(&w);
        ck_assert_int_eq(keyspace_init(&lonely, "/lonely"), 0);
        Edge *a = start_edge_with(&w, 1, &shared_key, SHORT_LEASE_MSEC);
        run_until(&w, is_owner(a));
        Edge *b = start_edge_with(&w, 2, &shared_key, SHORT_LEASE_MSEC), alone = { .token = "alone" };
        run_until(&w, *roles(b));
        alone.exchange =
                exchange_new(w.event,
                             (ExchangePolicy){ .redis = &w.url,
                                               .keyspace = &lonely,
                                               .token = alone.token,
                                               .lease_msec = SHORT_LEASE_MSEC,
                                               .poll_msec = POLL_MSEC },
                             (ExchangeHandlers){ .role = on_role, .changed = on_changed, .userdata = &alone });
        run_until(&w, is_owner(&alone));
        ck_assert_int_eq(kill(w.server.pid, SIGSTOP), 0);
        run_until(&w, !strcmp(roles(a), "owner unknown") && !strcmp(roles(b), "follower unknown"));
        ck_assert(is_owner(&alone));
        ck_assert_int_eq(kill(w.server.pid, SIGCONT), 0);
        run_until(&w, is_owner(a) || is_owner(b));
        run_until(&w, strcmp(roles(a), "owner unknown") != 0 && strcmp(roles(b), "follower unknown") != 0);
        ck_assert_str_eq(alone.roles.data, "owner");
        stop_edge(&alone);
        text_done(&alone.roles);
        keyspace_done(&lonely);
        tear_down(&w);
}
END_TEST

START_TEST(an_outage_shorter_than_the_lease_changes_nothing) {
        Edge *a, *b;
        World w;

        set_up(&w);
        start_two_that_share(&w, &a, &b);
        redis_server_kill(&w.server);
        run_until(&w, exchange_describe(a->exchange) && exchange_describe(b->exchange));
        run_redis_anew(&w);
        run_until(&w, !exchange_describe(a->exchange) && !exchange_describe(b->exchange));
        ck_assert_str_eq(roles(a), "owner");
        ck_assert_str_eq(roles(b), "follower");
        tear_down(&w);
}
END_TEST

/* The lock is lost with all the rest, and the follower comes first; yet the owner is still at work. */
static void assert_that_all_comes_back(World *w, Edge *owner, Edge *follower) {
        unsigned before = follower->changes;

        string_list_clear(&follower->got);
        run_until(w, follower->changes > before && has(&follower->got, "a=A") && has(&follower->got, "b=B"));
        ck_assert_str_eq(roles(owner), "owner");
        ck_assert_str_eq(roles(follower), "follower");
        ck_assert_str_eq(exchange_holder(follower->exchange), owner->token);
}

START_TEST(a_flushed_redis_gets_everything_again_from_the_same_owner) {
        Edge *a, *b;
        World w;

        set_up(&w);
        w.first_poll_msec = SLOW_POLL_MSEC;
        start_two_that_share(&w, &a, &b);
        redis_server_run(w.redis, "FLUSHALL");
        assert_that_all_comes_back(&w, a, b);
        tear_down(&w);
}
END_TEST

START_TEST(a_redis_that_restarted_empty_gets_everything_again_from_the_same_owner) {
        Edge *a, *b;
        World w;

        set_up(&w);
        w.first_poll_msec = SLOW_POLL_MSEC;
        start_two_that_share(&w, &a, &b);
        redis_server_kill(&w.server);
        run_redis_anew(&w);
        assert_that_all_comes_back(&w, a, b);
        tear_down(&w);
}
END_TEST

START_TEST(a_redis_that_restarted_with_old_values_gets_the_new_ones) {
        Edge *a, *b;
        World w;

        set_up(&w);
        start_two_that_share(&w, &a, &b);
        _cleanup_free_ char *key = key_of(&w, &shared_key, "a");
        _cleanup_free_ char *old_value = answer(&w, "GET %s", key), *old_revision = answer(&w, "GET " REVISION);
        put(a, "a", "A2");
        run_until(&w, has(&b->got, "a=A2"));
        redis_server_run(w.redis, "SET %s %s", key, old_value);
        redis_server_run(w.redis, "SET " REVISION " %s", old_revision);
        string_list_clear(&b->got);
        run_until(&w, has(&b->got, "a=A2"));
        tear_down(&w);
}
END_TEST

START_TEST(a_value_that_alone_got_lost_is_put_again) {
        Edge *a, *b;
        World w;

        set_up(&w);
        start_two_that_share(&w, &a, &b);
        _cleanup_free_ char *key = key_of(&w, &shared_key, "a");
        redis_server_run(w.redis, "DEL %s", key);
        run_until(&w, is_there(&w, key));
        tear_down(&w);
}
END_TEST

START_TEST(a_fetch_that_was_cut_short_is_asked_for_again) {
        Edge *a, *b;
        World w;

        set_up(&w);
        start_two_that_share(&w, &a, &b);
        unsigned before = b->changes;
        fetch(b);
        redis_server_run(w.redis, "CLIENT KILL TYPE normal SKIPME yes");
        run_until(&w, exchange_describe(b->exchange));
        ck_assert_uint_eq(b->got.count, 0);
        fetch(b); /* nor does this one come to anything */
        run_until(&w, b->changes > before && b->got.count == b->wanted.count);
        tear_down(&w);
}
END_TEST

/* The value is there already; that there is something new is what got lost. */
START_TEST(what_was_put_just_before_a_connection_broke_reaches_the_others) {
        Edge *a, *b;
        World w;

        set_up(&w);
        w.first_poll_msec = SLOW_POLL_MSEC;
        start_two_that_share(&w, &a, &b);
        _cleanup_free_ char *key = key_of(&w, &shared_key, "new");
        string_list_add(&b->wanted, "new");
        put(a, "new", "N");
        run_until(&w, is_there(&w, key));
        run_once(&w);
        redis_server_run(w.redis, "CLIENT KILL TYPE normal SKIPME yes");
        run_until(&w, has(&b->got, "new=N"));
        tear_down(&w);
}
END_TEST

START_TEST(what_was_put_while_the_lock_got_lost_reaches_the_others) {
        Edge *a, *b;
        World w;

        set_up(&w);
        start_two_that_share(&w, &a, &b);
        _cleanup_free_ char *key = key_of(&w, &shared_key, "new");
        string_list_add(&b->wanted, "new");
        put(a, "new", "N");
        run_until(&w, is_there(&w, key));
        redis_server_run(w.redis, "DEL " LOCK);
        run_until(&w, has(&b->got, "new=N"));
        ck_assert_str_eq(roles(a), "owner");
        tear_down(&w);
}
END_TEST

START_TEST(what_redis_refuses_is_said_and_tried_again) {
        World w;

        set_up(&w);
        static char name[] = "reader", password[] = "secret";
        redis_server_run(w.redis, "ACL SETUSER %s on >%s ~* +@all -eval", name, password);
        w.url.user = name;
        w.url.password = password;
        Edge *a = start_edge(&w, 1);
        run_until(&w, exchange_describe(a->exchange));
        ck_assert_msg(strstr(exchange_describe(a->exchange), "NOPERM"), "%s", exchange_describe(a->exchange));
        ck_assert_str_eq(roles(a), "");
        redis_server_run(w.redis, "ACL SETUSER reader +eval");
        run_until(&w, is_owner(a));
        ck_assert_ptr_null(exchange_describe(a->exchange));
        tear_down(&w);
}
END_TEST

/* Those of docs/redis-users.acl. */
START_TEST(the_rights_of_a_user_for_certificates_are_enough) {
        static char name[] = "edge", password[] = "secret";
        Edge *a, *b;
        World w;

        set_up(&w);
        redis_server_run(w.redis,
                         "ACL SETUSER %s on >%s ~/beachhead-locks/certs ~/beachhead-certs/* "
                         "-@all +select +eval +type +getrange +set +pttl +exists",
                         name, password);
        w.url.user = name;
        w.url.password = password;
        start_two_that_share(&w, &a, &b);
        _cleanup_free_ char *key = key_of(&w, &shared_key, "b");
        redis_server_run(w.redis, "DEL %s", key);
        run_until(&w, is_there(&w, key));
        stop_edge(a);
        run_until(&w, is_owner(b));
        tear_down(&w);
}
END_TEST

/* ---- values ---- */

START_TEST(a_thousand_values_reach_the_other_edge) {
        World w;

        set_up(&w);
        Edge *a = start_edge(&w, 1), *b;
        for (unsigned i = 0; i < MANY; i++)
                string_list_addf(&a->shared, "place%u=value%u", i, i);
        run_until(&w, is_there(&w, REVISION));
        b = start_edge(&w, 2);
        for (unsigned i = 0; i < MANY; i++)
                string_list_addf(&b->wanted, "place%u", i);
        run_until(&w, b->got.count == MANY);
        for (unsigned i = 0; i < MANY; i++)
                ck_assert_str_eq(b->got.items[i], a->shared.items[i]);
        ck_assert_uint_eq(b->changes, 1);
        tear_down(&w);
}
END_TEST

START_TEST(a_renewed_value_is_told_and_one_that_did_not_change_is_not) {
        Edge *a, *b;
        World w;

        set_up(&w);
        start_two_that_share(&w, &a, &b);
        _cleanup_free_ char *key_a = key_of(&w, &shared_key, "a"), *key_b = key_of(&w, &shared_key, "b");
        _cleanup_free_ char *a_before = answer(&w, "GET %s", key_a), *b_before = answer(&w, "GET %s", key_b);
        put(a, "a", "A");
        put(a, "b", "B2");
        run_until(&w, has(&b->got, "b=B2"));
        _cleanup_free_ char *a_after = answer(&w, "GET %s", key_a), *b_after = answer(&w, "GET %s", key_b);
        ck_assert_str_eq(a_before, a_after);
        ck_assert_str_ne(b_before, b_after);
        tear_down(&w);
}
END_TEST

START_TEST(an_edge_that_takes_over_has_first_what_the_last_owner_shared) {
        Edge *a, *b;
        World w;

        set_up(&w);
        start_two_that_share(&w, &a, &b);
        put(a, "a", "A2");
        run_until(&w, has(&b->got, "a=A2"));
        stop_edge(a);
        stop_edge(b);
        Edge *c = start_edge(&w, 3);
        string_list_add(&c->wanted, "a");
        run_until(&w, *roles(c));
        ck_assert_str_eq(roles(c), "owner");
        ck_assert(has(&c->got, "a=A2"));
        tear_down(&w);
}
END_TEST

START_TEST(an_edge_with_another_key_gets_nothing_and_says_why) {
        Edge *a, *b, *c;
        World w;

        set_up(&w);
        start_two_that_share(&w, &a, &b);
        c = start_edge_with(&w, 3, &other_key, LONG_LEASE_MSEC);
        string_list_add(&c->wanted, "a");
        run_until(&w, c->got.count == 1);
        ck_assert_str_eq(c->got.items[0], "a");
        ck_assert_ptr_nonnull(strstr(exchange_describe(c->exchange), "--certs-key-file"));
        ck_assert_ptr_nonnull(strstr(exchange_describe(c->exchange), "edge1"));
        ck_assert_ptr_null(exchange_describe(b->exchange));
        tear_down(&w);
}
END_TEST

/* Redis' figure of bytes sent. */
static unsigned long long bytes_sent(World *w) {
        _cleanup_free_ char *figures = answer(w, "INFO stats");
        static const char field[] = "total_net_output_bytes:";
        const char *figure = strstr(figures, field);

        ck_assert_ptr_nonnull(figure);
        _cleanup_free_ char *digits =
                xstrndup(figure + sizeof field - 1, strspn(figure + sizeof field - 1, "0123456789"));
        uint64_t bytes = 0;
        ck_assert_int_eq(parse_unsigned(digits, 0, UINT64_MAX, &bytes), 0);
        return bytes;
}

START_TEST(hostile_values_are_nothing_and_the_others_come_through) {
        static const char *const places[] = { "a", "b", "huge", "list", "moved", "nul", "text" };
        Edge *a, *b;
        World w;

        set_up(&w);
        start_two_that_share(&w, &a, &b);
        for (size_t i = 2; i < sizeof places / sizeof *places; i++)
                string_list_add(&b->wanted, places[i]);
        _cleanup_free_ char *key_a = key_of(&w, &shared_key, "a"), *huge = key_of(&w, &shared_key, "huge"),
                            *list = key_of(&w, &shared_key, "list"), *moved = key_of(&w, &shared_key, "moved"),
                            *nul = key_of(&w, &shared_key, "nul"), *text = key_of(&w, &shared_key, "text"),
                            *sealed = seal(&shared_key, "nul", "N", 1);
        redis_server_run(w.redis, "SETRANGE %s 67108864 x", huge);
        redis_server_run(w.redis, "LPUSH %s x", list);
        redis_server_run(w.redis, "COPY %s %s", key_a, moved);
        redis_server_run(w.redis, "SET %s %s", nul, sealed);
        redis_server_run(w.redis, "APPEND %s %b", nul, "\0", (size_t)1);
        redis_server_run(w.redis, "SET %s text", text);
        unsigned long long before = bytes_sent(&w);
        fetch(b);
        run_until(&w, b->got.count == b->wanted.count);
        ck_assert_uint_lt(bytes_sent(&w) - before, 2 * EXCHANGE_VALUE_MAX);
        ck_assert_str_eq(b->got.items[0], "a=A");
        ck_assert_str_eq(b->got.items[1], "b=B");
        for (size_t i = 2; i < sizeof places / sizeof *places; i++)
                ck_assert_str_eq(b->got.items[i], places[i]);
        tear_down(&w);
}
END_TEST

START_TEST(what_is_too_large_is_refused_and_what_is_not_arrives_whole) {
        static char bytes[EXCHANGE_VALUE_MAX];
        World w;

        set_up(&w);
        Edge *a = start_edge(&w, 1);
        run_until(&w, is_owner(a));
        memset(bytes, 'x', sizeof bytes);
        ck_assert_int_eq(exchange_put(a->exchange, "large", bytes, sizeof bytes, DAY), -EFBIG);
        ck_assert_int_eq(exchange_put(a->exchange, "a", bytes, sizeof bytes / 3, DAY), 0);
        run_until(&w, is_there(&w, REVISION));
        _cleanup_free_ char *value = key_of(&w, &shared_key, "large");
        ck_assert(!is_there(&w, value));
        string_list_add(&a->wanted, "a");
        fetch(a);
        run_until(&w, a->got.count == 1);
        ck_assert_uint_eq(strlen(a->got.items[0]), strlen("a=") + sizeof bytes / 3);
        tear_down(&w);
}
END_TEST

START_TEST(a_reader_of_redis_learns_neither_place_nor_value) {
        Edge *a, *b;
        World w;

        set_up(&w);
        start_two_that_share(&w, &a, &b);
        put(a, "shop.example.org", "PRIVATE KEY");
        string_list_add(&b->wanted, "shop.example.org");
        run_until(&w, has(&b->got, "shop.example.org=PRIVATE KEY"));
        _cleanup_free_ char *key = key_of(&w, &shared_key, "shop.example.org"), *value = answer(&w, "GET %s", key);
        ck_assert_ptr_null(strstr(key, "shop"));
        ck_assert_ptr_null(strstr(value, "PRIVATE"));
        _cleanup_free_ char *left = answer(&w, "TTL %s", key);
        uint64_t seconds = 0;
        ck_assert_int_eq(parse_unsigned(left, DAY - 3600, DAY, &seconds), 0);
        tear_down(&w);
}
END_TEST

TEST_MAIN("exchange", of_several_edges_one_is_the_owner_and_the_others_can_name_it,
          a_restarted_edge_goes_on_as_the_owner_at_once, a_dead_owners_lease_is_waited_for_and_then_taken,
          an_owner_that_stops_makes_room_at_once, an_owner_that_stops_leaves_behind_what_it_put_last,
          a_lock_that_another_one_took_is_no_longer_ours, without_a_key_a_second_one_learns_who_was_first,
          what_an_owner_put_does_not_come_back_when_another_one_was_there,
          who_lost_the_lock_hears_at_once_what_the_new_owner_shares, garbage_in_place_of_the_lock_stops_nobody,
          a_hostile_holder_is_printable, while_redis_hangs_nobody_asks_but_who_is_alone,
          an_outage_shorter_than_the_lease_changes_nothing, a_flushed_redis_gets_everything_again_from_the_same_owner,
          a_redis_that_restarted_empty_gets_everything_again_from_the_same_owner,
          a_redis_that_restarted_with_old_values_gets_the_new_ones, a_value_that_alone_got_lost_is_put_again,
          a_fetch_that_was_cut_short_is_asked_for_again,
          what_was_put_just_before_a_connection_broke_reaches_the_others,
          what_was_put_while_the_lock_got_lost_reaches_the_others, what_redis_refuses_is_said_and_tried_again,
          the_rights_of_a_user_for_certificates_are_enough, a_thousand_values_reach_the_other_edge,
          a_renewed_value_is_told_and_one_that_did_not_change_is_not,
          an_edge_that_takes_over_has_first_what_the_last_owner_shared,
          an_edge_with_another_key_gets_nothing_and_says_why, hostile_values_are_nothing_and_the_others_come_through,
          what_is_too_large_is_refused_and_what_is_not_arrives_whole, a_reader_of_redis_learns_neither_place_nor_value)
