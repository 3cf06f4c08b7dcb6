/* The publisher against a real Redis: what is written and when, what is deleted and what is left alone. */
#include "beachhead/manifest.h"
#include "common/log.h"
#include "common/text.h"
#include "registrar/publisher.h"
#include "tests/component/redis-server.h"
#include "tests/unit/check-main.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>

enum { STEP_SECONDS = 30 }; /* for anything to become true */

/* One publisher, as a host would run it. */
typedef struct Side {
        PublisherPolicy policy;
        Publisher *publisher;
        unsigned settled;
} Side;

typedef struct Fixture {
        RedisServer server;
        redisContext *redis;
        RedisUrl url;
        Keyspace keyspace;
        sd_event *event;
        Side one, two;
        int log; /* what was said on standard error */
} Fixture;

static void on_settled(void *userdata) {
        Side *s = userdata;

        s->settled++;
}

static void ignore_state(void *userdata) {
        (void)userdata;
}

static void set_up(Fixture *f) {
        *f = (Fixture){ .log = memfd_create("log", MFD_CLOEXEC) };
        (void)signal(SIGPIPE, SIG_IGN); /* as service_block_signals() has it */
        redis_server_start(&f->server);
        f->redis = redis_server_connect(&f->server);
        f->url.socket_path = f->server.socket;
        ck_assert_int_eq(keyspace_init(&f->keyspace, KEYSPACE_DEFAULT_PREFIX), 0);
        ck_assert_int_ge(sd_event_new(&f->event), 0);
        ck_assert_int_ge(dup2(f->log, STDERR_FILENO), 0);
        log_setup(LOG_INFO, LOG_FORMAT_PREFIX);
}

static void start(Fixture *f, Side *s, const char *machine, const char *node) {
        PublisherHandlers handlers = { .settled = on_settled, .state = ignore_state, .userdata = s };

        if (s->policy.expire_sec == 0)
                s->policy.expire_sec = 60;
        s->policy.redis = &f->url;
        s->policy.keyspace = &f->keyspace;
        s->policy.node = node;
        s->policy.machine = machine;
        publisher_new(&s->publisher, f->event, &s->policy, handlers);
}

static void set_up_with_one(Fixture *f, const char *machine, const char *node) {
        set_up(f);
        start(f, &f->one, machine, node);
}

static void stop(Side *s) {
        s->publisher = publisher_free(s->publisher);
}

static void tear_down(Fixture *f) {
        stop(&f->one);
        stop(&f->two);
        f->event = sd_event_unref(f->event);
        keyspace_done(&f->keyspace);
        redisFree(f->redis);
        free(f->url.user);
        free(f->url.password);
        redis_server_stop(&f->server);
        closep(&f->log);
}

