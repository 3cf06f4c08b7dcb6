/* The link finds its server, and gets over one that does not answer well. The names and the server are ours here. */
#include "common/redis-link.h"
#include "common/text.h"
#include "common/timer.h"
#include "tests/unit/check-main.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

enum { STEP_SECONDS = 30 }; /* for anything to become true */

typedef int GetAddrInfo(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static GetAddrInfo *real_getaddrinfo(void) {
        GetAddrInfo *real;

        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
        return real;
}

/* "redis.example" has three addresses (chained from the last to the first), and the server's is tried last. Does the
 * real thing for addresses. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret) {
        static const char *const addresses[] = { "127.0.0.2", "127.0.0.3", "127.0.0.1" };
        struct addrinfo *last = NULL;
        int r;

        if (strcmp(name, "redis.example") != 0)
                return real_getaddrinfo()(name, service, hints, ret);
        if (hints->ai_flags & AI_NUMERICHOST)
                return EAI_NONAME;
        for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
                if ((r = real_getaddrinfo()(addresses[i], service, hints, &last)) != 0)
                        return r;
                last->ai_next = i > 0 ? *ret : NULL;
                *ret = last;
        }
        return 0;
}

/* A server at one address that takes connections and answers every read with the same words. */
typedef struct World {
        sd_event *event;
        sd_event_source *accepting;
        sd_event_source *reading[64];
        RedisUrl url;
        RedisLink *link;
        int listener;
        const char *words;
        unsigned accepted, ups, downs, farewells;
        char *error; /* of the last down */
} World;

static void on_up(void *userdata) {
        World *w = userdata;

        w->ups++;
}

static void on_down(void *userdata, const char *error) {
        World *w = userdata;

        w->downs++;
        REPLACE_PTR(w->error, xstrdup(error));
}

static void count_replies(void *userdata, redisReply *reply) {
        unsigned *replies = userdata;

        *replies += reply != NULL;
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        World *w = userdata;
        char bytes[4096];

        (void)events;
        ssize_t size = recv(fd, bytes, sizeof bytes, 0);
        w->farewells += size > 0 && memmem(bytes, (size_t)size, "farewell", 8) != NULL;
        if (size <= 0 || send(fd, w->words, strlen(w->words), MSG_NOSIGNAL) <= 0)
                (void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
        return 0;
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        World *w = userdata;
        int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        sd_event_source **reading = &w->reading[w->accepted];

        (void)source, (void)events;
        ck_assert_int_ge(connection, 0);
        ck_assert_uint_lt(++w->accepted, sizeof w->reading / sizeof *w->reading);
        ck_assert_int_ge(sd_event_add_io(w->event, reading, connection, EPOLLIN, on_readable, w), 0);
        ck_assert_int_ge(sd_event_source_set_io_fd_own(*reading, true), 0);
        return 0;
}

static void set_up(World *w, const char *host, const char *words) {
        struct sockaddr_in address = { .sin_family = AF_INET };
        socklen_t size = sizeof address;

        *w = (World){ .words = words };
        (void)signal(SIGPIPE, SIG_IGN);
        ck_assert_int_eq(inet_pton(AF_INET, "127.0.0.2", &address.sin_addr), 1);
        w->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(bind(w->listener, (struct sockaddr *)&address, size), 0);
        ck_assert_int_eq(getsockname(w->listener, (struct sockaddr *)&address, &size), 0);
        ck_assert_int_eq(listen(w->listener, 16), 0);
        ck_assert_int_ge(sd_event_new(&w->event), 0);
        ck_assert_int_ge(sd_event_add_io(w->event, &w->accepting, w->listener, EPOLLIN, on_connection, w), 0);
        w->url.place.host = xstrdup(host);
        w->url.place.port = ntohs(address.sin_port);
        redis_link_new(&w->link, w->event, &w->url,
                       (RedisLinkHandlers){ .up = on_up, .down = on_down, .userdata = w });
}

static void tear_down(World *w) {
        w->link = redis_link_free(w->link);
        for (size_t i = 0; i < sizeof w->reading / sizeof *w->reading; i++)
                w->reading[i] = sd_event_source_disable_unref(w->reading[i]);
        w->accepting = sd_event_source_disable_unref(w->accepting);
        w->event = sd_event_unref(w->event);
        closep(&w->listener);
        free(w->url.place.host);
        free(w->url.password);
        free(w->error);
}

static void run_until(World *w, const unsigned *count, unsigned wanted) {
        uint64_t limit = now_usec() + STEP_SECONDS * UINT64_C(1000000);

        while (*count < wanted) {
                ck_assert_msg(now_usec() < limit, "it did not become true in time");
                ck_assert_int_ge(sd_event_run(w->event, 100 * 1000), 0);
        }
}

START_TEST(every_address_of_a_name_is_tried_before_it_counts_as_down) {
        World w;

        set_up(&w, "redis.example", "+OK\r\n");
        run_until(&w, &w.ups, 1);
        ck_assert_uint_eq(w.downs, 0);
        ck_assert(redis_link_is_up(w.link));
        tear_down(&w);
}
END_TEST

START_TEST(the_address_that_answered_is_the_first_to_be_tried_again) {
        World w;

        set_up(&w, "redis.example", "+OK\r\n");
        run_until(&w, &w.ups, 1);
        redis_link_drop(w.link, "for a test");
        run_until(&w, &w.ups, 2);
        ck_assert_uint_eq(w.downs, 1);
        ck_assert_str_eq(w.error, "for a test");
        tear_down(&w);
}
END_TEST

START_TEST(where_no_address_answers_it_is_down_once_a_try) {
        World w;

        set_up(&w, "redis.example", "+OK\r\n");
        w.accepting = sd_event_source_disable_unref(w.accepting);
        closep(&w.listener);
        w.listener = -1;
        run_until(&w, &w.downs, 2);
        ck_assert_str_eq(w.error, "Connection refused");
        ck_assert_uint_eq(w.ups, 0);
        tear_down(&w);
}
END_TEST

START_TEST(what_is_no_redis_is_down) {
        World w;

        set_up(&w, "127.0.0.2", "HTTP/1.1 400 Bad Request\r\n\r\n");
        run_until(&w, &w.downs, 2);
        ck_assert_uint_eq(w.ups, 0);
        ck_assert_ptr_nonnull(strstr(w.error, "Protocol error"));
        ck_assert_ptr_nonnull(strstr(w.error, "what listens there is no Redis"));
        tear_down(&w);
}
END_TEST

START_TEST(a_refused_password_is_down_even_where_the_rest_is_taken) {
        World w;

        set_up(&w, "127.0.0.2", "-ERR AUTH called without any password configured\r\n+OK\r\n");
        w.url.password = xstrdup("secret");
        run_until(&w, &w.downs, 2);
        ck_assert_uint_eq(w.ups, 0);
        ck_assert_str_eq(w.error, "ERR AUTH called without any password configured; this Redis has no password: leave "
                                  "out --redis-password-file, or set requirepass there");
        tear_down(&w);
}
END_TEST

START_TEST(no_refusal_brings_a_password_to_light) {
        World w;

        set_up(&w, "127.0.0.2", "-NOPERM no key\r\n+OK\r\n");
        w.url.password = xstrdup("correct horse");
        run_until(&w, &w.downs, 1);
        ck_assert_ptr_nonnull(strstr(w.error, "auth"));
        ck_assert_ptr_null(strstr(w.error, "correct horse"));
        tear_down(&w);
}
END_TEST

START_TEST(a_refusal_of_the_server_itself_ends_the_connection_whoever_asked) {
        static const struct {
                const char *words, *said;
        } cases[] = {
                { "-READONLY You can't write against a read only replica.\r\n",
                  "that is a replica: name the primary" },
                { "-LOADING Redis is loading the dataset in memory\r\n", "Redis reads its file" },
                { "-MASTERDOWN Link with MASTER is down\r\n", "lost its primary" },
                { "-NOAUTH Authentication required.\r\n", "Redis wants a password" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                World w;
                set_up(&w, "127.0.0.2", "+OK\r\n");
                run_until(&w, &w.ups, 1);
                w.words = cases[i].words;
                redis_link_call(w.link, NULL, NULL, "SET", "key", "value", NULL);
                run_until(&w, &w.downs, 1);
                ck_assert_msg(strstr(w.error, cases[i].said), "%s", w.error);
                tear_down(&w);
        }
}
END_TEST

START_TEST(a_refusal_of_one_command_ends_nothing) {
        unsigned ends = 0;
        World w;

        set_up(&w, "127.0.0.2", "+OK\r\n");
        run_until(&w, &w.ups, 1);
        w.words = "-OOM command not allowed\r\n";
        redis_link_call(w.link, count_replies, &ends, "SET", "key", "value", NULL);
        run_until(&w, &ends, 1);
        ck_assert(redis_link_is_up(w.link));
        tear_down(&w);
}
END_TEST

/* Down and freed in every state, with commands under way: each has its call. */
static void count_ends(void *userdata, redisReply *reply) {
        unsigned *ends = userdata;

        *ends += reply == NULL;
}

START_TEST(a_command_that_gets_no_reply_has_its_call) {
        unsigned ends = 0;
        World w;

        set_up(&w, "127.0.0.2", "+OK\r\n");
        redis_link_call(w.link, count_ends, &ends, "PING", NULL); /* not up yet */
        ck_assert_uint_eq(ends, 1);
        run_until(&w, &w.ups, 1);
        redis_link_call(w.link, count_ends, &ends, "PING", NULL);
        redis_link_drop(w.link, "for a test");
        redis_link_call(w.link, count_ends, &ends, "PING", NULL);
        ck_assert_uint_eq(ends, 2);
        run_until(&w, &w.downs, 1);
        ck_assert_uint_eq(ends, 3);
        run_until(&w, &w.ups, 2);
        redis_link_call(w.link, count_ends, &ends, "PING", NULL);
        tear_down(&w);
        ck_assert_uint_eq(ends, 4);
}
END_TEST

START_TEST(last_words_reach_the_server_though_the_link_is_freed_at_once) {
        World w;

        set_up(&w, "127.0.0.2", "+OK\r\n");
        redis_link_finish(w.link, 50); /* not up yet: there is nothing to be sent */
        run_until(&w, &w.ups, 1);
        redis_link_call(w.link, NULL, NULL, "ECHO", "farewell", NULL);
        redis_link_finish(w.link, 50); /* this server cannot reply meanwhile */
        w.link = redis_link_free(w.link);
        run_until(&w, &w.farewells, 1);
        tear_down(&w);
}
END_TEST

TEST_MAIN("redis-link", no_refusal_brings_a_password_to_light,
          a_refusal_of_the_server_itself_ends_the_connection_whoever_asked, a_refusal_of_one_command_ends_nothing,
          every_address_of_a_name_is_tried_before_it_counts_as_down,
          the_address_that_answered_is_the_first_to_be_tried_again, where_no_address_answers_it_is_down_once_a_try,
          what_is_no_redis_is_down, a_refused_password_is_down_even_where_the_rest_is_taken,
          a_command_that_gets_no_reply_has_its_call, last_words_reach_the_server_though_the_link_is_freed_at_once)
