/* The manager between an Engine that says what a test wrote down and a real Redis. */
#include "common/file.h"
#include "tests/component/registrar/manager-ground.h"

static size_t requests_for(World *w, const char *target) {
        size_t count = 0;

        (void)pthread_mutex_lock(&w->engine->lock);
        for (size_t i = 0; i < w->engine->targets.count; i++)
                count += strcmp(w->engine->targets.items[i], target) == 0;
        (void)pthread_mutex_unlock(&w->engine->lock);
        return count;
}

/* Otherwise its time limit never ends, and an Engine that hangs is never noticed. */
START_TEST(a_list_under_way_is_not_given_up_at_a_refresh) {
        Answer answers[] = {
                { "/events", CHUNKED, .then = THEN_KEEP, .always = true },
                { "/containers/json", "", .then = THEN_HANG, .always = true },
                { 0 },
        };
        World w;

        set_up(&w, answers);
        start(&w, "--expire=3"); /* refreshed every second */
        run_for(&w, 3500 * 1000);
        ck_assert_uint_eq(requests_for(&w, "/containers/json"), 1);
        tear_down(&w);
}
END_TEST

START_TEST(a_named_container_without_the_variable_is_an_error_also_beside_all_others) {
        static const struct {
                const char *arguments;
                int status;
        } cases[] = {
                { "--refresh=0|bare", 1 },
                { "--refresh=0|--enumerate|bare", 1 },
                { "--refresh=0|--enumerate", 0 },
                { "--refresh=0|--enumerate|web", 0 },
                { "--refresh=0|--enumerate|--ignore-missing-envvar|bare", 0 },
                { "--refresh=0|--enumerate|--error-missing-container|web|absent", 1 },
                { "--refresh=0|--enumerate|web|absent", 0 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Answer answers[] = {
                        { "/containers/json", JSON "[" LISTED("1", "web") "," LISTED("2", "bare") "]",
                          .then = THEN_CLOSE, .always = true },
                        { "/containers/" ID("1"), INSPECTED("1", "web", "BEACHHEAD_DOMAINS=a.org"), .then = THEN_CLOSE,
                          .always = true },
                        { "/containers/" ID("2"), INSPECTED("2", "bare", "A=b"), .then = THEN_CLOSE, .always = true },
                        { 0 },
                };
                World w;
                set_up(&w, answers);
                start(&w, cases[i].arguments);
                ck_assert_msg(exit_status(&w) == cases[i].status, "%s", cases[i].arguments);
                tear_down(&w);
        }
}
END_TEST

/* The shortest lease has the least room: 450 ms between two refreshes of one that lives for a second. */
START_TEST(a_lease_of_one_second_is_never_near_its_end) {
        Answer answers[] = {
                { "/events", CHUNKED, .then = THEN_KEEP, .always = true },
                { "/containers/json", JSON "[]", .then = THEN_CLOSE, .always = true },
                { 0 },
        };
        World w;

        set_up(&w, answers);
        start(&w, "--expire=1");
        run_until_there(&w, "/beachhead-nodes/m1");
        for (int i = 0; i < 40; i++) {
                run_for(&w, 50 * 1000);
                redisReply *left = redisCommand(w.redis, "PTTL /beachhead-nodes/m1");
                ck_assert_int_gt(left->integer, 200);
                freeReplyObject(left);
        }
        tear_down(&w);
}
END_TEST

/* It is back after its grace, and what it lists is not read yet. */
START_TEST(after_the_grace_nothing_is_published_before_all_was_read) {
        static const char inspected[] = INSPECTED("1", "web", "BEACHHEAD_DOMAINS=a.org");
        const char *reply = strstr(inspected, "{");
        _cleanup_free_ char *late =
                xasprintf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(reply), reply);
        Answer answers[] = {
                { "/events", "", .then = THEN_CLOSE },
                { "/events", CHUNKED, .then = THEN_KEEP, .always = true },
                { "/containers/json", JSON "[" LISTED("1", "web") "]", .then = THEN_CLOSE, .always = true },
                { "/containers/" ID("1"), late, .then = THEN_WAIT },
                { 0 },
        };
        World w;

        set_up(&w, answers);
        start(&w, "--engine-grace=0");
        while (requests_for(&w, "/containers/" ID("1") "/json") == 0)
                ck_assert_int_ge(sd_event_run(w.event, 10 * 1000), 0);
        run_for(&w, 300 * 1000);
        ck_assert(!exists(&w, "/beachhead-nodes/m1"));
        engine_release(w.engine);
        run_until_there(&w, "/beachhead/web");
        tear_down(&w);
}
END_TEST

/* A list that comes while everything is deleted does not publish it again. */
START_TEST(what_is_stopping_publishes_nothing_any_more) {
        Answer answers[] = {
                { "/events", CHUNKED, .then = THEN_KEEP, .always = true },
                { "/containers/json", JSON "[" LISTED("1", "web") "]", .then = THEN_CLOSE, .always = true },
                { "/containers/" ID("1"), INSPECTED("1", "web", "BEACHHEAD_DOMAINS=a.org"), .then = THEN_CLOSE },
                { 0 },
        };
        World w;

        set_up(&w, answers);
        start(&w, "--deregister-on-stop|--expire=3");
        run_until_there(&w, "/beachhead/web");
        manager_stop(w.manager);
        ck_assert_int_eq(exit_status(&w), 0);
        ck_assert(!exists(&w, "/beachhead/web"));
        ck_assert(exists(&w, "/beachhead-nodes/m1"));
        tear_down(&w);
}
END_TEST

