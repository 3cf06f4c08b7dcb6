/* What the registrar hears from an Engine that does what a real one does on bad days. */
#include "common/curl-event.h"
#include "registrar/container.h"
#include "registrar/docker-client.h"
#include "tests/unit/check-main.h"
#include "tests/unit/registrar/scripted-engine.h"

#include <errno.h>

#define STREAM "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
#define OK(size, body) "HTTP/1.1 200 OK\r\nContent-Length: " size "\r\n\r\n" body
#define NO_ANSWERS                                                                                                    \
        { 0 }

enum {
        PATIENCE_USEC = 20 * 1000 * 1000, /* after which a test has failed */
        SHORT_LIMIT_MSEC = 50,            /* where no answer comes */
        LONGER_LIMIT_MSEC = 1000,         /* where one comes, on however slow a machine */
};

/* A client, and what it told: "up", "down: why", an event as it came, "list 200 body" or "<id> 0 error". */
typedef struct Session {
        sd_event *event;
        DockerClient *client;
        StringList told;
        bool lists_when_connected;
} Session;

static void on_reply(void *userdata, const char *id, long status, const char *bytes, size_t size, const char *error) {
        Session *s = userdata;

        ck_assert((status == 0) == (error != NULL));
        string_list_addf(&s->told, "%s %ld %.*s", id ? id : "list", status, error ? (int)strlen(error) : (int)size,
                         error ? error : bytes);
}

static void on_connected(void *userdata) {
        Session *s = userdata;

        string_list_add(&s->told, "up");
        if (s->lists_when_connected)
                docker_client_list(s->client, on_reply, s);
}

static void on_event(void *userdata, const char *line, size_t size) {
        string_list_addf(&((Session *)userdata)->told, "%.*s", (int)size, line);
}

static void on_disconnected(void *userdata, const char *why) {
        string_list_addf(&((Session *)userdata)->told, "down: %s", why);
}

static Session *session_new(const char *url) {
        Session *s = new0(Session);
        const DockerHandlers handlers = { on_connected, on_event, on_disconnected, s };
        char *message = NULL;

        ck_assert_int_eq(sd_event_new(&s->event), 0);
        ck_assert_msg(docker_client_new(&s->client, s->event, url, NULL, handlers, &message) == 0, "%s: %s", url,
                      message);
        return s;
}

static Session *session_free(Session *s) {
        (void)docker_client_free(s->client);
        (void)sd_event_unref(s->event);
        string_list_clear(&s->told);
        free(s);
        return NULL;
}
DEFINE_CLEANUP(Session *, session_free);
#define _cleanup_session_ _cleanup_(session_freep)
#define _cleanup_engine_ _cleanup_(engine_freep)

