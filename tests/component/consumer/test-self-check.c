/* The self-check against a small HTTP server, which answers as the first label of the name that it is asked for says.
 */
#include "common/timer.h"
#include "consumer/certs/self-check.h"
#include "tests/unit/check-main.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
        STEP_SECONDS = 30, /* for anything to become true */
        CONNECTIONS_MAX = 128,
        HUGE = 10 * 1024 * 1024,
        SHORT_LIMIT_MSEC = 200, /* where a test waits for its end */
        IDLE_USEC = 100 * 1000,
};

#define THUMBPRINT "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"
#define OTHER_THUMBPRINT "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

typedef struct Connection {
        struct World *world;
        sd_event_source *source;
        Text request, answer;
        size_t sent;
} Connection;

typedef struct World {
        sd_event *event;
        sd_event_source *accepting;
        char *url;
        Connection connections[CONNECTIONS_MAX];
        size_t accepted, held;
        bool holding; /* names "held…" are not answered yet */
        SelfCheck *check;
        StringList names, unreachable;
        char *reason;
        bool done;
} World;

/* ---- the server ---- */

static void hang_up(Connection *c) {
        c->source = sd_event_source_disable_unref(c->source);
}

static void send_on(Connection *c) {
        ssize_t size = send(sd_event_source_get_io_fd(c->source), c->answer.data + c->sent, c->answer.size - c->sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);

        if (size < 0 && errno != EAGAIN)
                return hang_up(c);
        c->sent += size > 0 ? (size_t)size : 0;
        if (c->sent == c->answer.size)
                hang_up(c);
}

static void answer_with(Connection *c, const char *status, const char *body) {
        text_appendf(&c->answer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", status,
                     strlen(body), body);
}

static void answer_hugely(Connection *c, const char *head, const char *piece) {
        text_append(&c->answer, head);
        while (c->answer.size < HUGE)
                text_append(&c->answer, piece);
}

/* What stands between two strings; the caller owns it. */
static char *between(const char *text, const char *before, const char *after) {
        const char *start = strstr(text, before);

        ck_assert_msg(start && strstr(start + strlen(before), after), "no %s in \"%s\"", before, text);
        start += strlen(before);
        return xstrndup(start, (size_t)(strstr(start, after) - start));
}

static void answer(Connection *c) {
        _cleanup_free_ char *token = between(c->request.data, "GET /.well-known/acme-challenge/", " HTTP/1.1\r\n");
        _cleanup_free_ char *host = between(c->request.data, "\r\nHost: ", "\r\n");
        _cleanup_free_ char *kind = xstrndup(host, strcspn(host, "."));
        static const struct {
                const char *kind, *status, *behind_token;
        } answers[] = {
                { "good", "200 OK", "." THUMBPRINT },
                { "newline", "200 OK", "." THUMBPRINT "\n" },
                { "crlf", "200 OK", "." THUMBPRINT "\r\n" },
                { "other", "200 OK", "." OTHER_THUMBPRINT },
                { "longer", "200 OK", "." THUMBPRINT "x" },
                { "lines", "200 OK", "." THUMBPRINT "\nx" },
                { "shorter", "200 OK", "." },
                { "token", "200 OK", "" },
                { "empty", "204 No Content", "" },
                { "missing", "404 Not Found", "." THUMBPRINT },
                { "moved", "301 Moved\r\nLocation: http://good.example/", "." THUMBPRINT },
        };

        ck_assert_uint_eq(strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
        ck_assert_uint_eq(strlen(token), 43);
        for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
                _cleanup_free_ char *body = xasprintf("%s%s", token, answers[i].behind_token);
                if (strcmp(kind, answers[i].kind) == 0)
                        return answer_with(c, answers[i].status, body);
        }
        if (strcmp(kind, "page") == 0)
                return answer_with(c, "200 OK", "<html>\r\n\x1b[31mWelcome");
        if (strcmp(kind, "huge") == 0)
                return answer_hugely(c, "HTTP/1.1 200 OK\r\n\r\n", "0123456789abcdef");
        if (strcmp(kind, "headers") == 0)
                return answer_hugely(c, "HTTP/1.1 200 OK\r\n", "X-Header: 0123456789abcdef\r\n");
        if (strcmp(kind, "garbage") == 0)
                return text_append(&c->answer, "garbage\r\n\r\n");
        if (strcmp(kind, "cut") == 0)
                return text_appendf(&c->answer, "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n%s." THUMBPRINT, token);
        if (strcmp(kind, "nul") == 0) {
                text_appendf(&c->answer, "HTTP/1.1 200 OK\r\n\r\n%s." THUMBPRINT, token);
                return text_append_bytes(&c->answer, "\0x", 2);
        }
        if (strcmp(kind, "held") == 0)
                return answer_with(c, "200 OK", "held");
        ck_assert_str_eq(kind, "silent");
}

