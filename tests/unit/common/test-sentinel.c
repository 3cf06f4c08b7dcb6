/* A link finds the master through sentinels that are down, hang, lie, know nothing, and goes where they send it. */
#include "common/redis-link.h"
#include "common/text.h"
#include "common/timer.h"
#include "tests/unit/check-main.h"

#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

enum { STEP_SECONDS = 30, CONNECTIONS_MAX = 64 };

typedef struct World World;

/* Takes connections and answers every read with the same words; NULL: with nothing at all. */
typedef struct Server {
        World *world;
        const char *words;
        int listener;
        uint16_t port;
        unsigned asked;
        sd_event_source *accepting, *reading[CONNECTIONS_MAX];
        size_t n_reading;
} Server;

struct World {
        sd_event *event;
        Server sentinels[3], masters[2];
        char *places[2]; /* what a sentinel says that names that master */
        RedisPlace named[3];
        RedisUrl url;
        RedisLink *link;
        unsigned ups, downs, unwatched;
        char *error;         /* of the last down */
        const char *awaited; /* words of one … */
        unsigned seen;       /* … that were there so often */
};

static const char *const is_master = "+OK\r\n*1\r\n$6\r\nmaster\r\n";
static const char *const is_replica = "+OK\r\n*1\r\n$5\r\nslave\r\n";

static void on_up(void *userdata) {
        World *w = userdata;

        w->ups++;
}

static void on_down(void *userdata, const char *error) {
        World *w = userdata;

        w->downs++;
        w->seen += w->awaited && strstr(error, w->awaited);
        REPLACE_PTR(w->error, xstrdup(error));
}

static void on_unwatched(void *userdata, const char *error) {
        World *w = userdata;

        ck_assert_ptr_nonnull(strstr(error, "sentinel 127.0.0.1:"));
        w->unwatched++;
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Server *s = userdata;
        char bytes[4096];

        (void)events;
        s->asked++;
        if (recv(fd, bytes, sizeof bytes, 0) <= 0 ||
            (s->words && send(fd, s->words, strlen(s->words), MSG_NOSIGNAL) <= 0))
                (void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
        return 0;
}

static int on_connection(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Server *s = userdata;
        int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        sd_event_source **reading = &s->reading[s->n_reading++];

        (void)source, (void)events;
        ck_assert_int_ge(connection, 0);
        ck_assert_uint_lt(s->n_reading, CONNECTIONS_MAX);
        ck_assert_int_ge(sd_event_add_io(s->world->event, reading, connection, EPOLLIN, on_readable, s), 0);
        ck_assert_int_ge(sd_event_source_set_io_fd_own(*reading, true), 0);
        return 0;
}

static void start_server(World *w, Server *s) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof address;

        s->world = w;
        s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(bind(s->listener, (struct sockaddr *)&address, size), 0);
        ck_assert_int_eq(getsockname(s->listener, (struct sockaddr *)&address, &size), 0);
        ck_assert_int_eq(listen(s->listener, 16), 0);
        ck_assert_int_ge(sd_event_add_io(w->event, &s->accepting, s->listener, EPOLLIN, on_connection, s), 0);
        s->port = ntohs(address.sin_port);
}

static void hang_up(Server *s) {
        for (size_t i = 0; i < s->n_reading; i++)
                s->reading[i] = sd_event_source_disable_unref(s->reading[i]);
        s->n_reading = 0;
}

static void stop_server(Server *s) {
        hang_up(s);
        s->accepting = sd_event_source_disable_unref(s->accepting);
        closep(&s->listener);
        s->listener = -1;
}