static uint64_t now_usec(void) {
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* One turn of the loop; fails where the test has waited too long. */
static void turn(Session *s, uint64_t deadline_usec) {
        ck_assert_int_ge(sd_event_run(s->event, 10000), 0);
        if (now_usec() > deadline_usec) {
                _cleanup_free_ char *told = string_list_join(&s->told, "\n");
                ck_abort_msg("waited in vain; so far:\n%s", told);
        }
}

#define RUN_UNTIL(session, condition)                                                                                 \
        for (uint64_t _deadline = now_usec() + PATIENCE_USEC; !(condition);)                                          \
        turn(session, _deadline)

/* Runs until that many things were told, and compares them; a last "…" stands for anything. */
static void assert_told(Session *s, size_t count, const char *const expected[]) {
        RUN_UNTIL(s, s->told.count >= count);
        for (size_t i = 0; i < count; i++) {
                size_t length = strlen(expected[i]);
                bool open = length >= 3 && strcmp(expected[i] + length - 3, "...") == 0;
                if (open ? strncmp(s->told.items[i], expected[i], length - 3) != 0
                         : strcmp(s->told.items[i], expected[i]) != 0)
                        ck_abort_msg("told \"%s\" instead of \"%s\"", s->told.items[i], expected[i]);
        }
        ck_assert_uint_eq(s->told.count, count);
}
#define ASSERT_TOLD(session, ...)                                                                                     \
        do {                                                                                                          \
                static const char *const _expected[] = { __VA_ARGS__ };                                               \
                assert_told(session, sizeof _expected / sizeof *_expected, _expected);                                \
        } while (0)

/* ---- the stream ---- */

START_TEST(events_come_line_by_line_and_a_broken_one_never) {
        Answer answers[] = {
                { .target = "/events",
                  STREAM "4\r\n{\"a\"\r\n5\r\n:1}\n{\r\n1\r\n}\r\n2\r\n\n\n\r\n9\r\n{}\n{\"brok\r\n0\r\n\r\n" },
                { .target = "/events", STREAM, .then = THEN_HANG },
                NO_ANSWERS,
        };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        docker_client_listen(s->client);
        ASSERT_TOLD(s, "up", "{\"a\":1}", "{}", "{}", "down: the Engine ended the event stream", "up");
}
END_TEST

START_TEST(only_containers_and_networks_are_asked_for) {
        Answer answers[] = { { .target = "/events", STREAM, .then = THEN_HANG }, NO_ANSWERS };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        docker_client_listen(s->client);
        ASSERT_TOLD(s, "up");
        ck_assert_str_eq(e->targets.items[0],
                         "/events?filters=%7B%22type%22%3A%5B%22container%22%2C%22network%22%5D%7D");
}
END_TEST

START_TEST(a_stream_that_breaks_is_opened_again) {
        Answer answers[] = {
                { .target = "/events", STREAM "3\r\n{}\n\r\n9\r\n{\"cut", .then = THEN_CLOSE },
                { .target = "/events", STREAM "3\r\n[]\n\r\n", .then = THEN_CLOSE },
                { .target = "/events", STREAM, .then = THEN_HANG },
                NO_ANSWERS,
        };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        docker_client_listen(s->client);
        ASSERT_TOLD(s, "up", "{}", "down: ...", "up", "[]", "down: ...", "up");
}
END_TEST

START_TEST(a_refusal_is_told_in_the_engines_words) {
        Answer answers[] = {
                { .target = "/events",
                  "HTTP/1.1 500 Oh\r\nContent-Length: 24\r\n\r\n{\"message\":\"too \x1b busy\"}" },
                { .target = "/events", "HTTP/1.1 403 No\r\n\r\n", .filling = 100000, .then = THEN_HANG },
                { .target = "/events",
                  "HTTP/1.1 301 There\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n" },
                { .target = "/events", STREAM, .then = THEN_HANG },
                NO_ANSWERS,
        };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        docker_client_listen(s->client);
        ASSERT_TOLD(s, "down: the Engine answered 500 to the request for events: {\"message\":\"too \\x1b busy\"}",
                    "down: the Engine answered 403 to the request for events: xxx...",
                    "down: the Engine answered 301 to the request for events: ", "up");
}
END_TEST

START_TEST(garbage_is_no_stream) {
        Answer answers[] = {
                { .target = "/events", "\x01\x02 garbage\r\n\r\n", .then = THEN_CLOSE },
                { .target = "/events",
                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                  .then = THEN_CLOSE },
                { .target = "/events", "", .then = THEN_CLOSE },
                { .target = "/events", STREAM, .then = THEN_HANG },
                NO_ANSWERS,
        };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        docker_client_listen(s->client);
        ASSERT_TOLD(s, "down: ...", "up", "down: ...", "down: ...", "up");
}
END_TEST

START_TEST(silence_is_no_stream) {
        Answer answers[] = {
                { .target = "/events", "HTTP/1.1 200 OK\r\nX: ", .then = THEN_HANG },
                { .target = "/events", STREAM, .then = THEN_HANG },
                NO_ANSWERS,
        };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        docker_client_set_reply_limit(s->client, SHORT_LIMIT_MSEC);
        docker_client_listen(s->client);
        RUN_UNTIL(s, s->told.count == 1);
        docker_client_set_reply_limit(s->client, PATIENCE_USEC / 1000);
        ASSERT_TOLD(s, "down: the Engine does not answer the request for events", "up");
}
END_TEST

START_TEST(an_open_stream_may_be_silent_for_longer_than_a_reply) {
        Answer answers[] = {
                { .target = "/events", STREAM, .then = THEN_HANG },
                { .target = "/containers/json", "", .then = THEN_HANG },
                NO_ANSWERS,
        };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        docker_client_set_reply_limit(s->client, LONGER_LIMIT_MSEC);
        docker_client_listen(s->client);
        RUN_UNTIL(s, s->told.count == 1);
        docker_client_list(s->client, on_reply, s);
        ASSERT_TOLD(s, "up", "list 0 ...");
}
END_TEST

START_TEST(an_event_without_end_is_skipped_and_the_next_is_heard) {
        Answer answers[] = {
                { .target = "/events",
                  "HTTP/1.1 200 OK\r\n\r\n{\"short\":1}\n",
                  .filling = 5 * DOCKER_EVENT_MAX,
                  .rest = "\n{\"next\":1}\n",
                  .then = THEN_HANG },
                NO_ANSWERS,
        };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        docker_client_listen(s->client);
        ASSERT_TOLD(s, "up", "{\"short\":1}", "{\"next\":1}");
}
END_TEST

START_TEST(an_engine_that_is_not_there_is_tried_again) {
        _cleanup_session_ Session *s = session_new("unix:///nonexistent/docker.sock");

        docker_client_listen(s->client);
        ASSERT_TOLD(s, "down: cannot connect to /nonexistent/docker.sock: No such file or directory",
                    "down: cannot connect to ...");
}
END_TEST

START_TEST(a_list_can_be_asked_for_when_the_stream_opens) {
        Answer answers[] = {
                { .target = "/events", STREAM "3\r\n{}\n\r\n", .then = THEN_HANG },
                { .target = "/containers/json", OK("2", "[]") },
                NO_ANSWERS,
        };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        s->lists_when_connected = true;
        docker_client_listen(s->client);
        ASSERT_TOLD(s, "up", "{}", "list 200 []");
}
END_TEST

START_TEST(names_are_resolved_off_the_loop) {
        Answer answers[] = { { .target = "/events", STREAM, .then = THEN_HANG }, NO_ANSWERS };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->tcp_url);

        ck_assert(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_ASYNCHDNS);
        docker_client_listen(s->client);
        ASSERT_TOLD(s, "up");
}
END_TEST