static uint64_t clock_now(void) {
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void run_until(Fixture *f, bool (*until)(Fixture *f)) {
        uint64_t limit = clock_now() + STEP_SECONDS * 1000000ULL;

        while (!until(f)) {
                ck_assert_msg(clock_now() < limit, "it did not become true in time");
                ck_assert_int_ge(sd_event_run(f->event, 10 * 1000), 0);
        }
}

static void run_for(Fixture *f, uint64_t usec) {
        for (uint64_t end = clock_now() + usec; clock_now() < end;)
                ck_assert_int_ge(sd_event_run(f->event, 10 * 1000), 0);
}

static bool one_is_settled(Fixture *f) {
        return publisher_is_settled(f->one.publisher);
}

static bool two_is_settled(Fixture *f) {
        return publisher_is_settled(f->two.publisher);
}

static bool two_has_clash(Fixture *f) {
        return publisher_has_clash(f->two.publisher);
}

/* ---- what is wanted ---- */

/* A registration that says which machine it comes from; NULL: it says none. Valid until the next call. */
static const char *value_of(const char *machine, const char *domain) {
        static char value[512];
        _cleanup_free_ char *member = machine ? xasprintf(",\"machine\":\"%s\"", machine) : xstrdup("");

        (void)snprintf(value, sizeof value,
                       "[{\"id\":\"d\",\"domain\":\"%s\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}%s}]", domain,
                       member);
        return value;
}

/* The list of what should be there ends with a NULL. */
static void want_all(Side *s, va_list instances) {
        const char *instance;
        uint64_t count = 0;

        publisher_begin(s->publisher);
        for (; (instance = va_arg(instances, const char *)); count++)
                publisher_want(s->publisher, instance, value_of(s->policy.machine, "d.example.org"));
        publisher_commit(s->publisher, count);
}

static void want(Side *s, ...) {
        va_list instances;

        va_start(instances, s);
        want_all(s, instances);
        va_end(instances);
}

/* The same, and runs until it is settled. */
static void publish(Fixture *f, Side *s, ...) {
        va_list instances;

        va_start(instances, s);
        want_all(s, instances);
        va_end(instances);
        run_until(f, s == &f->one ? one_is_settled : two_is_settled);
}

/* ---- what is there ---- */

/* The caller owns the reply to one command. */
static redisReply *ask(Fixture *f, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        redisReply *reply = redisvCommand(f->redis, format, arguments);
        va_end(arguments);
        ck_assert_ptr_nonnull(reply);
        return reply;
}

static bool exists(Fixture *f, const char *key) {
        redisReply *reply = ask(f, "EXISTS %s", key);
        bool there = reply->integer > 0;

        freeReplyObject(reply);
        return there;
}

static long long lease_of(Fixture *f, const char *key) {
        redisReply *reply = ask(f, "TTL %s", key);
        long long seconds = reply->integer;

        freeReplyObject(reply);
        return seconds;
}

static bool holds(Fixture *f, const char *key, const char *part) {
        redisReply *reply = ask(f, "GET %s", key);
        bool found = reply->type == REDIS_REPLY_STRING && strstr(reply->str, part);

        freeReplyObject(reply);
        return found;
}

/* A figure of INFO: what follows `name` there; 0 where it is not there. */
static uint64_t figure(Fixture *f, const char *section, const char *name) {
        redisReply *reply = ask(f, "INFO %s", section);
        const char *at = strstr(reply->str, name);
        uint64_t value = 0;

        if (at) {
                at += strlen(name);
                _cleanup_free_ char *digits = xstrndup(at, strspn(at, "0123456789"));
                ck_assert_int_eq(parse_unsigned(digits, 0, UINT64_MAX, &value), 0);
        }
        freeReplyObject(reply);
        return value;
}

static uint64_t calls(Fixture *f, const char *command) {
        _cleanup_free_ char *name = xasprintf("cmdstat_%s:calls=", command);

        return figure(f, "commandstats", name);
}

static uint64_t connections(Fixture *f) {
        return figure(f, "stats", "total_connections_received:");
}

static size_t lines_in_log(const Fixture *f, const char *part) {
        static char bytes[65536];
        ssize_t size = pread(f->log, bytes, sizeof bytes - 1, 0);
        size_t lines = 0;

        ck_assert_int_ge(size, 0);
        bytes[size] = '\0';
        for (const char *at = bytes; (at = strstr(at, part)); at += strlen(part))
                lines++;
        return lines;
}

/* ---- transactions ---- */

START_TEST(a_change_is_one_transaction_with_manifest_and_hints) {
        Fixture f;

        set_up_with_one(&f, "m1", "web");
        publish(&f, &f.one, "a@web", "b@web", NULL);
        ck_assert_uint_eq(calls(&f, "exec"), 1);
        ck_assert_uint_eq(calls(&f, "publish"), 2);
        ck_assert(holds(&f, "/beachhead-nodes/web", "[\"a@web\",\"b@web\"]"));
        ck_assert_int_gt(lease_of(&f, "/beachhead/a@web"), 50);
        ck_assert_int_gt(lease_of(&f, "/beachhead-nodes/web"), 50);

        publish(&f, &f.one, "b@web", "c@web", NULL);
        ck_assert_uint_eq(calls(&f, "exec"), 2);
        ck_assert_uint_eq(calls(&f, "publish"), 4);
        ck_assert(!exists(&f, "/beachhead/a@web"));
        ck_assert(holds(&f, "/beachhead-nodes/web", "[\"b@web\",\"c@web\"]"));
        tear_down(&f);
}
END_TEST

START_TEST(a_restart_sends_hints_for_what_differs_alone) {
        static const char *const nodes[] = { "web", NULL };

        for (size_t i = 0; i < 2; i++) {
                const char *a = nodes[i] ? "a@web" : "a", *b = nodes[i] ? "b@web" : "b", *c = nodes[i] ? "c@web" : "c";
                Fixture f;
                set_up_with_one(&f, "m1", nodes[i]);
                publish(&f, &f.one, a, b, NULL);
                ck_assert_uint_eq(calls(&f, "publish"), 2);
                stop(&f.one);
                start(&f, &f.one, "m1", nodes[i]);
                publish(&f, &f.one, a, c, NULL);
                ck_assert_uint_eq(calls(&f, "publish"), 4); /* c is new, b is swept */
                tear_down(&f);
        }
}
END_TEST

START_TEST(a_refresh_is_one_transaction_without_hints_whatever_the_number) {
        Fixture f;

        set_up_with_one(&f, "m1", NULL);
        publisher_begin(f.one.publisher);
        for (int i = 0; i < 1000; i++) {
                _cleanup_free_ char *instance = xasprintf("c%d", i);
                publisher_want(f.one.publisher, instance, value_of("m1", "d.example.org"));
        }
        publisher_commit(f.one.publisher, 1000);
        run_until(&f, one_is_settled);
        uint64_t hints = calls(&f, "publish");
        redis_server_run(f.redis, "EXPIRE /beachhead/c999 10");
        redis_server_run(f.redis, "EXPIRE /beachhead-nodes/m1 10");

        publisher_refresh(f.one.publisher);
        run_until(&f, one_is_settled);
        ck_assert_uint_eq(calls(&f, "exec"), 2);
        ck_assert_uint_eq(calls(&f, "publish"), hints);
        ck_assert_int_gt(lease_of(&f, "/beachhead/c999"), 50);
        ck_assert_int_gt(lease_of(&f, "/beachhead-nodes/m1"), 50);
        tear_down(&f);
}
END_TEST

/* It may not wait for the next one, at which the lease is nearly over. */
START_TEST(a_refresh_that_falls_due_during_a_transaction_is_not_lost) {
        Fixture f;

        set_up_with_one(&f, "m1", "web");
        publish(&f, &f.one, "a@web", NULL);
        redis_server_run(f.redis, "EXPIRE /beachhead/a@web 10");
        want(&f.one, "a@web", "b@web", NULL); /* under way now */
        publisher_refresh(f.one.publisher);
        run_until(&f, one_is_settled);
        ck_assert(exists(&f, "/beachhead/b@web"));
        ck_assert_int_gt(lease_of(&f, "/beachhead/a@web"), 50);
        tear_down(&f);
}
END_TEST

START_TEST(a_transaction_that_met_another_writer_is_tried_again) {
        Fixture f;

        set_up_with_one(&f, "m1", "web");
        publish(&f, &f.one, "a@web", NULL);
        want(&f.one, "b@web", NULL);
        publisher_refresh(f.one.publisher);
        /* A write of the manifest between each two steps comes after some WATCH and before its EXEC. */
        for (int i = 0; i < 50; i++) {
                redis_server_run(f.redis, "SETEX /beachhead-nodes/web 60 {\"machine\":\"m1\",\"instances\":[]}");
                ck_assert_int_ge(sd_event_run(f.event, 1000), 0);
        }
        run_until(&f, one_is_settled);
        ck_assert(!exists(&f, "/beachhead/a@web"));
        ck_assert(holds(&f, "/beachhead-nodes/web", "[\"b@web\"]"));
        tear_down(&f);
}
END_TEST

START_TEST(without_expiry_only_the_manifest_has_a_lease) {
        Fixture f;

        set_up_with_one(&f, "m1", NULL);
        stop(&f.one);
        f.one.policy.expire_sec = 0;
        publisher_new(&f.one.publisher, f.event, &f.one.policy,
                      (PublisherHandlers){ .settled = on_settled, .state = ignore_state, .userdata = &f.one });
        publish(&f, &f.one, "a", NULL);
        ck_assert_int_eq(lease_of(&f, "/beachhead/a"), -1);
        ck_assert_int_gt(lease_of(&f, "/beachhead-nodes/m1"), 50);
        tear_down(&f);
}
END_TEST

/* ---- whose it is ---- */

START_TEST(own_registrations_of_before_are_swept_and_foreign_ones_never) {
        Fixture f;

        set_up(&f);
        redis_server_run(f.redis, "SET /beachhead/stale %s", value_of("m1", "d.example.org"));
        redis_server_run(f.redis, "SET /beachhead/other %s", value_of("m2", "d.example.org"));
        redis_server_run(f.redis, "SET /beachhead/companions %s", value_of(NULL, "d.example.org"));
        redis_server_run(f.redis, "SET /beachhead/garbage hello");
        redis_server_run(f.redis, "SET /beachhead/x@web %s", value_of("m1", "d.example.org"));
        redis_server_run(f.redis, "LPUSH /beachhead/list item");
        start(&f, &f.one, "m1", NULL);
        publish(&f, &f.one, "a", NULL);
        ck_assert(!exists(&f, "/beachhead/stale"));
        ck_assert(exists(&f, "/beachhead/other") && exists(&f, "/beachhead/companions"));
        ck_assert(exists(&f, "/beachhead/garbage") && exists(&f, "/beachhead/list"));
        ck_assert(exists(&f, "/beachhead/x@web"));
        tear_down(&f);
}
END_TEST

START_TEST(under_its_node_everything_is_its_own_but_what_another_machine_wrote) {
        Fixture f;

        set_up(&f);
        redis_server_run(f.redis, "SET /beachhead/stale@web %s", value_of("m1", "d.example.org"));
        redis_server_run(f.redis, "SET /beachhead/plain@web %s", value_of(NULL, "d.example.org"));
        redis_server_run(f.redis, "SET /beachhead/other@web %s", value_of("m2", "d.example.org"));
        redis_server_run(f.redis, "SET /beachhead/stale@web2 %s", value_of("m1", "d.example.org"));
        start(&f, &f.one, "m1", "web");
        publish(&f, &f.one, NULL);
        ck_assert(!exists(&f, "/beachhead/stale@web") && !exists(&f, "/beachhead/plain@web"));
        ck_assert(exists(&f, "/beachhead/other@web") && exists(&f, "/beachhead/stale@web2"));
        tear_down(&f);
}
END_TEST

/* While it was away its lease ran out, and the container of that name on another host took the key. */
START_TEST(a_key_that_another_machine_took_over_is_not_deleted) {
        Fixture f;

        set_up_with_one(&f, "m1", NULL);
        publish(&f, &f.one, "web", "other", NULL);
        redis_server_run(f.redis, "SETEX /beachhead/web 60 %s", value_of("m2", "d.example.org"));
        redis_server_run(f.redis, "SETEX /beachhead/other 60 %s", value_of(NULL, "d.example.org"));
        publish(&f, &f.one, NULL);
        ck_assert(holds(&f, "/beachhead/web", "m2"));
        ck_assert(exists(&f, "/beachhead/other"));
        ck_assert(holds(&f, "/beachhead-nodes/m1", "\"instances\":[]"));
        tear_down(&f);
}
END_TEST

START_TEST(without_node_one_container_name_stays_with_the_machine_that_had_it_first) {
        Fixture f;

        set_up_with_one(&f, "m1", NULL);
        publish(&f, &f.one, "same", NULL);
        start(&f, &f.two, "m0", NULL); /* the lower id, but it came later */
        publish(&f, &f.two, "same", "mine", NULL);
        ck_assert(holds(&f, "/beachhead/same", "m1"));
        ck_assert(holds(&f, "/beachhead-nodes/m0", "[\"mine\"]"));
        ck_assert_uint_eq(lines_in_log(&f, "/beachhead/same belongs to"), 1);
        publisher_refresh(f.two.publisher);
        run_until(&f, two_is_settled);
        ck_assert_uint_eq(lines_in_log(&f, "/beachhead/same belongs to"), 1);

        publish(&f, &f.one, NULL);
        publisher_refresh(f.two.publisher);
        run_until(&f, two_is_settled);
        ck_assert(holds(&f, "/beachhead/same", "m0"));
        tear_down(&f);
}
END_TEST

START_TEST(what_nobody_can_have_published_is_not_fetched_and_gives_way) {
        Fixture f;

        set_up_with_one(&f, "m1", NULL);
        redis_server_run(f.redis, "SETRANGE /beachhead/web 33554432 x");
        redis_server_run(f.redis, "RPUSH /beachhead/list x");
        redis_server_run(f.redis, "SETRANGE /beachhead-nodes/m1 33554432 x");
        publish(&f, &f.one, "web", "list", NULL);
        ck_assert(holds(&f, "/beachhead/web", "m1") && holds(&f, "/beachhead/list", "m1"));
        ck_assert(holds(&f, "/beachhead-nodes/m1", "[\"list\",\"web\"]"));
        ck_assert_uint_lt(figure(&f, "stats", "total_net_output_bytes:"), 2 * MANIFEST_VALUE_MAX);
        tear_down(&f);
}
END_TEST

/* ---- two hosts with one --node ---- */

START_TEST(who_comes_second_to_a_node_publishes_nothing_until_the_first_is_gone_for_a_lease) {
        static const char *const machines[][2] = { { "m1", "m2" }, { "m2", "m1" } };

        for (size_t i = 0; i < 2; i++) {
                Fixture f;
                set_up_with_one(&f, machines[i][0], "web");
                publish(&f, &f.one, "a@web", NULL);
                f.two.policy.expire_sec = 2;
                start(&f, &f.two, machines[i][1], "web");
                want(&f.two, "b@web", NULL);
                run_until(&f, two_has_clash);
                ck_assert(!exists(&f, "/beachhead/b@web"));
                ck_assert(holds(&f, "/beachhead-nodes/web", machines[i][0]));
                ck_assert_uint_eq(lines_in_log(&f, "two hosts have the same --node"), 1);

                stop(&f.one);
                redis_server_run(f.redis, "FLUSHALL"); /* which may be all that has happened */
                publisher_refresh(f.two.publisher);
                run_until(&f, two_is_settled);
                ck_assert(publisher_has_clash(f.two.publisher) && !exists(&f, "/beachhead/b@web"));
                while (publisher_has_clash(f.two.publisher)) {
                        publisher_refresh(f.two.publisher);
                        run_until(&f, two_is_settled);
                }
                ck_assert(exists(&f, "/beachhead/b@web"));
                tear_down(&f);
        }
}
END_TEST

/* One pass ends then, and says so with its exit status. */
START_TEST(a_clash_is_settled) {
        Fixture f;

        set_up(&f);
        redis_server_run(f.redis, "SETEX /beachhead-nodes/web 60 {\"machine\":\"m1\",\"instances\":[]}");
        start(&f, &f.two, "m2", "web");
        want(&f.two, "b@web", NULL);
        run_until(&f, two_has_clash);
        run_until(&f, two_is_settled);
        ck_assert_uint_ge(f.two.settled, 1);
        tear_down(&f);
}
END_TEST

static bool one_has_clash(Fixture *f) {
        return publisher_has_clash(f->one.publisher);
}

START_TEST(of_two_that_both_published_under_a_node_the_lower_machine_goes_on) {
        Fixture f;

        set_up_with_one(&f, "m2", "web");
        publish(&f, &f.one, "a@web", NULL);
        redis_server_run(f.redis, "FLUSHALL");
        start(&f, &f.two, "m1", "web");
        publish(&f, &f.two, "b@web", NULL);
        publisher_refresh(f.one.publisher);
        run_until(&f, one_has_clash);
        ck_assert(!exists(&f, "/beachhead/a@web"));
        publisher_refresh(f.two.publisher);
        run_until(&f, two_is_settled);
        ck_assert(holds(&f, "/beachhead-nodes/web", "m1"));
        tear_down(&f);
}
END_TEST

/* ---- the end ---- */

/* The manifest that lists nothing is what tells a consumer that all of it went on purpose. */
START_TEST(withdrawn_is_everything_of_its_own_and_the_manifest_says_so) {
        Fixture f;

        set_up(&f);
        redis_server_run(f.redis, "SET /beachhead/other %s", value_of("m2", "d.example.org"));
        start(&f, &f.one, "m1", NULL);
        publish(&f, &f.one, "a", "b", NULL);
        f.one.settled = 0;
        publisher_withdraw(f.one.publisher);
        run_until(&f, one_is_settled);
        ck_assert_uint_ge(f.one.settled, 1);
        ck_assert(!exists(&f, "/beachhead/a") && !exists(&f, "/beachhead/b"));
        ck_assert(exists(&f, "/beachhead/other"));
        ck_assert(holds(&f, "/beachhead-nodes/m1", "\"instances\":[]"));
        ck_assert_int_gt(lease_of(&f, "/beachhead-nodes/m1"), 50);
        tear_down(&f);
}
END_TEST

START_TEST(withdrawn_is_also_what_a_transaction_under_way_writes) {
        Fixture f;

        set_up_with_one(&f, "m1", NULL);
        publish(&f, &f.one, NULL);
        want(&f.one, "a", NULL); /* under way now */
        publisher_withdraw(f.one.publisher);
        run_until(&f, one_is_settled);
        ck_assert(!exists(&f, "/beachhead/a"));
        ck_assert(holds(&f, "/beachhead-nodes/m1", "\"instances\":[]"));
        tear_down(&f);
}
END_TEST

START_TEST(named_containers_have_no_manifest_and_are_withdrawn_all_the_same) {
        Fixture f;

        set_up(&f);
        redis_server_run(f.redis, "SET /beachhead/other %s", value_of(NULL, "d.example.org"));
        start(&f, &f.one, NULL, NULL);
        publish(&f, &f.one, "a", NULL);
        ck_assert(exists(&f, "/beachhead/a"));
        publisher_withdraw(f.one.publisher);
        run_until(&f, one_is_settled);
        redisReply *keys = ask(&f, "KEYS *");
        ck_assert_uint_eq(keys->elements, 1);
        ck_assert_str_eq(keys->element[0]->str, "/beachhead/other");
        freeReplyObject(keys);
        tear_down(&f);
}
END_TEST

/* ---- Redis in trouble ---- */

static bool a_is_there(Fixture *f) {
        return exists(f, "/beachhead/a");
}

START_TEST(redis_restarted_empty_is_filled_again) {
        Fixture f;

        set_up_with_one(&f, "m1", NULL);
        publish(&f, &f.one, "a", "b", NULL);
        redis_server_kill(&f.server);
        redis_server_launch(&f.server);
        redisFree(f.redis);
        f.redis = redis_server_connect(&f.server);
        run_until(&f, a_is_there);
        run_until(&f, one_is_settled);
        ck_assert(exists(&f, "/beachhead/b"));
        ck_assert(holds(&f, "/beachhead-nodes/m1", "[\"a\",\"b\"]"));
        tear_down(&f);
}
END_TEST

/* Killed at every step of round and sweep: the next connection begins anew, with nothing left of the last. */
START_TEST(a_connection_that_ends_at_any_step_leaves_nothing_half_done) {
        Fixture f;

        set_up(&f);
        for (int i = 0; i < 3000; i++)
                redis_server_run(f.redis, "SET /beachhead/foreign%d %s", i, value_of("m2", "d.example.org"));
        for (int steps = 1; steps < 20; steps++) {
                redis_server_run(f.redis, "SET /beachhead/stale %s", value_of("m1", "d.example.org"));
                start(&f, &f.one, "m1", NULL);
                want(&f.one, "a", NULL);
                for (int i = 0; i < steps; i++)
                        ck_assert_int_ge(sd_event_run(f.event, 1000), 0);
                redis_server_run(f.redis, "CLIENT KILL TYPE normal SKIPME yes");
                run_until(&f, one_is_settled);
                ck_assert(exists(&f, "/beachhead/a") && !exists(&f, "/beachhead/stale"));
                ck_assert(exists(&f, "/beachhead/foreign0"));
                stop(&f.one);
        }
        tear_down(&f);
}
END_TEST

/* Each makes Redis refuse writes in its own way; `mend` takes it back. */
START_TEST(a_redis_that_refuses_to_write_is_named_and_tried_again_with_patience) {
        static const struct {
                const char *spoil, *mend, *word;
        } cases[] = {
                { "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "OOM" },
                { "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "READONLY" },
                { "CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0", "NOREPLICAS" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Fixture f;
                set_up(&f);
                redis_server_run(f.redis, cases[i].spoil);
                start(&f, &f.one, "m1", NULL);
                want(&f.one, "a", NULL);
                uint64_t before = connections(&f);
                run_for(&f, 1500 * 1000);
                ck_assert_uint_ge(connections(&f) - before, 2);
                ck_assert_uint_le(connections(&f) - before, 6);
                ck_assert_uint_eq(lines_in_log(&f, cases[i].word), 1);
                ck_assert_uint_le(lines_in_log(&f, "\n"), 3);
                ck_assert_ptr_nonnull(strstr(publisher_describe(f.one.publisher), cases[i].word));
                ck_assert(!publisher_is_settled(f.one.publisher));

                redis_server_run(f.redis, cases[i].mend);
                run_until(&f, one_is_settled);
                ck_assert(exists(&f, "/beachhead/a"));
                ck_assert_ptr_null(strstr(publisher_describe(f.one.publisher), cases[i].word));
                tear_down(&f);
        }
}
END_TEST

/* EXEC itself succeeds then, and one of the replies in it is an error. */
START_TEST(an_error_within_a_transaction_is_no_success) {
        Fixture f;

        set_up(&f);
        f.one.policy.expire_sec = UINT64_C(1) << 62;
        start(&f, &f.one, "m1", NULL);
        want(&f.one, "a", NULL);
        run_for(&f, 500 * 1000);
        ck_assert(!publisher_is_settled(f.one.publisher));
        ck_assert_uint_eq(lines_in_log(&f, "invalid expire"), 1);
        tear_down(&f);
}
END_TEST

START_TEST(a_user_who_may_not_write_is_told_so) {
        Fixture f;

        set_up(&f);
        redis_server_run(f.redis, "ACL SETUSER reader on >secret allkeys +@read +@connection +@transaction");
        f.url.user = xstrdup("reader");
        f.url.password = xstrdup("secret");
        start(&f, &f.one, "m1", NULL);
        want(&f.one, "a", NULL);
        run_for(&f, 500 * 1000);
        ck_assert_uint_eq(lines_in_log(&f, "NOPERM"), 1);
        ck_assert_uint_eq(lines_in_log(&f, "secret"), 0);
        tear_down(&f);
}
END_TEST

START_TEST(a_user_who_may_not_scan_publishes_all_the_same) {
        Fixture f;

        set_up(&f);
        redis_server_run(f.redis, "ACL SETUSER host on >secret ~/beachhead* &* +@all -scan");
        f.url.user = xstrdup("host");
        f.url.password = xstrdup("secret");
        start(&f, &f.one, "m1", NULL);
        want(&f.one, "a", NULL);
        uint64_t before = connections(&f);
        run_until(&f, one_is_settled);
        ck_assert(exists(&f, "/beachhead/a"));
        ck_assert_uint_eq(lines_in_log(&f, "NOPERM"), 1);
        ck_assert_uint_le(connections(&f) - before, 1);
        tear_down(&f);
}
END_TEST

/* Redis without a password refuses AUTH and takes what follows: that is no connection. */
START_TEST(a_refused_password_is_no_connection) {
        Fixture f;

        set_up(&f);
        f.url.password = xstrdup("secret");
        start(&f, &f.one, "m1", NULL);
        want(&f.one, "a", NULL);
        uint64_t before = connections(&f);
        run_for(&f, 1500 * 1000);
        ck_assert_uint_le(connections(&f) - before, 6);
        ck_assert(!publisher_is_connected(f.one.publisher));
        ck_assert_uint_eq(lines_in_log(&f, "connected to"), 0);
        ck_assert_uint_eq(lines_in_log(&f, "secret"), 0);
        ck_assert(!exists(&f, "/beachhead/a"));
        tear_down(&f);
}
END_TEST

/* Nothing else would be noticed: the default user may be allowed more, or less. */
START_TEST(a_user_without_password_is_that_user) {
        Fixture f;

        set_up(&f);
        redis_server_run(f.redis, "ACL SETUSER open on nopass allkeys -@all +@connection");
        f.url.user = xstrdup("open");
        start(&f, &f.one, "m1", NULL);
        want(&f.one, "a", NULL);
        run_for(&f, 300 * 1000);
        ck_assert(!exists(&f, "/beachhead/a"));
        ck_assert_uint_eq(lines_in_log(&f, "NOPERM"), 1);
        tear_down(&f);
}
END_TEST

START_TEST(what_cannot_be_read_now_is_neither_written_nor_deleted) {
        Fixture f;

        set_up(&f);
        redis_server_run(f.redis, "SETEX /beachhead/a 50 %s", value_of("m1", "before.example.org"));
        start(&f, &f.one, "m1", NULL);
        publisher_begin(f.one.publisher);
        publisher_keep(f.one.publisher, "a");
        publisher_commit(f.one.publisher, 1);
        run_until(&f, one_is_settled);
        ck_assert(holds(&f, "/beachhead/a", "before.example.org"));
        ck_assert_int_le(lease_of(&f, "/beachhead/a"), 50);
        ck_assert(holds(&f, "/beachhead-nodes/m1", "[\"a\"]"));
        tear_down(&f);
}
END_TEST

/* Consumers take it for missing, not for gone, and hold it. */
START_TEST(what_is_not_vouched_for_is_no_longer_refreshed_and_stays_in_the_manifest) {
        Fixture f;

        set_up_with_one(&f, "m1", NULL);
        publish(&f, &f.one, "a", "b", NULL);
        publisher_begin(f.one.publisher);
        publisher_release(f.one.publisher, "a");
        publisher_want(f.one.publisher, "b", value_of("m1", "d.example.org"));
        publisher_commit(f.one.publisher, 2);
        run_until(&f, one_is_settled);
        redis_server_run(f.redis, "EXPIRE /beachhead/a 30");
        redis_server_run(f.redis, "EXPIRE /beachhead/b 30");
        publisher_refresh(f.one.publisher);
        run_until(&f, one_is_settled);
        ck_assert_int_le(lease_of(&f, "/beachhead/a"), 30);
        ck_assert_int_gt(lease_of(&f, "/beachhead/b"), 30);
        ck_assert(holds(&f, "/beachhead-nodes/m1", "[\"a\",\"b\"]"));
        publish(&f, &f.one, "a", "b", NULL);
        ck_assert_int_gt(lease_of(&f, "/beachhead/a"), 30);
        tear_down(&f);
}
END_TEST

START_TEST(suspended_it_writes_nothing_until_the_next_commit) {
        Fixture f;

        set_up_with_one(&f, "m1", NULL);
        publish(&f, &f.one, "a", NULL);
        uint64_t before = calls(&f, "exec");
        publisher_suspend(f.one.publisher);
        publisher_refresh(f.one.publisher);
        run_for(&f, 100 * 1000);
        ck_assert_uint_eq(calls(&f, "exec"), before);
        redis_server_run(f.redis, "FLUSHALL");
        publish(&f, &f.one, "a", NULL);
        ck_assert(exists(&f, "/beachhead/a"));
        tear_down(&f);
}
END_TEST

/* As the host commits after an event that came a minute ago. */
static void publish_after_event(Fixture *f, const char *instance) {
        publisher_note_event(f->one.publisher, clock_now() - 60 * 1000000ULL);
        if (instance)
                want(&f->one, "a", instance, NULL);
        else
                want(&f->one, "a", NULL);
        run_until(f, one_is_settled);
}

START_TEST(the_manifest_says_how_long_it_took_from_event_to_publish) {
        Fixture f;

        set_up_with_one(&f, "m1", NULL);
        publish(&f, &f.one, "a", NULL); /* no event asked for it */
        const Histogram *h = publisher_event_to_publish(f.one.publisher);
        ck_assert_uint_eq(histogram_count(h), 0);

        publish_after_event(&f, "b");
        ck_assert_uint_eq(histogram_count(h), 1);
        publish_after_event(&f, "b"); /* nothing differs */
        publisher_refresh(f.one.publisher);
        run_until(&f, one_is_settled);
        ck_assert_uint_eq(histogram_count(h), 1);
        ck_assert_double_ge(h->sum, 60);
        ck_assert_double_lt(h->sum, 60 + STEP_SECONDS);
        publish_after_event(&f, NULL); /* the end of b */
        ck_assert_uint_eq(histogram_count(h), 2);
        ck_assert_uint_eq(publisher_count(f.one.publisher), 1);

        publisher_refresh(f.one.publisher);
        run_until(&f, one_is_settled);
        ck_assert(holds(&f, "/beachhead-nodes/m1", "\"counts\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,2]"));
        tear_down(&f);
}
END_TEST

TEST_MAIN("publisher", a_change_is_one_transaction_with_manifest_and_hints,
          a_restart_sends_hints_for_what_differs_alone, a_refresh_is_one_transaction_without_hints_whatever_the_number,
          a_refresh_that_falls_due_during_a_transaction_is_not_lost,
          a_transaction_that_met_another_writer_is_tried_again, without_expiry_only_the_manifest_has_a_lease,
          own_registrations_of_before_are_swept_and_foreign_ones_never,
          under_its_node_everything_is_its_own_but_what_another_machine_wrote,
          a_key_that_another_machine_took_over_is_not_deleted,
          without_node_one_container_name_stays_with_the_machine_that_had_it_first,
          what_nobody_can_have_published_is_not_fetched_and_gives_way,
          who_comes_second_to_a_node_publishes_nothing_until_the_first_is_gone_for_a_lease, a_clash_is_settled,
          of_two_that_both_published_under_a_node_the_lower_machine_goes_on,
          the_manifest_says_how_long_it_took_from_event_to_publish,
          withdrawn_is_everything_of_its_own_and_the_manifest_says_so,
          withdrawn_is_also_what_a_transaction_under_way_writes,
          named_containers_have_no_manifest_and_are_withdrawn_all_the_same, redis_restarted_empty_is_filled_again,
          a_connection_that_ends_at_any_step_leaves_nothing_half_done,
          a_redis_that_refuses_to_write_is_named_and_tried_again_with_patience,
          an_error_within_a_transaction_is_no_success, a_user_who_may_not_write_is_told_so,
          a_user_who_may_not_scan_publishes_all_the_same, a_refused_password_is_no_connection,
          a_user_without_password_is_that_user, what_cannot_be_read_now_is_neither_written_nor_deleted,
          what_is_not_vouched_for_is_no_longer_refreshed_and_stays_in_the_manifest,
          suspended_it_writes_nothing_until_the_next_commit)
