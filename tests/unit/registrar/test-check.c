/* Checks against small servers on the same loop: were a check to block it, none of them would answer. Look-ups of
 * names wait for as long as a test wants. */
#include "registrar/check.h"

#include "common/text.h"
#include "common/timer.h"
#include "tests/unit/check-main.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

enum { CONNECTIONS_MAX = 300 };

static sem_t gate; /* a look-up may go on */
static atomic_int look_ups;

typedef int GetAddrInfo(const char *, const char *, const struct addrinfo *, struct addrinfo **);

/* "app" is at 127.0.0.1, "nowhere" is not found, "slow" waits at the gate and is at 127.0.0.1 too. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret) {
        GetAddrInfo *real;

        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
        if (hints->ai_flags & AI_NUMERICHOST)
                return real(name, service, hints, ret);
        look_ups++;
        while (strcmp(name, "slow") == 0 && sem_wait(&gate) < 0)
                ;
        return strcmp(name, "nowhere") == 0 ? EAI_NONAME : real("127.0.0.1", service, hints, ret);
}

typedef struct World World;

typedef struct Connection {
        World *world;
        sd_event_source *source;
        bool ended;
} Connection;

/* A server, and one check or many. */
struct World {
        sd_event *event;
        Checker *checker;
        int listener;
        sd_event_source *accepting;
        CheckSpec spec;
        const char *answer; /* to the first bytes of a connection; "" ends it; NULL: none */
        bool endless;       /* the answer's last byte again and again */
        Connection connections[CONNECTIONS_MAX];
        size_t n_connections, n_open, n_open_max;
        char request[1024]; /* the last one */
        size_t n_results;
        char *failure; /* the last one */
};

static void close_connection(Connection *c) {
        if (c->ended)
                return;
        c->ended = true;
        c->world->n_open--;
        (void)sd_event_source_set_io_fd_own(c->source, true);
        c->source = sd_event_source_disable_unref(c->source);
}

static void answer(Connection *c, int fd) {
        World *w = c->world;
        size_t size = strlen(w->answer);

        ck_assert_int_eq(send(fd, w->answer, size, MSG_NOSIGNAL), (ssize_t)size);
        if (w->endless)
                (void)sd_event_source_set_io_events(c->source, EPOLLIN | EPOLLOUT);
        else
                close_connection(c);
}

static int on_bytes(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Connection *c = userdata;
        World *w = c->world;

        (void)source;
        if (events & EPOLLIN) {
                ssize_t size = recv(fd, w->request, sizeof w->request - 1, 0);
                if (size <= 0)
                        close_connection(c);
                else
                        w->request[size] = '\0';
                if (size > 0 && w->answer)
                        answer(c, fd);
        } else if (send(fd, "xxxxxxxxxxxxxxxxxxxx", 20, MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
                close_connection(c);
        }
        return 0;
}

static int on_connection(sd_event_source *source, int listener, uint32_t events, void *userdata) {
        World *w = userdata;
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        (void)source, (void)events;
        ck_assert_int_ge(fd, 0);
        ck_assert_uint_lt(w->n_connections, CONNECTIONS_MAX);
        Connection *c = &w->connections[w->n_connections++];
        *c = (Connection){ .world = w };
        ck_assert_int_ge(sd_event_add_io(w->event, &c->source, fd, EPOLLIN, on_bytes, c), 0);
        if (++w->n_open > w->n_open_max)
                w->n_open_max = w->n_open;
        return 0;
}

static void set_up(World *w, CheckSpec spec) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
        socklen_t size = sizeof address;

        *w = (World){ .spec = spec };
        (void)signal(SIGPIPE, SIG_IGN);
        ck_assert_int_eq(sem_init(&gate, 0, 0), 0);
        ck_assert_int_eq(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
        ck_assert_int_ge(sd_event_new(&w->event), 0);
        ck_assert_int_eq(checker_new(&w->checker, w->event), 0);
        w->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(bind(w->listener, (struct sockaddr *)&address, sizeof address), 0);
        ck_assert_int_eq(getsockname(w->listener, (struct sockaddr *)&address, &size), 0);
        w->spec.port = ntohs(address.sin_port);
        w->spec.interval_sec = w->spec.interval_sec ? w->spec.interval_sec : 3600;
        w->spec.timeout_sec = w->spec.timeout_sec ? w->spec.timeout_sec : 30;
        if (!w->spec.host)
                w->spec.host = (char *)"127.0.0.1";
}

static void serve(World *w, const char *bytes) {
        w->answer = bytes;
        ck_assert_int_eq(listen(w->listener, 512), 0);
        ck_assert_int_ge(sd_event_add_io(w->event, &w->accepting, w->listener, EPOLLIN, on_connection, w), 0);
}

static void tear_down(World *w) {
        w->checker = checker_free(w->checker);
        w->accepting = sd_event_source_disable_unref(w->accepting);
        for (size_t i = 0; i < w->n_connections; i++)
                close_connection(&w->connections[i]);
        (void)close(w->listener);
        sd_event_unref(w->event);
        free(w->failure);
}

static void note_result(void *userdata, const char *failure) {
        World *w = userdata;

        w->n_results++;
        REPLACE_PTR(w->failure, failure ? xstrdup(failure) : NULL);
}

static Check *check(World *w) {
        return check_new(w->checker, &w->spec, note_result, w);
}

static void run_until_results(World *w, size_t count) {
        while (w->n_results < count)
                ck_assert_int_ge(sd_event_run(w->event, UINT64_MAX), 0);
}

/* NULL: it passed. What stands behind the port otherwise. */
static const char *result_of(World *w) {
        Check *c = check(w);

        run_until_results(w, 1);
        (void)check_free(c);
        if (!w->failure)
                return NULL;
        _cleanup_free_ char *where = xasprintf("%s port %u: ", w->spec.host, w->spec.port);
        ck_assert_msg(has_prefix(w->failure, where), "%s", w->failure);
        return w->failure + strlen(where);
}

START_TEST(a_connection_that_is_accepted_passes_and_is_closed) {
        static const char *const hosts[] = { "127.0.0.1", "app" };

        for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
                World w;
                set_up(&w, (CheckSpec){ .kind = CHECK_TCP, .host = (char *)hosts[i] });
                serve(&w, NULL);
                ck_assert_ptr_null(result_of(&w));
                while (w.n_connections == 0 || w.n_open > 0)
                        ck_assert_int_ge(sd_event_run(w.event, UINT64_MAX), 0);
                ck_assert_str_eq(w.request, "");
                tear_down(&w);
        }
}
END_TEST