/* ---- requests ---- */

START_TEST(each_way_to_fail_is_told_once) {
        static const struct {
                Answer answer;
                const char *told;
        } cases[] = {
                { { .target = "/", OK("2", "[]") }, "list 200 []" },
                { { .target = "/", OK("0", "") }, "list 200 " },
                { { .target = "/", "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno" }, "list 500 no" },
                { { .target = "/",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n" },
                  "list 200 []" },
                { { .target = "/", OK("9", "[{"), .then = THEN_CLOSE }, "list 0 ..." },
                { { .target = "/",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n[{",
                    .then = THEN_CLOSE },
                  "list 0 ..." },
                { { .target = "/", "nonsense\r\n\r\n", .then = THEN_CLOSE }, "list 0 ..." },
                { { .target = "/", "", .then = THEN_HANG }, "list 0 ..." },
                { { .target = "/", OK("9", "[{"), .then = THEN_HANG }, "list 0 ..." },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Answer answers[] = { cases[i].answer, NO_ANSWERS };
                _cleanup_engine_ Engine *e = engine_new(answers);
                _cleanup_session_ Session *s = session_new(e->unix_url);
                if (cases[i].answer.then == THEN_HANG)
                        docker_client_set_reply_limit(s->client, SHORT_LIMIT_MSEC);
                docker_client_list(s->client, on_reply, s);
                assert_told(s, 1, &cases[i].told);
        }
}
END_TEST

START_TEST(a_reply_over_its_cap_is_an_error) {
        Answer answers[] = {
                { .target = "/containers/aa/json",
                  "HTTP/1.1 200 OK\r\n\r\n",
                  .filling = CONTAINER_REPLY_MAX,
                  .then = THEN_CLOSE },
                { .target = "/containers/bb/json",
                  "HTTP/1.1 200 OK\r\n\r\n",
                  .filling = CONTAINER_REPLY_MAX + 1,
                  .then = THEN_CLOSE },
                NO_ANSWERS,
        };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        docker_client_inspect(s->client, "aa", on_reply, s);
        RUN_UNTIL(s, s->told.count == 1);
        docker_client_inspect(s->client, "bb", on_reply, s);
        ASSERT_TOLD(s, "aa 200 xxx...", "bb 0 the reply is too large");
}
END_TEST

START_TEST(what_is_no_id_is_never_sent) {
        static const char *const bad[] = { "",
                                           "../x",
                                           "a b",
                                           "a?b",
                                           "a%2fb",
                                           "name",
                                           "00000000000000000000000000000000000000000000000000000000000000000" };
        Answer answers[] = { NO_ANSWERS };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                docker_client_inspect(s->client, bad[i], on_reply, s);
        ck_assert_uint_eq(s->told.count, 0);
        RUN_UNTIL(s, s->told.count == sizeof bad / sizeof *bad);
        ck_assert(string_list_contains(&s->told, "name 0 the request cannot be sent"));
        ck_assert_int_eq(e->requests, 0);
}
END_TEST

START_TEST(a_new_list_takes_the_place_of_the_old_one) {
        Answer answers[] = {
                { .target = "/containers/json", OK("3", "old"), .then = THEN_WAIT },
                { .target = "/containers/json", OK("3", "new") },
                NO_ANSWERS,
        };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        docker_client_list(s->client, on_reply, s);
        RUN_UNTIL(s, e->waiting == 1);
        docker_client_list(s->client, on_reply, s);
        ASSERT_TOLD(s, "list 200 new");
        RUN_UNTIL(s, e->waiting == 0);
        ck_assert_uint_eq(s->told.count, 1);
}
END_TEST

START_TEST(inspects_are_bounded_and_share_connections) {
        enum { COUNT = 30 };
        Answer answers[] = { { .target = "/containers/", OK("2", "{}"), .then = THEN_WAIT, .always = true },
                             NO_ANSWERS };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        for (unsigned i = 0; i < COUNT; i++) {
                _cleanup_free_ char *id = xasprintf("%02x", i);
                docker_client_inspect(s->client, id, on_reply, s);
        }
        RUN_UNTIL(s, e->waiting == DOCKER_INSPECTS_AT_ONCE);
        engine_release(e);
        RUN_UNTIL(s, s->told.count == COUNT);
        ck_assert_int_eq(e->requests, COUNT);
        ck_assert_int_eq(e->most_waiting, DOCKER_INSPECTS_AT_ONCE);
        ck_assert_int_le(e->accepted, DOCKER_INSPECTS_AT_ONCE);
        string_list_sort(&s->told);
        ck_assert_str_eq(s->told.items[0], "00 200 {}");
        ck_assert_str_eq(s->told.items[COUNT - 1], "1d 200 {}");
}
END_TEST

START_TEST(one_that_hangs_does_not_hold_up_the_others) {
        Answer answers[] = {
                { .target = "/containers/aa/json", "", .then = THEN_HANG },
                { .target = "/containers/bb/json", OK("1", "b") },
                NO_ANSWERS,
        };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        docker_client_set_reply_limit(s->client, SHORT_LIMIT_MSEC);
        docker_client_inspect(s->client, "aa", on_reply, s);
        docker_client_set_reply_limit(s->client, PATIENCE_USEC / 1000);
        docker_client_inspect(s->client, "bb", on_reply, s);
        RUN_UNTIL(s, s->told.count == 2);
        ck_assert(string_list_contains(&s->told, "bb 200 b"));
}
END_TEST

/* ---- restart ---- */

START_TEST(a_restart_begins_anew_and_still_answers_every_inspect) {
        Answer answers[] = {
                { .target = "/events", STREAM, .then = THEN_HANG },
                { .target = "/containers/json", "", .then = THEN_HANG },
                { .target = "/containers/aa/json", "", .then = THEN_HANG },
                { .target = "/events", STREAM, .then = THEN_HANG },
                { .target = "/containers/aa/json", OK("1", "a") },
                { .target = "/containers/bb/json", OK("1", "b") },
                NO_ANSWERS,
        };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        docker_client_listen(s->client);
        docker_client_list(s->client, on_reply, s);
        docker_client_inspect(s->client, "aa", on_reply, s);
        RUN_UNTIL(s, s->told.count == 1 && e->requests == 3);
        int before = e->accepted;
        docker_client_restart(s->client, "the test says so");
        docker_client_inspect(s->client, "bb", on_reply, s);
        RUN_UNTIL(s, s->told.count == 4);
        string_list_sort(&s->told);
        ASSERT_TOLD(s, "aa 200 a", "bb 200 b", "up", "up");
        ck_assert_int_gt(e->accepted, before);
}
END_TEST

START_TEST(a_restart_uses_no_connection_from_before) {
        Answer answers[] = { { .target = "/containers/json", OK("2", "[]"), .always = true }, NO_ANSWERS };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        for (size_t lists = 1; lists <= 3; lists++) {
                docker_client_list(s->client, on_reply, s);
                RUN_UNTIL(s, s->told.count == lists);
                ck_assert_int_eq(e->accepted, lists < 3 ? 1 : 2);
                if (lists == 2)
                        docker_client_restart(s->client, "the test says so");
        }
}
END_TEST

static void restart_and_ask_again(void *userdata, const char *id, long status, const char *bytes, size_t size,
                                  const char *error) {
        Session *s = userdata;

        on_reply(s, id, status, bytes, size, error);
        docker_client_set_reply_limit(s->client, PATIENCE_USEC / 1000);
        docker_client_restart(s->client, "a list failed");
        docker_client_list(s->client, on_reply, s);
}

START_TEST(a_restart_may_come_from_a_reply) {
        Answer answers[] = {
                { .target = "/containers/json", "", .then = THEN_HANG },
                { .target = "/containers/json", OK("2", "[]") },
                NO_ANSWERS,
        };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_session_ Session *s = session_new(e->unix_url);

        docker_client_set_reply_limit(s->client, SHORT_LIMIT_MSEC);
        docker_client_list(s->client, restart_and_ask_again, s);
        ASSERT_TOLD(s, "list 0 ...", "list 200 []");
}
END_TEST

START_TEST(everything_may_be_dropped_at_any_time) {
        Answer answers[] = {
                { .target = "/events", STREAM, .then = THEN_HANG },
                { .target = "/containers/", "", .then = THEN_HANG, .always = true },
                NO_ANSWERS,
        };
        _cleanup_engine_ Engine *e = engine_new(answers);

        for (int turns = 0; turns < 12; turns++) {
                _cleanup_session_ Session *s = session_new(turns % 2 ? e->unix_url : e->tcp_url);
                docker_client_listen(s->client);
                docker_client_list(s->client, on_reply, s);
                docker_client_inspect(s->client, "aa", on_reply, s);
                docker_client_inspect(s->client, "no id", on_reply, s);
                for (int i = 0; i < turns; i++)
                        ck_assert_int_ge(sd_event_run(s->event, 1000), 0);
        }
}
END_TEST

/* ---- addresses ---- */

START_TEST(an_address_that_is_none_is_explained) {
        static const char *const bad[] = {
                "",
                "docker.sock",
                "/var/run/docker.sock",
                "unix:",
                "unix://",
                "npipe:////./pipe/docker",
                "ssh://host",
                "tcp://",
                "tcp://:2375",
                "tcp://host:",
                "tcp://host:0",
                "tcp://host:65536",
                "tcp://host:23x",
                "tcp://ho st:2375",
                "tcp://user@host:2375",
                "tcp://host:2375/path",
                "tcp://[::1",
                "tcp://[::1]x:1",
                "tcp://::1:2375",
                "tcp://[host]:1",
                "http://",
                "https://a?b",
                "HTTP://host",
                "unix:///a/path/that/is/very/very/very/very/much/longer/than/the/one/hundred/and/eight/bytes/that/the/"
                "address/of/a/unix/"
                "socket/has",
        };
        const DockerHandlers handlers = { on_connected, on_event, on_disconnected, NULL };
        sd_event *event = NULL;

        ck_assert_int_eq(sd_event_new(&event), 0);
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                DockerClient *client = NULL;
                _cleanup_free_ char *message = NULL;
                ck_assert_msg(docker_client_new(&client, event, bad[i], NULL, handlers, &message) == -EINVAL,
                              "%s was taken", bad[i]);
                ck_assert_ptr_null(client);
                ck_assert_ptr_nonnull(strstr(message, "tcp://host:port"));
        }
        (void)sd_event_unref(event);
}
END_TEST

START_TEST(these_addresses_are_understood) {
        static const char *const good[] = {
                "unix:///var/run/docker.sock",
                "tcp://127.0.0.1:2375",
                "tcp://[::1]:2375",
                "tcp://docker",
                "tcp://docker:2375/",
                "http://docker.example.org",
                "https://docker.example.org:8443",
        };

        for (size_t i = 0; i < sizeof good / sizeof *good; i++)
                (void)session_free(session_new(good[i]));
}
END_TEST

START_TEST(companions_two_slashes_mean_the_root) {
        Answer answers[] = { { .target = "/containers/json", OK("2", "[]") }, NO_ANSWERS };
        _cleanup_engine_ Engine *e = engine_new(answers);
        _cleanup_free_ char *url = xasprintf("unix://%s", e->unix_url + strlen("unix:///"));
        _cleanup_session_ Session *s = session_new(url);

        docker_client_list(s->client, on_reply, s);
        ASSERT_TOLD(s, "list 200 []");
}
END_TEST

START_TEST(certificates_that_are_missing_are_named) {
        const DockerTls tls = { .directory = "/nonexistent", .verify = true };
        Session s = { 0 };
        const DockerHandlers handlers = { on_connected, on_event, on_disconnected, &s };
        Answer answers[] = { NO_ANSWERS };
        _cleanup_engine_ Engine *e = engine_new(answers);
        char *message = NULL;

        ck_assert_int_eq(sd_event_new(&s.event), 0);
        ck_assert_int_eq(docker_client_new(&s.client, s.event, e->tcp_url, &tls, handlers, &message), 0);
        docker_client_list(s.client, on_reply, &s);
        RUN_UNTIL(&s, s.told.count == 1);
        ck_assert_ptr_nonnull(strstr(s.told.items[0], "/nonexistent/"));
        ck_assert_int_eq(e->requests, 0);
        (void)docker_client_free(s.client);
        (void)sd_event_unref(s.event);
        string_list_clear(&s.told);
}
END_TEST

TEST_MAIN("docker-client", events_come_line_by_line_and_a_broken_one_never, only_containers_and_networks_are_asked_for,
          a_stream_that_breaks_is_opened_again, a_refusal_is_told_in_the_engines_words, garbage_is_no_stream,
          silence_is_no_stream, an_open_stream_may_be_silent_for_longer_than_a_reply,
          an_event_without_end_is_skipped_and_the_next_is_heard, an_engine_that_is_not_there_is_tried_again,
          a_list_can_be_asked_for_when_the_stream_opens, names_are_resolved_off_the_loop,
          each_way_to_fail_is_told_once, a_reply_over_its_cap_is_an_error, what_is_no_id_is_never_sent,
          a_new_list_takes_the_place_of_the_old_one, inspects_are_bounded_and_share_connections,
          one_that_hangs_does_not_hold_up_the_others, a_restart_begins_anew_and_still_answers_every_inspect,
          a_restart_uses_no_connection_from_before, a_restart_may_come_from_a_reply,
          everything_may_be_dropped_at_any_time, an_address_that_is_none_is_explained, these_addresses_are_understood,
          companions_two_slashes_mean_the_root, certificates_that_are_missing_are_named)
