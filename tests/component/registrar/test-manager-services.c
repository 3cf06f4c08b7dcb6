/* The manager with services beside the Engine, or without one. */
#include "tests/component/registrar/manager-ground.h"
#include "tests/unit/scratch.h"

static bool holds(World *w, const char *key, const char *part) {
        redisReply *reply = redisCommand(w->redis, "GET %s", key);
        bool found = reply->type == REDIS_REPLY_STRING && strstr(reply->str, part);

        freeReplyObject(reply);
        return found;
}

static void run_until_holds(World *w, const char *key, const char *part) {
        uint64_t limit = now_usec() + STEP_SECONDS * UINT64_C(1000000);

        while (!holds(w, key, part)) {
                ck_assert_msg(now_usec() < limit, "%s does not come to hold %s", key, part);
                ck_assert_int_ge(sd_event_run(w->event, 10 * 1000), 0);
        }
}

/* Starts with a directory of services; `arguments` begin with "|". */
static void start_with_services(World *w, const char *arguments) {
        _cleanup_free_ char *directory = scratch_path(""), *all = NULL;

        all = xasprintf("--services-dir=%s%s", directory, arguments);
        start(w, all);
}

#define ALL_ABOUT_WEB                                                                                                 \
        { "/events", CHUNKED, .then = THEN_KEEP, .always = true },                                                    \
                { "/containers/json", JSON "[" LISTED("1", "web") "]", .then = THEN_CLOSE, .always = true },          \
                { "/containers/" ID("1"), INSPECTED("1", "web", "BEACHHEAD_DOMAINS=container.org"),                   \
                  .then = THEN_CLOSE, .always = true },                                                               \
        {                                                                                                             \
                0                                                                                                     \
        }

START_TEST(services_alone_need_no_engine) {
        Answer answers[] = { { 0 } };
        World w;

        scratch_make();
        scratch_write("db.conf", "address=10.0.0.5\ndomains=db.org\n");
        set_up(&w, answers);
        start_with_services(&w, "|--docker-url=none");
        run_until_holds(&w, "/beachhead/db", "\"10.0.0.5\"");
        ck_assert(holds(&w, "/beachhead-nodes/m1", "\"engine\":\"none\",\"containers\":0"));
        ck_assert(holds(&w, "/beachhead-nodes/m1", "\"instances\":[\"db\"]"));
        ck_assert_uint_eq(w.engine->requests, 0);
        tear_down(&w);
        scratch_remove();
}
END_TEST

START_TEST(of_a_container_and_a_service_with_one_name_the_container_is_published) {
        Answer answers[] = { ALL_ABOUT_WEB };
        World w;

        scratch_make();
        scratch_write("web.conf", "address=10.0.0.5\ndomains=service.org\n");
        scratch_write("db.conf", "address=10.0.0.5\ndomains=db.org\n");
        set_up(&w, answers);
        start_with_services(&w, "|--expire=3");
        run_until_there(&w, "/beachhead/db");
        ck_assert(holds(&w, "/beachhead/web", "container.org"));
        ck_assert(holds(&w, "/beachhead-nodes/m1", "\"instances\":[\"db\",\"web\"]"));
        w.engine->answers[1].bytes = JSON "[]"; /* it ended, as the next list tells */
        run_until_holds(&w, "/beachhead/web", "service.org");
        tear_down(&w);
        scratch_remove();
}
END_TEST

START_TEST(one_pass_fails_where_two_have_one_name) {
        Answer answers[] = { ALL_ABOUT_WEB };
        World w;

        scratch_make();
        scratch_write("web.conf", "address=10.0.0.5\ndomains=service.org\n");
        set_up(&w, answers);
        start_with_services(&w, "|--refresh=0");
        ck_assert_int_eq(exit_status(&w), 1);
        ck_assert(holds(&w, "/beachhead/web", "container.org"));
        tear_down(&w);
        scratch_remove();
}
END_TEST

/* Consumers hold its containers, since the manifest goes on listing them. */
START_TEST(an_engine_that_is_away_for_long_does_not_hold_up_services) {
        Answer answers[] = { ALL_ABOUT_WEB };
        World w;

        scratch_make();
        scratch_write("db.conf", "address=10.0.0.5\ndomains=db.org\n");
        set_up(&w, answers);
        start_with_services(&w, "|--expire=3|--engine-grace=0");
        run_until_there(&w, "/beachhead/web");
        w.engine = engine_free(w.engine);
        uint64_t limit = now_usec() + STEP_SECONDS * UINT64_C(1000000);
        while (exists(&w, "/beachhead/web")) {
                ck_assert_msg(now_usec() < limit, "it is refreshed on and on");
                ck_assert_int_ge(sd_event_run(w.event, 10 * 1000), 0);
        }
        ck_assert(exists(&w, "/beachhead/db"));
        ck_assert(holds(&w, "/beachhead-nodes/m1", "\"engine\":\"away\""));
        ck_assert(holds(&w, "/beachhead-nodes/m1", "\"instances\":[\"db\",\"web\"]"));
        scratch_write("db.conf", "address=10.0.0.6\ndomains=db.org\n");
        run_until_holds(&w, "/beachhead/db", "\"10.0.0.6\"");
        tear_down(&w);
        scratch_remove();
}
END_TEST

/* A registrar that is started again must not drop a service until it has seen that it fails. */
START_TEST(what_was_published_stays_until_its_first_check_has_ended) {
        Answer answers[] = { { 0 } };
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        socklen_t size = sizeof address;
        World w;

        ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
        ck_assert_int_eq(listen(listener, 5), 0); /* it takes connections and answers nothing */
        ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
        scratch_make();
        _cleanup_free_ char *text = xasprintf("address=127.0.0.1\ndomains=db.org\ncheck=http:%u\ncheck-timeout=2\n",
                                              ntohs(address.sin_port));
        scratch_write("db.conf", text);
        set_up(&w, answers);
        redis_server_run(w.redis, "SETEX /beachhead/db 60 [{\"id\":\"d\",\"domain\":\"db.org\",\"machine\":\"m1\"}]");
        start_with_services(&w, "|--docker-url=none");
        run_until_holds(&w, "/beachhead-nodes/m1", "\"instances\":[\"db\"]");
        run_for(&w, 200 * 1000);
        ck_assert(exists(&w, "/beachhead/db"));
        run_until_holds(&w, "/beachhead-nodes/m1", "\"instances\":[]");
        ck_assert(!exists(&w, "/beachhead/db"));
        tear_down(&w);
        (void)close(listener);
        scratch_remove();
}
END_TEST

TEST_MAIN("manager-services", services_alone_need_no_engine,
          of_a_container_and_a_service_with_one_name_the_container_is_published,
          one_pass_fails_where_two_have_one_name, an_engine_that_is_away_for_long_does_not_hold_up_services,
          what_was_published_stays_until_its_first_check_has_ended)