/* Three sentinels that name the first master, and two masters. */
static void set_up(World *w) {
        *w = (World){ .url = { .master = (char *)"main", .sentinels = w->named, .n_sentinels = 3 } };
        (void)signal(SIGPIPE, SIG_IGN);
        ck_assert_int_ge(sd_event_new(&w->event), 0);
        for (size_t i = 0; i < 2; i++) {
                start_server(w, &w->masters[i]);
                w->masters[i].words = is_master;
                w->places[i] = xasprintf("*2\r\n$9\r\n127.0.0.1\r\n$5\r\n%05u\r\n", w->masters[i].port);
        }
        for (size_t i = 0; i < 3; i++) {
                start_server(w, &w->sentinels[i]);
                w->sentinels[i].words = w->places[0];
                w->named[i] = (RedisPlace){ .host = (char *)"127.0.0.1", .port = w->sentinels[i].port };
        }
}

static void start_link(World *w) {
        redis_link_new(&w->link, w->event, &w->url,
                       (RedisLinkHandlers){ .up = on_up, .down = on_down, .unwatched = on_unwatched, .userdata = w });
}

static void tear_down(World *w) {
        w->link = redis_link_free(w->link);
        for (size_t i = 0; i < 2; i++) {
                stop_server(&w->masters[i]);
                free(w->places[i]);
        }
        for (size_t i = 0; i < 3; i++)
                stop_server(&w->sentinels[i]);
        w->event = sd_event_unref(w->event);
        free(w->error);
}

static void run_until(World *w, const unsigned *count, unsigned wanted) {
        uint64_t limit = now_usec() + STEP_SECONDS * UINT64_C(1000000);

        while (*count < wanted) {
                ck_assert_msg(now_usec() < limit, "it did not become true in time; the last was: %s",
                              w->error ? w->error : "-");
                ck_assert_int_ge(sd_event_run(w->event, 100 * 1000), 0);
        }
}

static void check_is_at(const World *w, size_t master) {
        _cleanup_free_ char *described = redis_link_describe(w->link);
        _cleanup_free_ char *place = xasprintf("/main/0, now at 127.0.0.1:%u", w->masters[master].port);

        ck_assert(redis_link_is_up(w->link));
        ck_assert_msg(has_suffix(described, place), "%s", described);
}

static void run_until_error(World *w, const char *words) {
        w->awaited = words;
        w->seen = 0;
        run_until(w, &w->seen, 1);
}

START_TEST(the_master_is_found_though_sentinels_are_down_or_hang) {
        World w;

        set_up(&w);
        stop_server(&w.sentinels[0]);
        w.sentinels[1].words = NULL;
        start_link(&w);
        run_until(&w, &w.ups, 1);
        check_is_at(&w, 0);
        ck_assert_uint_eq(w.downs, 0);
        run_until(&w, &w.sentinels[2].asked, 3);
        ck_assert_uint_eq(w.sentinels[1].n_reading, 1); /* the one that answered is asked from now on */
        tear_down(&w);
}
END_TEST

START_TEST(sentinels_that_are_of_no_use_are_passed_over) {
        static const char *const useless[] = {
                "*-1\r\n",
                "-NOAUTH Authentication required.\r\n",
                "+OK\r\n",
                "HTTP/1.1 400 Bad Request\r\n\r\n",
                "*2\r\n:1\r\n:2\r\n",
                "*2\r\n$3\r\na b\r\n$4\r\n6379\r\n",
                "*0\r\n",
                "*2\r\n$9\r\n127.0.0.1\r\n$5\r\n65536\r\n",
        };

        for (size_t i = 0; i < sizeof useless / sizeof *useless; i++) {
                World w;
                set_up(&w);
                w.sentinels[0].words = useless[i];
                w.sentinels[1].words = useless[i];
                start_link(&w);
                run_until(&w, &w.ups, 1);
                check_is_at(&w, 0);
                ck_assert_uint_eq(w.downs, 0);
                tear_down(&w);
        }
}
END_TEST