/* Which Redis, or Engine, is not there is said, and one pass ends with that. */
START_TEST(one_pass_ends_where_a_part_is_not_there) {
        Answer answers[] = {
                { "/containers/json", JSON "[]", .then = THEN_CLOSE },
                { "/containers/json", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", .then = THEN_CLOSE },
                { "/containers/json", JSON "{", .then = THEN_CLOSE },
                { 0 },
        };
        static const char *const cases[] = { "--refresh=0|--redis-url=unix:///nonexistent", "--refresh=0",
                                             "--dry-run" };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                World w;
                for (size_t k = 0; k < 3; k++)
                        answers[k].used = k < i;
                set_up(&w, answers);
                start(&w, cases[i]);
                ck_assert_int_eq(exit_status(&w), 1);
                tear_down(&w);
        }
}
END_TEST

/* Two hosts have the same --node: one pass does not wait for the other's manifest to lapse. */
START_TEST(one_pass_ends_with_a_clash) {
        Answer answers[] = { { "/containers/json", JSON "[]", .then = THEN_CLOSE }, { 0 } };
        uint64_t before = now_usec();
        World w;

        set_up(&w, answers);
        redis_server_run(w.redis, "SETEX /beachhead-nodes/web 60 {\"machine\":\"m2\",\"instances\":[]}");
        start(&w, "--refresh=0|--node=web");
        ck_assert_int_eq(exit_status(&w), 1);
        ck_assert_uint_lt(now_usec() - before, STEP_SECONDS * UINT64_C(1000000));
        tear_down(&w);
}
END_TEST

static void expect_figure(const char *path, const char *line) {
        _cleanup_free_ char *text = NULL;
        size_t size;

        ck_assert_int_eq(file_read(path, 1024 * 1024, &text, &size), 0);
        ck_assert_msg(strstr(text, line), "no \"%s\" in:\n%s", line, text);
}

static void run_until_file(World *w, const char *path) {
        uint64_t limit = now_usec() + STEP_SECONDS * UINT64_C(1000000);

        while (access(path, F_OK) < 0) {
                ck_assert_msg(now_usec() < limit, "%s does not come", path);
                ck_assert_int_ge(sd_event_run(w->event, 10 * 1000), 0);
        }
}

START_TEST(figures_are_written_at_every_refresh) {
        Answer answers[] = {
                { "/events", CHUNKED, .then = THEN_KEEP, .always = true },
                { "/containers/json", JSON "[" LISTED("1", "web") "," LISTED("2", "bare") "]", .then = THEN_CLOSE,
                  .always = true },
                { "/containers/" ID("1"), INSPECTED("1", "web", "BEACHHEAD_DOMAINS=a.org"), .then = THEN_CLOSE },
                { "/containers/" ID("2"), INSPECTED("2", "bare", "BEACHHEAD_DOMAINS=a.org:http=x"),
                  .then = THEN_CLOSE },
                { 0 },
        };
        World w;

        set_up(&w, answers);
        _cleanup_free_ char *path = xasprintf("%s.prom", w.server.socket);
        _cleanup_free_ char *arguments = xasprintf("--expire=3|--metrics-file=%s", path);
        start(&w, arguments);
        run_until_there(&w, "/beachhead/web");
        (void)unlink(path);
        run_until_file(&w, path);
        expect_figure(path, "\nbeachhead_registrar_engine_up 1\n");
        expect_figure(path, "\nbeachhead_registrar_redis_up 1\n");
        expect_figure(path, "\nbeachhead_registrar_containers 2\n");
        expect_figure(path, "\nbeachhead_registrar_containers_failed 1\n");
        expect_figure(path, "\nbeachhead_registrar_registrations 1\n");
        expect_figure(path, "\nbeachhead_registrar_event_to_publish_seconds_count 0\n");
        ck_assert_int_eq(unlink(path), 0);
        tear_down(&w);
}
END_TEST

START_TEST(after_the_grace_figures_say_that_the_engine_is_away) {
        Answer answers[] = { { "/events", "", .then = THEN_CLOSE, .always = true }, { 0 } };
        World w;

        set_up(&w, answers);
        _cleanup_free_ char *path = xasprintf("%s.prom", w.server.socket);
        _cleanup_free_ char *arguments = xasprintf("--expire=3|--engine-grace=0|--metrics-file=%s", path);
        start(&w, arguments);
        run_until_file(&w, path);
        expect_figure(path, "\nbeachhead_registrar_engine_up 0\n");
        expect_figure(path, "\nbeachhead_registrar_suspended 1\n");
        ck_assert_int_eq(unlink(path), 0);
        run_until_file(&w, path); /* nothing is refreshed, this is */
        ck_assert_int_eq(unlink(path), 0);
        tear_down(&w);
}
END_TEST

START_TEST(one_pass_leaves_figures) {
        Answer answers[] = { { "/containers/json", JSON "[]", .then = THEN_CLOSE }, { 0 } };
        World w;

        set_up(&w, answers);
        _cleanup_free_ char *path = xasprintf("%s.prom", w.server.socket);
        _cleanup_free_ char *arguments = xasprintf("--refresh=0|--metrics-file=%s", path);
        start(&w, arguments);
        ck_assert_int_eq(exit_status(&w), 0);
        expect_figure(path, "\nbeachhead_registrar_engine_up 1\n");
        ck_assert_int_eq(unlink(path), 0);
        tear_down(&w);
}
END_TEST

TEST_MAIN("manager", a_list_under_way_is_not_given_up_at_a_refresh,
          a_named_container_without_the_variable_is_an_error_also_beside_all_others,
          a_lease_of_one_second_is_never_near_its_end, after_the_grace_nothing_is_published_before_all_was_read,
          what_is_stopping_publishes_nothing_any_more, one_pass_ends_where_a_part_is_not_there,
          one_pass_ends_with_a_clash, figures_are_written_at_every_refresh,
          after_the_grace_figures_say_that_the_engine_is_away, one_pass_leaves_figures)
