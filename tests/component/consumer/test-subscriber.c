/* The subscriber against a real Redis: what it believes, whatever happens beside its passes. */
#include "common/timer.h"
#include "consumer/heard.h"
#include "consumer/subscriber.h"
#include "tests/component/redis-server.h"
#include "tests/unit/check-main.h"

#include <stdarg.h>
#include <sys/resource.h>

enum {
        FOREIGN_KEYS = 10000,
        FORGED_AT_ONCE = 10,
        IDLE_USEC = 100000,
        STEP_SECONDS = 30, /* for anything to become true */
};

#define VALUE "[{\"domain\":\"d.example.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80},\"machine\":\"m1\"}]"

typedef struct Fixture {
        RedisServer server;
        redisContext *redis;
        RedisUrl url;
        Keyspace keyspace;
        sd_event *event;
        Table *table;
        Subscriber *subscriber;
        unsigned passes, readings;
        bool (*until)(struct Fixture *f);
        bool done;
        unsigned passes_wanted;
        unsigned neither; /* readings that saw neither side of a swap */
} Fixture;

static uint64_t clock_now(void *userdata) {
        struct timespec now;

        (void)userdata;
        (void)clock_gettime(CLOCK_REALTIME, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static bool is_live(Fixture *f, const char *instance) {
        _cleanup_free_ char *key = keyspace_registration_key(&f->keyspace, instance);
        const Entry *e = table_find(f->table, key);

        return e && e->state == ENTRY_LIVE;
}

static void on_read(void *userdata, bool changed, bool full) {
        Fixture *f = userdata;

        (void)changed;
        f->readings++;
        f->passes += full;
        f->done = f->until(f);
}

static void ignore_state(void *userdata) {
        (void)userdata;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source, (void)usec, (void)userdata;
        ck_abort_msg("it did not become true in time");
        return 0;
}

static void set_up(Fixture *f) {
        *f = (Fixture){ 0 };
        redis_server_start(&f->server);
        f->redis = redis_server_connect(&f->server);
        f->url.socket_path = f->server.socket;
        ck_assert_int_eq(keyspace_init(&f->keyspace, KEYSPACE_DEFAULT_PREFIX), 0);
        f->table = table_new((TablePolicy){ .hold_max_usec = UINT64_MAX / 4, .linger_usec = 0 });
}

static void start(Fixture *f) {
        SubscriberPolicy policy = {
                .redis = &f->url, .keyspaces = &f->keyspace, .n_keyspaces = 1, .interval_usec = 3600 * 1000000ULL
        };
        SubscriberHandlers handlers = { .read = on_read, .state = ignore_state, .now = clock_now, .userdata = f };

        ck_assert_int_ge(sd_event_new(&f->event), 0);
        ck_assert_int_ge(subscriber_new(&f->subscriber, f->event, &policy, f->table, handlers), 0);
}

/* Runs the loop until the condition holds after a reading. */
static void run_until_within(Fixture *f, bool (*until)(Fixture *f), unsigned seconds) {
        sd_event_source *limit = NULL;

        f->until = until;
        ck_assert_int_ge(sd_event_add_time_relative(f->event, &limit, CLOCK_MONOTONIC, seconds * 1000000ULL, 0,
                                                    on_timeout, NULL),
                         0);
        for (f->done = false; !f->done;)
                ck_assert_int_ge(sd_event_run(f->event, UINT64_MAX), 0);
        limit = sd_event_source_disable_unref(limit);
}

static void run_until(Fixture *f, bool (*until)(Fixture *f)) {
        run_until_within(f, until, STEP_SECONDS);
}

static bool has_passed(Fixture *f) {
        return f->passes > 0;
}

static void start_and_pass(Fixture *f) {
        start(f);
        run_until(f, has_passed);
}

static void pass_again(Fixture *f) {
        f->passes = 0;
        subscriber_scan(f->subscriber);
        run_until(f, has_passed);
}

static void stop(Fixture *f) {
        f->subscriber = subscriber_free(f->subscriber);
        f->event = sd_event_unref(f->event);
}

static void tear_down(Fixture *f) {
        stop(f);
        f->table = table_free(f->table);
        keyspace_done(&f->keyspace);
        redisFree(f->redis);
        redis_server_stop(&f->server);
}

static void register_web(Fixture *f) {
        redis_server_run(f->redis, "SETEX /beachhead/web 60 %s", VALUE);
}

static void hint_at_web(Fixture *f) {
        redis_server_run(f->redis, "PUBLISH /beachhead-changes web");
}

static void publish_manifest(Fixture *f, const char *instances) {
        redis_server_run(f->redis, "SETEX /beachhead-nodes/m1 60 %s", instances);
}

/* ---- swaps ---- */

/* For ever: a swap0 becomes swap1 and so on, each in one transaction with its hints. After the last name comes the
 * first one again. */
static void swap_for_ever(const RedisServer *server, unsigned names) {
        redisContext *c = redis_server_connect(server);

        for (unsigned i = 0;; i++) {
                _cleanup_free_ char *old = xasprintf("swap%u", i % names), *new = xasprintf("swap%u", (i + 1) % names);
                redis_server_run(c, "MULTI");
                redis_server_run(c, "DEL /beachhead/%s", old);
                redis_server_run(c, "SETEX /beachhead/%s 60 %s", new, VALUE);
                redis_server_run(c, "SETEX /beachhead-nodes/m1 60 {\"machine\":\"m1\",\"instances\":[\"%s\"]}", new);
                redis_server_run(c, "PUBLISH /beachhead-changes %s", old);
                redis_server_run(c, "PUBLISH /beachhead-changes %s", new);
                redis_server_run(c, "EXEC");
        }
}

/* Nothing is served before the first pass: until then what a reading lacks harms nobody. */
static bool enough_passes(Fixture *f) {
        f->neither += f->passes > 0 && table_count(f->table, ENTRY_LIVE) <= FOREIGN_KEYS;
        if (f->passes >= f->passes_wanted)
                return true;
        subscriber_scan(f->subscriber);
        return false;
}

/* BEACHHEAD_PASSES makes it the long form. */
static void pass_beside_swaps(unsigned names) {
        const char *passes = getenv("BEACHHEAD_PASSES");
        Fixture f;

        set_up(&f);
        uint64_t wanted = 25;
        ck_assert(!passes || parse_unsigned(passes, 1, 1000000, &wanted) == 0);
        f.passes_wanted = (unsigned)wanted;
        for (int i = 0; i < FOREIGN_KEYS; i++)
                redis_server_run(f.redis, "SET /beachhead/foreign%d %s", i, VALUE);
        redis_server_run(f.redis, "SETEX /beachhead/swap0 60 %s", VALUE);
        pid_t swapper = fork();
        if (swapper == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                swap_for_ever(&f.server, names);
        }
        start(&f);
        run_until_within(&f, enough_passes, STEP_SECONDS + f.passes_wanted);
        (void)kill(swapper, SIGKILL);
        (void)waitpid(swapper, NULL, 0);
        (void)printf("%u passes over %d keys, %u readings, %u saw neither\n", f.passes, FOREIGN_KEYS, f.readings,
                     f.neither);
        ck_assert_uint_eq(f.neither, 0);
        tear_down(&f);
}

START_TEST(no_pass_beside_swapping_transactions_sees_neither_key) {
        pass_beside_swaps(2);
}
END_TEST

START_TEST(no_pass_beside_ever_new_names_sees_none_of_them) {
        pass_beside_swaps(1000000);
}
END_TEST

/* ---- gone and missing ---- */

static bool web_is_gone(Fixture *f) {
        return !table_find(f->table, "/beachhead/web");
}

static bool web_is_live(Fixture *f) {
        return is_live(f, "web");
}

static bool web_is_missing(Fixture *f) {
        const Entry *e = table_find(f->table, "/beachhead/web");

        return e && e->state == ENTRY_MISSING;
}

static void set_up_with_web(Fixture *f) {
        set_up(f);
        register_web(f);
        publish_manifest(f, "{\"machine\":\"m1\",\"instances\":[\"web\"]}");
        start_and_pass(f);
        ck_assert(is_live(f, "web"));
}

START_TEST(what_the_live_manifest_no_longer_lists_is_gone) {
        Fixture f;

        set_up_with_web(&f);
        publish_manifest(&f, "{\"machine\":\"m1\",\"instances\":[]}");
        redis_server_run(f.redis, "DEL /beachhead/web");
        hint_at_web(&f);
        run_until(&f, web_is_gone);
        tear_down(&f);
}
END_TEST

START_TEST(what_an_emptied_redis_does_not_have_is_missing_and_comes_back) {
        Fixture f;

        set_up_with_web(&f);
        redis_server_run(f.redis, "FLUSHALL");
        subscriber_scan(f.subscriber);
        run_until(&f, web_is_missing);
        register_web(&f);
        hint_at_web(&f);
        run_until(&f, web_is_live);
        tear_down(&f);
}
END_TEST

START_TEST(a_key_that_its_manifest_still_lists_is_missing) {
        Fixture f;

        set_up_with_web(&f);
        redis_server_run(f.redis, "DEL /beachhead/web");
        hint_at_web(&f);
        run_until(&f, web_is_missing);
        tear_down(&f);
}
END_TEST

START_TEST(a_dead_registrars_lease_that_ran_out_is_missing_at_its_deadline) {
        Fixture f;

        set_up_with_web(&f);
        redis_server_run(f.redis, "PEXPIRE /beachhead/web 700");
        redis_server_run(f.redis, "PEXPIRE /beachhead-nodes/m1 700");
        subscriber_scan(f.subscriber);
        run_until(&f, web_is_missing);
        tear_down(&f);
}
END_TEST

START_TEST(a_lease_without_manifest_is_gone_when_it_ran_to_its_end_and_not_before) {
        static const char value[] = "[{\"domain\":\"d.example.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}]";
        Fixture f;

        set_up(&f);
        redis_server_run(f.redis, "PSETEX /beachhead/web 3000 %s", value);
        start_and_pass(&f);
        redis_server_run(f.redis, "FLUSHALL");
        subscriber_scan(f.subscriber);
        run_until(&f, web_is_missing);
        run_until(&f, web_is_gone);
        tear_down(&f);
}
END_TEST

START_TEST(redis_restarted_empty_takes_nothing_down) {
        Fixture f;

        set_up_with_web(&f);
        redis_server_kill(&f.server);
        redis_server_launch(&f.server);
        run_until(&f, web_is_missing);
        tear_down(&f);
}
END_TEST

/* ---- after a reconnect ---- */

/* Redis is another one by now; what it holds is written before it is read. */
static void come_back_to_another_redis(Fixture *f) {
        redis_server_kill(&f->server);
        redis_server_launch(&f->server);
        redisFree(f->redis);
        f->redis = redis_server_connect(&f->server);
}

static bool web_is_at_its_new_address(Fixture *f) {
        const Entry *e = table_find(f->table, "/beachhead/web");

        return e && e->state == ENTRY_LIVE && strstr(e->value, "10.0.0.2");
}

static void register_web_elsewhere(Fixture *f, unsigned lease_sec) {
        redis_server_run(
                f->redis, "SETEX /beachhead/web %u %s", lease_sec,
                "[{\"domain\":\"d.example.org\",\"http\":{\"host\":\"10.0.0.2\",\"port\":80},\"machine\":\"m1\"}]");
}

START_TEST(a_manifest_from_before_a_registration_does_not_say_that_it_is_gone) {
        Fixture f;

        set_up_with_web(&f);
        come_back_to_another_redis(&f);
        redis_server_run(f.redis, "SETEX /beachhead-nodes/m1 55 %s", "{\"machine\":\"m1\",\"instances\":[]}");
        run_until(&f, web_is_missing);
        pass_again(&f);
        ck_assert(web_is_missing(&f));
        publish_manifest(&f, "{\"machine\":\"m1\",\"instances\":[]}");
        pass_again(&f);
        ck_assert(web_is_gone(&f));
        tear_down(&f);
}
END_TEST

START_TEST(a_value_from_before_the_known_one_does_not_replace_it) {
        Fixture f;

        set_up_with_web(&f);
        come_back_to_another_redis(&f);
        register_web_elsewhere(&f, 55);
        publish_manifest(&f, "{\"machine\":\"m1\",\"instances\":[\"web\"]}");
        run_until(&f, web_is_missing);
        register_web_elsewhere(&f, 60);
        hint_at_web(&f);
        run_until(&f, web_is_at_its_new_address);
        tear_down(&f);
}
END_TEST

/* A writer without a registrar may choose its leases as it likes. */
START_TEST(without_a_reconnect_leases_of_any_length_are_believed) {
        Fixture f;

        set_up_with_web(&f);
        register_web_elsewhere(&f, 20);
        hint_at_web(&f);
        run_until(&f, web_is_at_its_new_address);
        redis_server_run(f.redis, "DEL /beachhead/web");
        redis_server_run(f.redis, "SETEX /beachhead-nodes/m1 10 %s", "{\"machine\":\"m1\",\"instances\":[]}");
        hint_at_web(&f);
        run_until(&f, web_is_gone);
        tear_down(&f);
}
END_TEST

/* As a user of its own, who may do everything yet. */
static void come_as_reader(Fixture *f) {
        static char name[] = "reader", password[] = "secret";

        redis_server_run(f->redis, "ACL SETUSER %s on >%s ~* &* +@all", name, password);
        f->url.user = name;
        f->url.password = password;
}

START_TEST(what_is_registered_is_served_though_no_fence_can_be_sent) {
        Fixture f;

        set_up(&f);
        come_as_reader(&f);
        redis_server_run(f.redis, "ACL SETUSER reader -publish");
        register_web(&f);
        start_and_pass(&f);
        ck_assert(is_live(&f, "web"));
        redis_server_run(f.redis, "DEL /beachhead/web");
        pass_again(&f);
        ck_assert(is_live(&f, "web")); /* but what is absent cannot be believed */
        redis_server_run(f.redis, "ACL SETUSER reader +publish");
        run_until(&f, web_is_missing);
        tear_down(&f);
}
END_TEST

/* ---- together ---- */

static EntryState state_of(Fixture *f, const char *key) {
        const Entry *e = table_find(f->table, key);

        return e ? e->state : ENTRY_GONE;
}

/* No reading may see one of the two alone. */
static bool both_are(Fixture *f, EntryState state) {
        ck_assert_int_eq(state_of(f, "/beachhead/a"), state_of(f, "/beachhead/b"));
        return state_of(f, "/beachhead/a") == state;
}

static bool both_are_live(Fixture *f) {
        return both_are(f, ENTRY_LIVE);
}

static bool both_are_missing(Fixture *f) {
        return both_are(f, ENTRY_MISSING);
}

static void publish_both(Fixture *f) {
        redis_server_run(f->redis, "MULTI");
        redis_server_run(f->redis, "SETEX /beachhead/a 60 %s", VALUE);
        redis_server_run(f->redis, "SETEX /beachhead/b 60 %s", VALUE);
        publish_manifest(f, "{\"machine\":\"m1\",\"instances\":[\"a\",\"b\"]}");
        redis_server_run(f->redis, "PUBLISH /beachhead-changes a");
        redis_server_run(f->redis, "PUBLISH /beachhead-changes b");
        redis_server_run(f->redis, "EXEC");
}

START_TEST(what_is_published_in_one_transaction_is_seen_at_once) {
        Fixture f;

        set_up(&f);
        start_and_pass(&f);
        while (sd_event_run(f.event, IDLE_USEC) > 0) /* until it rests no more, so that a hint acts at once */
                ;
        publish_both(&f);
        run_until(&f, both_are_live);
        tear_down(&f);
}
END_TEST

/* Else a site of both would first lose one endpoint, and then be held with both: two reloads for nothing. */
START_TEST(leases_of_one_refresh_that_run_out_are_missing_at_once) {
        Fixture f;

        set_up(&f);
        publish_both(&f);
        start(&f);
        run_until(&f, both_are_live);
        redis_server_run(f.redis, "PEXPIRE /beachhead/a 700");
        redis_server_run(f.redis, "PEXPIRE /beachhead/b 720");
        redis_server_run(f.redis, "PEXPIRE /beachhead-nodes/m1 700");
        subscriber_scan(f.subscriber);
        run_until(&f, both_are_missing);
        tear_down(&f);
}
END_TEST

/* The lease ends between its reading and the commit, beside which a fence is waited for. */
START_TEST(a_lease_that_ends_while_it_is_read_is_looked_at_again) {
        Fixture f;

        set_up_with_web(&f);
        for (unsigned msec = 1; msec < 40; msec += 2) {
                register_web(&f);
                subscriber_scan(f.subscriber);
                run_until(&f, web_is_live);
                redis_server_run(f.redis, "PEXPIRE /beachhead/web %u", msec);
                subscriber_scan(f.subscriber);
                run_until_within(&f, web_is_missing, 5);
        }
        tear_down(&f);
}
END_TEST

static bool other_is_live_and_web_is_missing(Fixture *f) {
        return is_live(f, "other") && web_is_missing(f);
}

/* A lease is looked at a little after its end; something else may be read between the two. */
START_TEST(a_lease_that_ended_before_another_reading_is_looked_at_all_the_same) {
        Fixture f;

        set_up_with_web(&f);
        redis_server_run(f.redis, "PEXPIRE /beachhead/web 300");
        pass_again(&f);
        while (now_usec() <= table_find(f.table, "/beachhead/web")->deadline_usec)
                ck_assert_int_ge(sd_event_run(f.event, 1000), 0);
        redis_server_run(f.redis, "SETEX /beachhead/other 60 %s", VALUE);
        redis_server_run(f.redis, "PUBLISH /beachhead-changes other");
        run_until(&f, other_is_live_and_web_is_missing);
        tear_down(&f);
}
END_TEST

static bool has_passed_twice(Fixture *f) {
        return f->passes >= 2;
}

/* Its milliseconds in microseconds are 384 more than what fits in 64 bits. */
START_TEST(a_lease_beyond_all_clocks_wakes_nobody) {
        Fixture f;

        set_up(&f);
        redis_server_run(f.redis, "SET /beachhead/web %s PX 18446744073709552", VALUE);
        start_and_pass(&f);
        ck_assert_uint_eq(table_find(f.table, "/beachhead/web")->deadline_usec, UINT64_MAX);
        subscriber_scan(f.subscriber);
        run_until(&f, has_passed_twice);
        ck_assert_uint_eq(f.readings, 2);
        tear_down(&f);
}
END_TEST

/* ---- many at once ---- */

static void set_many(Fixture *f, int first, int last) {
        for (int i = first; i < last; i++)
                redis_server_run(f->redis, "SETEX /beachhead/c%d 600 %s", i, VALUE);
}

static void publish_manifest_of_many(Fixture *f, int first, int last) {
        _cleanup_text_ Text manifest = { 0 };

        text_append(&manifest, "{\"machine\":\"m1\",\"instances\":[");
        for (int i = first; i < last; i++)
                text_appendf(&manifest, "%s\"c%d\"", i > first ? "," : "", i);
        text_append(&manifest, "]}");
        redis_server_run(f->redis, "SETEX /beachhead-nodes/m1 600 %s", manifest.data);
}

static uint64_t cpu_usec(void) {
        struct timespec now;

        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* A host that stops half of its ten thousand containers at once: about 0.1 s of work, and once was 16 s. */
START_TEST(half_of_a_large_host_leaves_at_once) {
        Fixture f;

        set_up(&f);
        set_many(&f, 0, FOREIGN_KEYS);
        publish_manifest_of_many(&f, 0, FOREIGN_KEYS);
        start_and_pass(&f);
        uint64_t before = cpu_usec();
        for (int i = 0; i < FOREIGN_KEYS / 2; i++)
                redis_server_run(f.redis, "DEL /beachhead/c%d", i);
        publish_manifest_of_many(&f, FOREIGN_KEYS / 2, FOREIGN_KEYS);
        pass_again(&f);
        ck_assert_uint_eq(table_count(f.table, ENTRY_LIVE), FOREIGN_KEYS / 2);
        ck_assert_uint_eq(table_count(f.table, ENTRY_MISSING), 0);
        ck_assert_uint_lt(cpu_usec() - before, 3 * 1000000);
        tear_down(&f);
}
END_TEST

static long resident_kilobytes(void) {
        struct rusage usage;

        ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
        return usage.ru_maxrss;
}

/* 100 MB of it: 2 GB would end the process. */
START_TEST(what_is_too_large_is_never_fetched) {
        enum { KEYS = 50, SIZE = 2 * 1024 * 1024, MOST_KILOBYTES = 16 * 1024 };
        _cleanup_free_ char *garbage = xcalloc(SIZE + 1, 1);
        Fixture f;

        set_up_with_web(&f);
        memset(garbage, '[', SIZE);
        for (int i = 0; i < KEYS; i++)
                redis_server_run(f.redis, "SET /beachhead/large%d %s", i, garbage);
        redis_server_run(f.redis, "SET /beachhead/web %s", garbage);
        long before = resident_kilobytes();
        pass_again(&f);
        ck_assert_int_lt(resident_kilobytes() - before, MOST_KILOBYTES);
        ck_assert(web_is_missing(&f)); /* the last good value is held */
        register_web(&f);
        subscriber_scan(f.subscriber);
        run_until(&f, web_is_live);
        tear_down(&f);
}
END_TEST

START_TEST(values_that_fill_many_replies_are_all_read) {
        enum { KEYS = 200 };
        _cleanup_free_ char *padding = xcalloc(REGISTRATION_VALUE_MAX - 200 + 1, 1);
        Fixture f;

        set_up(&f);
        memset(padding, ' ', REGISTRATION_VALUE_MAX - 200);
        for (int i = 0; i < KEYS; i++)
                redis_server_run(f.redis, "SET /beachhead/large%d %s%s", i, VALUE, padding);
        start_and_pass(&f);
        ck_assert_uint_eq(table_count(f.table, ENTRY_LIVE), KEYS);
        redis_server_run(f.redis, "FLUSHALL");
        pass_again(&f);
        ck_assert_uint_eq(table_count(f.table, ENTRY_MISSING), KEYS);
        tear_down(&f);
}
END_TEST

/* ---- beside much else ---- */

enum { SOMEBODY_ELSES = 500000, LEAVING = 50 };

static void set_up_beside(Fixture *f, int somebody_elses) {
        set_up(f);
        redis_server_kill(&f->server);
        f->server.options[0] = "--enable-debug-command";
        f->server.options[1] = "local";
        redis_server_launch(&f->server);
        redisFree(f->redis);
        f->redis = redis_server_connect(&f->server);
        redis_server_run(f->redis, "DEBUG POPULATE %d", somebody_elses);
        set_many(f, 0, LEAVING);
        publish_manifest_of_many(f, 0, LEAVING);
        start_and_pass(f);
        ck_assert_uint_eq(table_count(f->table, ENTRY_LIVE), LEAVING);
        while (sd_event_run(f->event, IDLE_USEC) > 0) /* until it rests no more */
                ;
        f->passes = 0;
        subscriber_scan(f->subscriber);
}

static bool none_of_many_is_there(Fixture *f) {
        return !table_find(f->table, "/beachhead/c0") && table_count(f->table, ENTRY_MISSING) == 0 &&
               table_count(f->table, ENTRY_LIVE) == 1;
}

START_TEST(what_is_heard_does_not_wait_for_a_long_pass) {
        Fixture f;

        set_up_beside(&f, SOMEBODY_ELSES);
        register_web(&f);
        hint_at_web(&f);
        run_until(&f, web_is_live);
        ck_assert_uint_eq(f.passes, 0);
        publish_manifest(&f, "{\"machine\":\"m1\",\"instances\":[\"web\"]}");
        for (int i = 0; i < LEAVING; i++) {
                redis_server_run(f.redis, "DEL /beachhead/c%d", i);
                redis_server_run(f.redis, "PUBLISH /beachhead-changes c%d", i);
        }
        run_until(&f, none_of_many_is_there); /* some of them the pass has found already */
        if (f.passes == 0)
                run_until(&f, has_passed);
        ck_assert(none_of_many_is_there(&f));
        ck_assert(is_live(&f, "web"));
        tear_down(&f);
}
END_TEST

/* After each reading, so that each stretch of a pass has one beside it. */
static bool has_passed_beside_new_names(Fixture *f) {
        static const char script[] =
                "for i = 1, ARGV[1] do "
                "redis.call('PUBLISH', '/beachhead-changes', 'forged' .. ARGV[2] .. '-' .. i) end";

        redis_server_run(f->redis, "EVAL %s 0 %d %u", script, HEARD_MAX / 2, f->readings);
        return has_passed(f);
}

/* In six stretches it comes by more names than any list of them keeps. */
START_TEST(a_long_pass_ends_whatever_is_read_beside_it) {
        Fixture f;

        set_up_beside(&f, 6 * SUBSCRIBER_STRETCH_STEPS * SUBSCRIBER_BATCH);
        register_web(&f);
        hint_at_web(&f);
        run_until(&f, has_passed_beside_new_names);
        ck_assert_uint_eq(table_count(f.table, ENTRY_LIVE), LEAVING + 1);
        tear_down(&f);
}
END_TEST

/* ---- hints ---- */

START_TEST(a_lost_hint_is_made_good_by_the_next_pass) {
        Fixture f;

        set_up(&f);
        start_and_pass(&f);
        register_web(&f);
        subscriber_scan(f.subscriber);
        run_until(&f, web_is_live);
        tear_down(&f);
}
END_TEST

/* Hints for what is not there, doubled ones, garbage, a flood, and one from another database change nothing that is
 * true. */
START_TEST(forged_hints_change_nothing) {
        Fixture f;

        set_up_with_web(&f);
        redis_server_run(f.redis, "SELECT 3");
        hint_at_web(&f);
        for (int i = 0; i < 2 * HEARD_MAX; i++)
                redis_server_run(f.redis, "PUBLISH /beachhead-changes forged%d", i);
        for (int i = 0; i < 10; i++)
                hint_at_web(&f);
        redis_server_run(f.redis, "PUBLISH /beachhead-changes %b", "a\0/b c\xff", (size_t)7);
        redis_server_run(f.redis, "PUBLISH /beachhead-fences forged");
        redis_server_run(f.redis, "SELECT 0");
        redis_server_run(f.redis, "SETEX /beachhead/last 60 %s", VALUE);
        pass_again(&f);
        ck_assert(is_live(&f, "web"));
        ck_assert(is_live(&f, "last"));
        ck_assert_uint_eq(table_count(f.table, ENTRY_LIVE), 2);
        tear_down(&f);
}
END_TEST

/* For ever: hints for names that never were. */
static void forge_for_ever(const RedisServer *server) {
        redisContext *c = redis_server_connect(server);

        for (unsigned i = 0;; i += FORGED_AT_ONCE) {
                redisReply *reply;
                for (unsigned k = 0; k < FORGED_AT_ONCE; k++)
                        (void)redisAppendCommand(c, "PUBLISH /beachhead-changes forged%u", i + k);
                for (unsigned k = 0; k < FORGED_AT_ONCE && redisGetReply(c, (void **)&reply) == REDIS_OK; k++)
                        freeReplyObject(reply);
        }
}

START_TEST(a_flood_of_forged_hints_does_not_hold_up_the_first_pass) {
        enum { FORGERS = 3 };
        pid_t forgers[FORGERS];
        Fixture f;

        set_up(&f);
        register_web(&f);
        for (int i = 0; i < FORGERS; i++) {
                forgers[i] = fork();
                if (forgers[i] == 0) {
                        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                        forge_for_ever(&f.server);
                }
        }
        start(&f);
        run_until_within(&f, has_passed, 2 * STEP_SECONDS);
        ck_assert(is_live(&f, "web"));
        for (int i = 0; i < FORGERS; i++) {
                (void)kill(forgers[i], SIGKILL);
                (void)waitpid(forgers[i], NULL, 0);
        }
        tear_down(&f);
}
END_TEST

START_TEST(keyspace_notifications_serve_as_hints) {
        Fixture f;

        set_up(&f);
        redis_server_run(f.redis, "CONFIG SET notify-keyspace-events KEA");
        start_and_pass(&f);
        redis_server_run(f.redis,
                         "SETEX /beachhead/web 60 [{\"domain\":\"x.org\",\"http\":{\"host\":\"h\",\"port\":80}}]");
        run_until(&f, web_is_live);
        tear_down(&f);
}
END_TEST

static bool other_is_live(Fixture *f) {
        return is_live(f, "other");
}

START_TEST(a_user_who_may_not_hear_keyspace_notifications_reads_and_hears_hints) {
        Fixture f;

        set_up(&f);
        redis_server_run(f.redis, "CONFIG SET notify-keyspace-events KEA");
        come_as_reader(&f);
        redis_server_run(f.redis, "ACL SETUSER reader resetchannels &%s &%s", f.keyspace.changes, f.keyspace.fences);
        start_and_pass(&f);
        register_web(&f);
        hint_at_web(&f);
        run_until(&f, web_is_live);
        redis_server_run(f.redis, "CLIENT KILL TYPE pubsub");
        redis_server_run(f.redis, "SETEX /beachhead/other 60 %s", VALUE);
        run_until(&f, other_is_live);
        tear_down(&f);
}
END_TEST

TEST_MAIN("subscriber", no_pass_beside_swapping_transactions_sees_neither_key,
          no_pass_beside_ever_new_names_sees_none_of_them, what_the_live_manifest_no_longer_lists_is_gone,
          what_an_emptied_redis_does_not_have_is_missing_and_comes_back,
          a_key_that_its_manifest_still_lists_is_missing,
          a_dead_registrars_lease_that_ran_out_is_missing_at_its_deadline,
          a_lease_without_manifest_is_gone_when_it_ran_to_its_end_and_not_before,
          redis_restarted_empty_takes_nothing_down, a_manifest_from_before_a_registration_does_not_say_that_it_is_gone,
          a_value_from_before_the_known_one_does_not_replace_it, without_a_reconnect_leases_of_any_length_are_believed,
          a_lost_hint_is_made_good_by_the_next_pass, what_is_registered_is_served_though_no_fence_can_be_sent,
          what_is_published_in_one_transaction_is_seen_at_once, leases_of_one_refresh_that_run_out_are_missing_at_once,
          a_lease_that_ends_while_it_is_read_is_looked_at_again,
          a_lease_that_ended_before_another_reading_is_looked_at_all_the_same, a_lease_beyond_all_clocks_wakes_nobody,
          half_of_a_large_host_leaves_at_once, what_is_too_large_is_never_fetched,
          values_that_fill_many_replies_are_all_read, what_is_heard_does_not_wait_for_a_long_pass,
          a_long_pass_ends_whatever_is_read_beside_it, forged_hints_change_nothing,
          a_flood_of_forged_hints_does_not_hold_up_the_first_pass, keyspace_notifications_serve_as_hints,
          a_user_who_may_not_hear_keyspace_notifications_reads_and_hears_hints)