START_TEST(of_each_sentinel_it_is_said_why_it_is_of_no_use) {
        static const char *const said[] = {
                "it watches no master named main: compare the name in --redis-url",
                "NOAUTH Authentication required; this sentinel wants a password: --redis-sentinel-password-file",
                "it says that the master is at \"a b\", which is no place",
        };
        World w;

        set_up(&w);
        w.sentinels[0].words = "*-1\r\n";
        w.sentinels[1].words = "-NOAUTH Authentication required.\r\n";
        w.sentinels[2].words = "*2\r\n$3\r\na b\r\n$4\r\n6379\r\n";
        start_link(&w);
        run_until(&w, &w.downs, 2);
        for (size_t i = 0; i < 3; i++)
                ck_assert_msg(strstr(w.error, said[i]), "%s", w.error);
        ck_assert_uint_eq(w.ups, 0);
        ck_assert_uint_eq(w.masters[0].asked, 0);
        tear_down(&w);
}
END_TEST

START_TEST(what_says_that_it_is_no_master_is_left_for_what_another_sentinel_names) {
        World w;

        set_up(&w);
        w.masters[0].words = is_replica;
        w.sentinels[2].words = w.places[1];
        start_link(&w);
        run_until_error(&w, "the sentinels name it as the master, but its role is slave");
        run_until(&w, &w.ups, 1);
        check_is_at(&w, 1);
        tear_down(&w);
}
END_TEST

START_TEST(another_master_is_followed_though_the_old_one_hangs) {
        World w;

        set_up(&w);
        start_link(&w);
        run_until(&w, &w.ups, 1);
        w.masters[0].words = NULL;
        for (size_t i = 0; i < 3; i++)
                w.sentinels[i].words = w.places[1];
        run_until_error(&w, "the sentinels have made 127.0.0.1:");
        run_until(&w, &w.ups, 2);
        check_is_at(&w, 1);
        tear_down(&w);
}
END_TEST

START_TEST(another_master_is_followed_from_one_that_never_answered) {
        World w;

        set_up(&w);
        w.masters[0].words = NULL;
        start_link(&w);
        run_until(&w, &w.masters[0].asked, 1);
        for (size_t i = 0; i < 3; i++)
                w.sentinels[i].words = w.places[1];
        run_until(&w, &w.ups, 1);
        check_is_at(&w, 1);
        tear_down(&w);
}
END_TEST

START_TEST(a_master_that_is_lost_without_another_one_is_tried_again) {
        World w;

        set_up(&w);
        start_link(&w);
        run_until(&w, &w.ups, 1);
        hang_up(&w.masters[0]);
        run_until_error(&w, "(at 127.0.0.1:");
        run_until(&w, &w.ups, 2);
        check_is_at(&w, 0);
        tear_down(&w);
}
END_TEST

START_TEST(sentinels_that_fall_silent_end_no_connection_and_are_told_once) {
        World w;

        set_up(&w);
        start_link(&w);
        run_until(&w, &w.ups, 1);
        for (size_t i = 0; i < 3; i++)
                w.sentinels[i].words = "-ERR no\r\n";
        run_until(&w, &w.unwatched, 1);
        run_until(&w, &w.sentinels[2].asked, w.sentinels[2].asked + 3);
        ck_assert_uint_eq(w.unwatched, 1);
        ck_assert_uint_eq(w.downs, 0);
        check_is_at(&w, 0);
        for (size_t i = 0; i < 3; i++)
                w.sentinels[i].words = w.places[1];
        run_until(&w, &w.ups, 2);
        check_is_at(&w, 1);
        tear_down(&w);
}
END_TEST

TEST_MAIN("sentinel", the_master_is_found_though_sentinels_are_down_or_hang,
          sentinels_that_are_of_no_use_are_passed_over, of_each_sentinel_it_is_said_why_it_is_of_no_use,
          what_says_that_it_is_no_master_is_left_for_what_another_sentinel_names,
          another_master_is_followed_though_the_old_one_hangs, another_master_is_followed_from_one_that_never_answered,
          a_master_that_is_lost_without_another_one_is_tried_again,
          sentinels_that_fall_silent_end_no_connection_and_are_told_once)