static int on_event(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Connection *c = userdata;
        char bytes[4096];

        if (events & EPOLLIN) {
                ssize_t size = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
                if (size <= 0) {
                        hang_up(c);
                        return 0;
                }
                text_append_bytes(&c->request, bytes, (size_t)size);
        }
        if (!c->answer.data && c->request.data && strstr(c->request.data, "\r\n\r\n")) {
                bool hold = c->world->holding && strstr(c->request.data, "Host: held");
                c->world->held += hold;
                (void)sd_event_source_set_io_events(source, hold ? 0 : EPOLLIN | EPOLLOUT);
                if (!hold)
                        answer(c);
        }
        if (c->answer.data)
                send_on(c);
        return 0;
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        World *w = userdata;
        int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        (void)source, (void)events;
        ck_assert_int_ge(connection, 0);
        ck_assert_uint_lt(w->accepted, CONNECTIONS_MAX);
        Connection *c = &w->connections[w->accepted++];
        c->world = w;
        ck_assert_int_ge(sd_event_add_io(w->event, &c->source, connection, EPOLLIN, on_event, c), 0);
        ck_assert_int_ge(sd_event_source_set_io_fd_own(c->source, true), 0);
        return 0;
}

static void answer_what_is_held(World *w) {
        w->holding = false;
        for (size_t i = 0; i < w->accepted; i++)
                if (w->connections[i].source)
                        (void)sd_event_source_set_io_events(w->connections[i].source, EPOLLIN | EPOLLOUT);
}

/* ---- the world ---- */

static void set_up(World *w) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof address;
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        *w = (World){ 0 };
        (void)signal(SIGPIPE, SIG_IGN);
        ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
        ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
        ck_assert_int_eq(listen(listener, CONNECTIONS_MAX), 0);
        ck_assert_int_ge(sd_event_new(&w->event), 0);
        ck_assert_int_ge(sd_event_add_io(w->event, &w->accepting, listener, EPOLLIN, on_connection, w), 0);
        ck_assert_int_ge(sd_event_source_set_io_fd_own(w->accepting, true), 0);
        w->url = xasprintf("http://127.0.0.1:%u", ntohs(address.sin_port));
}

static void tear_down(World *w) {
        w->check = self_check_free(w->check);
        for (size_t i = 0; i < w->accepted; i++) {
                Connection *c = &w->connections[i];
                hang_up(c);
                text_done(&c->request);
                text_done(&c->answer);
        }
        w->accepting = sd_event_source_disable_unref(w->accepting);
        w->event = sd_event_unref(w->event);
        string_list_clear(&w->names);
        string_list_clear(&w->unreachable);
        free(w->reason);
        free(w->url);
}

static void on_checked(void *userdata, const StringList *unreachable, const char *reason) {
        World *w = userdata;

        ck_assert(!w->done);
        w->done = true;
        w->check = NULL; /* frees itself after this call */
        for (size_t i = 0; i < unreachable->count; i++)
                string_list_add(&w->unreachable, unreachable->items[i]);
        w->reason = reason ? xstrdup(reason) : NULL;
}

static void start_check(World *w, uint64_t limit_msec) {
        SelfCheckCall call = { .url = w->url, .names = &w->names, .thumbprint = THUMBPRINT, .limit_msec = limit_msec };

        ck_assert_int_eq(self_check_start(&w->check, w->event, &call, on_checked, w), 0);
        ck_assert(!w->done);
}

static void run_until_done(World *w) {
        uint64_t limit = now_usec() + STEP_SECONDS * UINT64_C(1000000);

        while (!w->done) {
                ck_assert_msg(now_usec() < limit, "it did not become true in time");
                ck_assert_int_ge(sd_event_run(w->event, IDLE_USEC), 0);
        }
}

/* Checks one name. Expects these words in the reason; NULL: that it is reachable. */
static void check_one(const char *name, uint64_t limit_msec, const char *words) {
        World w;

        set_up(&w);
        string_list_add(&w.names, name);
        start_check(&w, limit_msec);
        run_until_done(&w);
        ck_assert_uint_eq(w.unreachable.count, words != NULL);
        if (!words)
                ck_assert_ptr_null(w.reason);
        else
                ck_assert_msg(w.reason && strstr(w.reason, words) && strstr(w.reason, name) && strstr(w.reason, w.url),
                              "%s: %s", name, w.reason);
        for (const char *c = w.reason; c && *c; c++)
                ck_assert_int_ge(*c, ' ');
        tear_down(&w);
}

START_TEST(a_name_that_answers_token_and_thumbprint_is_reachable) {
        check_one("good.example", 0, NULL);
        check_one("newline.example", 0, NULL);
        check_one("crlf.example", 0, NULL);
}
END_TEST