START_TEST(a_connection_that_is_refused_fails) {
        static const CheckKind kinds[] = { CHECK_TCP, CHECK_HTTP };

        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
                World w;
                set_up(&w, (CheckSpec){ .kind = kinds[i], .path = (char *)"/" });
                ck_assert_str_eq(result_of(&w), "Connection refused");
                tear_down(&w);
        }
}
END_TEST

START_TEST(a_name_that_leads_nowhere_fails) {
        World w;

        set_up(&w, (CheckSpec){ .kind = CHECK_TCP, .host = (char *)"nowhere" });
        ck_assert_str_eq(result_of(&w), gai_strerror(EAI_NONAME));
        tear_down(&w);
}
END_TEST

#define EMPTY "\r\nContent-Length: 0\r\n\r\n"

START_TEST(the_status_alone_decides_over_http) {
        static const struct {
                const char *answer, *failure; /* how it begins; NULL: it passes */
        } cases[] = {
                { "HTTP/1.1 200 OK" EMPTY, NULL },
                { "HTTP/1.0 200 OK\r\n\r\nhello", NULL },
                { "HTTP/1.1 204 No Content\r\n\r\n", NULL },
                { "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/" EMPTY, NULL },
                { "HTTP/1.1 399 Odd" EMPTY, NULL },
                { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK" EMPTY, NULL },
                { "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", NULL },
                { "HTTP/1.1 200 OK\r\nContent-Encoding: nonsense\r\nTransfer-Encoding: x\r\n\r\n", NULL },
                { "HTTP/1.1 400 Bad Request" EMPTY, "status 400" },
                { "HTTP/1.1 404 Not Found" EMPTY, "status 404" },
                { "HTTP/1.1 503 Service Unavailable\r\n\r\n<html>", "status 503" },
                { "SSH-2.0-OpenSSH_9.2\r\n", "Received HTTP/0.9" },
                { "", "Empty reply" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                World w;
                set_up(&w, (CheckSpec){ .kind = CHECK_HTTP, .path = (char *)"/" });
                serve(&w, cases[i].answer);
                const char *failure = result_of(&w);
                ck_assert_msg(cases[i].failure ? failure && has_prefix(failure, cases[i].failure) : !failure, "%s: %s",
                              cases[i].answer, failure);
                tear_down(&w);
        }
}
END_TEST

START_TEST(a_request_is_for_the_domain_that_is_served) {
        World w;

        set_up(&w, (CheckSpec){ .kind = CHECK_HTTP,
                                .host = (char *)"app",
                                .domain = (char *)"a.org",
                                .path = (char *)"/a/../health?deep=1" });
        serve(&w, "HTTP/1.1 200 OK" EMPTY);
        ck_assert_ptr_null(result_of(&w));
        ck_assert(has_prefix(w.request, "GET /a/../health?deep=1 HTTP/1.1\r\nHost: a.org\r\n"));
        ck_assert_ptr_nonnull(strstr(w.request, "\r\nUser-Agent: beachhead-registrar/"));
        tear_down(&w);
}
END_TEST

START_TEST(a_body_without_end_is_not_read) {
        World w;

        set_up(&w, (CheckSpec){ .kind = CHECK_HTTP, .path = (char *)"/" });
        serve(&w, "HTTP/1.1 200 OK\r\n\r\nx");
        w.endless = true;
        ck_assert_ptr_null(result_of(&w));
        while (w.n_open > 0)
                ck_assert_int_ge(sd_event_run(w.event, UINT64_MAX), 0);
        tear_down(&w);
}
END_TEST

START_TEST(no_answer_in_time_fails) {
        World w;

        set_up(&w, (CheckSpec){ .kind = CHECK_HTTP, .path = (char *)"/", .timeout_sec = 1 });
        serve(&w, NULL);
        ck_assert_str_eq(result_of(&w), "no answer within 1 s");
        tear_down(&w);
}
END_TEST

START_TEST(checks_go_on_at_their_interval) {
        World w;

        set_up(&w, (CheckSpec){ .kind = CHECK_HTTP, .path = (char *)"/", .interval_sec = 1 });
        serve(&w, "HTTP/1.1 503 No" EMPTY);
        Check *c = check(&w);
        run_until_results(&w, 1);
        ck_assert_ptr_nonnull(w.failure);
        w.answer = "HTTP/1.1 200 OK" EMPTY;
        run_until_results(&w, 2);
        ck_assert_ptr_null(w.failure);
        (void)check_free(c);
        tear_down(&w);
}
END_TEST

START_TEST(only_so_many_run_at_once_and_each_gets_its_turn) {
        Check *checks[3 * CHECKS_AT_ONCE];
        World w;

        set_up(&w, (CheckSpec){ .kind = CHECK_HTTP, .path = (char *)"/", .timeout_sec = 1 });
        serve(&w, NULL);
        for (size_t i = 0; i < 3 * CHECKS_AT_ONCE; i++)
                checks[i] = check(&w);
        run_until_results(&w, 3 * CHECKS_AT_ONCE);
        ck_assert_uint_eq(w.n_connections, 3 * CHECKS_AT_ONCE);
        ck_assert_uint_gt(w.n_open_max, CHECKS_AT_ONCE / 2);
        ck_assert_uint_le(w.n_open_max, 2 * CHECKS_AT_ONCE); /* the server may see an end after the next beginning */
        for (size_t i = 0; i < 3 * CHECKS_AT_ONCE; i++)
                (void)check_free(checks[i]);
        tear_down(&w);
}
END_TEST

/* Threads that look up the same name would pile up. */
START_TEST(a_look_up_that_hangs_fails_the_check_and_is_not_begun_again) {
        World w;

        set_up(&w, (CheckSpec){ .kind = CHECK_TCP, .host = (char *)"slow", .timeout_sec = 1, .interval_sec = 1 });
        serve(&w, NULL);
        look_ups = 0;
        Check *c = check(&w);
        run_until_results(&w, 2);
        ck_assert_ptr_nonnull(strstr(w.failure, "no answer within 1 s"));
        ck_assert_int_eq(look_ups, 1);
        for (int i = 0; i < 10; i++)
                ck_assert_int_eq(sem_post(&gate), 0);
        while (w.failure)
                run_until_results(&w, w.n_results + 1);
        (void)check_free(c);
        tear_down(&w);
}
END_TEST

START_TEST(a_check_can_be_dropped_at_any_moment) {
        static const struct {
                const char *host;
                int turns;
        } cases[] = { { "127.0.0.1", 0 }, { "127.0.0.1", 1 }, { "127.0.0.1", 2 }, { "127.0.0.1", 3 },
                      { "127.0.0.1", 4 }, { "app", 1 },       { "slow", 2 } };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                World w;
                set_up(&w, (CheckSpec){ .kind = CHECK_HTTP, .path = (char *)"/", .host = (char *)cases[i].host });
                serve(&w, NULL);
                Check *c = check(&w), *other = check(&w);
                for (int k = 0; k < cases[i].turns; k++)
                        ck_assert_int_ge(sd_event_run(w.event, 100 * 1000), 0);
                (void)check_free(other);
                (void)check_free(c);
                ck_assert_uint_eq(w.n_results, 0);
                (void)sem_post(&gate);
                (void)sem_post(&gate);
                tear_down(&w);
        }
}
END_TEST

TEST_MAIN("check", a_connection_that_is_accepted_passes_and_is_closed, a_connection_that_is_refused_fails,
          a_name_that_leads_nowhere_fails, the_status_alone_decides_over_http,
          a_request_is_for_the_domain_that_is_served, a_body_without_end_is_not_read, no_answer_in_time_fails,
          checks_go_on_at_their_interval, only_so_many_run_at_once_and_each_gets_its_turn,
          a_look_up_that_hangs_fails_the_check_and_is_not_begun_again, a_check_can_be_dropped_at_any_moment)