START_TEST(any_other_answer_is_said) {
        static const struct {
                const char *name, *words;
        } cases[] = {
                { "other.example", "the thumbprint of another account: \"" OTHER_THUMBPRINT "\"" },
                { "longer.example", "another account: \"" THUMBPRINT "x\"" },
                { "lines.example", "another account: \"" THUMBPRINT "\\x0ax\"" },
                { "shorter.example", "another account: \"\"" },
                { "token.example", "answers \"" },
                { "nul.example", "another account: \"" THUMBPRINT "\\x00x\"" },
                { "page.example", "answers \"<html>\\x0d\\x0a\\x1b[31mWelcome\" to a challenge" },
                { "empty.example", "answers 204 to a challenge" },
                { "missing.example", "answers 404 to a challenge" },
                { "moved.example", "answers 301 to a challenge" },
                { "huge.example", "more than 16384 bytes" },
                { "headers.example", "more than 16384 bytes" },
                { "garbage.example", "HTTP/0.9" },
                { "cut.example", "bytes remaining" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                check_one(cases[i].name, 0, cases[i].words);
}
END_TEST

START_TEST(a_name_that_never_answers_is_given_up) {
        check_one("silent.example", SHORT_LIMIT_MSEC, "does not answer in time");
}
END_TEST

START_TEST(an_edge_that_does_not_run_is_said) {
        World w;

        set_up(&w);
        w.accepting = sd_event_source_disable_unref(w.accepting);
        string_list_add(&w.names, "good.example");
        start_check(&w, 0);
        run_until_done(&w);
        ck_assert_msg(strstr(w.reason, "Failed to connect"), "%s", w.reason);
        tear_down(&w);
}
END_TEST

START_TEST(of_many_names_those_that_fail_are_told_in_order_and_the_first_ones_reason) {
        World w;

        set_up(&w);
        for (unsigned i = 0; i < 60; i++)
                string_list_addf(&w.names, "%s.n%u.example", i == 0 ? "silent" : i % 20 == 7 ? "missing" : "good", i);
        start_check(&w, 2 * SHORT_LIMIT_MSEC);
        run_until_done(&w);
        _cleanup_free_ char *names = string_list_join(&w.unreachable, " ");
        ck_assert_str_eq(names, "silent.n0.example missing.n7.example missing.n27.example missing.n47.example");
        ck_assert_ptr_nonnull(strstr(w.reason, "silent.n0.example"));
        ck_assert_ptr_null(strstr(w.reason, "missing"));
        tear_down(&w);
}
END_TEST

START_TEST(the_edge_is_not_asked_for_all_names_at_once) {
        World w;

        set_up(&w);
        for (unsigned i = 0; i < 3 * SELF_CHECKS_AT_ONCE; i++)
                string_list_addf(&w.names, "held.n%u.example", i);
        w.holding = true;
        start_check(&w, 0);
        while (w.held < SELF_CHECKS_AT_ONCE)
                ck_assert_int_ge(sd_event_run(w.event, IDLE_USEC), 0);
        while (sd_event_run(w.event, IDLE_USEC) > 0) /* until nothing more comes */
                ;
        ck_assert_uint_eq(w.held, SELF_CHECKS_AT_ONCE);
        answer_what_is_held(&w);
        run_until_done(&w);
        ck_assert_uint_eq(w.unreachable.count, 3 * SELF_CHECKS_AT_ONCE);
        tear_down(&w);
}
END_TEST

START_TEST(no_proxy_of_the_environment_is_asked) {
        ck_assert_int_eq(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
        ck_assert_int_eq(setenv("all_proxy", "http://127.0.0.1:1", 1), 0);
        check_one("good.example", 0, NULL);
}
END_TEST

START_TEST(without_names_all_are_reachable) {
        World w;

        set_up(&w);
        start_check(&w, 0);
        run_until_done(&w);
        ck_assert_uint_eq(w.unreachable.count, 0);
        ck_assert_ptr_null(w.reason);
        tear_down(&w);
}
END_TEST

START_TEST(a_check_that_is_given_up_says_nothing_more) {
        World w;

        set_up(&w);
        for (unsigned i = 0; i < 2 * SELF_CHECKS_AT_ONCE; i++)
                string_list_addf(&w.names, "held.n%u.example", i);
        w.holding = true;
        start_check(&w, 0);
        while (w.held < SELF_CHECKS_AT_ONCE)
                ck_assert_int_ge(sd_event_run(w.event, IDLE_USEC), 0);
        w.check = self_check_free(w.check);
        while (sd_event_run(w.event, IDLE_USEC) > 0)
                ;
        ck_assert(!w.done);
        tear_down(&w);
}
END_TEST

TEST_MAIN("self-check", a_name_that_answers_token_and_thumbprint_is_reachable, any_other_answer_is_said,
          a_name_that_never_answers_is_given_up, an_edge_that_does_not_run_is_said,
          of_many_names_those_that_fail_are_told_in_order_and_the_first_ones_reason,
          the_edge_is_not_asked_for_all_names_at_once, no_proxy_of_the_environment_is_asked,
          without_names_all_are_reachable, a_check_that_is_given_up_says_nothing_more)
