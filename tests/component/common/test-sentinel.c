/* A link follows real sentinels through failovers: one primary, one replica, three sentinels. */
#include "common/redis-link.h"
#include "common/text.h"
#include "tests/unit/check-main.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NODES = 2, SENTINELS = 3, STEP_SECONDS = 60, CHECK_MSEC = 50 };

typedef struct Ground {
        char directory[32];
        unsigned ports[NODES + SENTINELS]; /* nodes first */
        pid_t pids[NODES + SENTINELS];
        sd_event *event;
        RedisUrl *url;
        RedisLink *link;
        unsigned ups, downs;
        bool answered;
} Ground;

/* A port that was free a moment ago. */
static unsigned free_port(void) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof address;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
        (void)close(fd);
        return ntohs(address.sin_port);
}

/* The reply to one command as text, owned by the caller; NULL: there is none, or an error. */
static char *ask(unsigned port, const char *command) {
        redisContext *c = redisConnectWithTimeout("127.0.0.1", (int)port, (struct timeval){ .tv_usec = 200 * 1000 });
        redisReply *reply = NULL;
        char *text = NULL;

        if (c && !c->err && redisSetTimeout(c, (struct timeval){ .tv_usec = 200 * 1000 }) == REDIS_OK)
                reply = redisCommand(c, command);
        const redisReply *last = reply;
        if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2)
                last = reply->element[1]; /* a place: its port */
        if (last && last->type != REDIS_REPLY_ERROR)
                text = xstrdup(last->str ? last->str : "");
        if (reply)
                freeReplyObject(reply);
        redisFree(c);
        return text;
}

static void wait_for(unsigned port, const char *command, const char *words) {
        for (int i = 0; i < STEP_SECONDS * 1000 / CHECK_MSEC; i++) {
                _cleanup_free_ char *reply = ask(port, command);
                if (reply && strstr(reply, words))
                        return;
                (void)usleep(CHECK_MSEC * 1000);
        }
        ck_abort_msg("%u does not answer %s with %s", port, command, words);
}

static void launch(Ground *g, size_t i, char *const *words) {
        g->pids[i] = fork();
        ck_assert_int_ge(g->pids[i], 0);
        if (g->pids[i] > 0)
                return;
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (freopen("/dev/null", "w", stdout))
                (void)execvp(words[0], words);
        _exit(127);
}

static void launch_node(Ground *g, size_t i) {
        _cleanup_free_ char *port = xasprintf("%u", g->ports[i]), *primary = xasprintf("%u", g->ports[0]);
        char *words[] = { "redis-server",
                          "--port",
                          port,
                          "--save",
                          "",
                          "--repl-diskless-sync-delay",
                          "0",
                          "--dir",
                          g->directory,
                          i > 0 ? "--replicaof" : NULL,
                          "127.0.0.1",
                          primary,
                          NULL };

        launch(g, i, words);
}

/* They know each other from the start. */
static void launch_sentinel(Ground *g, size_t i) {
        _cleanup_free_ char *path = xasprintf("%s/sentinel%zu.conf", g->directory, i);
        FILE *conf = fopen(path, "we");

        ck_assert_ptr_nonnull(conf);
        (void)fprintf(conf,
                      "port %u\ndir %s\nsentinel myid %040zu\nsentinel monitor main 127.0.0.1 %u 2\n"
                      "sentinel down-after-milliseconds main 300\nsentinel failover-timeout main 2000\n"
                      "sentinel known-replica main 127.0.0.1 %u\n",
                      g->ports[i], g->directory, i, g->ports[0], g->ports[1]);
        for (size_t other = NODES; other < NODES + SENTINELS; other++)
                if (other != i)
                        (void)fprintf(conf, "sentinel known-sentinel main 127.0.0.1 %u %040zu\n", g->ports[other],
                                      other);
        ck_assert_int_eq(fclose(conf), 0);
        launch(g, i, (char *[]){ "redis-server", path, "--sentinel", NULL });
}

static void on_up(void *userdata) {
        Ground *g = userdata;

        g->ups++;
}

static void on_down(void *userdata, const char *error) {
        Ground *g = userdata;

        (void)error;
        g->downs++;
}

static void set_up(Ground *g) {
        _cleanup_free_ char *message = NULL, *text = NULL;

        *g = (Ground){ .directory = "/tmp/beachhead-test.XXXXXX" };
        ck_assert_ptr_nonnull(mkdtemp(g->directory));
        for (size_t i = 0; i < NODES + SENTINELS; i++)
                g->ports[i] = free_port();
        for (size_t i = 0; i < NODES; i++)
                launch_node(g, i);
        wait_for(g->ports[1], "INFO replication", "master_link_status:up");
        for (size_t i = NODES; i < NODES + SENTINELS; i++)
                launch_sentinel(g, i);
        for (size_t i = NODES; i < NODES + SENTINELS; i++)
                wait_for(g->ports[i], "SENTINEL CKQUORUM main", "OK 3 usable");
        text = xasprintf("redis-sentinel://127.0.0.1:%u,localhost:%u,127.0.0.1:%u/main/3", g->ports[2], g->ports[3],
                         g->ports[4]);
        ck_assert_int_eq(redis_url_parse(text, &g->url, &message), 0);
        ck_assert_int_ge(sd_event_new(&g->event), 0);
        redis_link_new(&g->link, g->event, g->url, (RedisLinkHandlers){ .up = on_up, .down = on_down, .userdata = g });
}

static void tear_down(Ground *g) {
        DIR *files = opendir(g->directory);

        g->link = redis_link_free(g->link);
        g->url = redis_url_free(g->url);
        g->event = sd_event_unref(g->event);
        for (size_t i = 0; i < NODES + SENTINELS; i++) {
                (void)kill(g->pids[i], SIGKILL);
                (void)waitpid(g->pids[i], NULL, 0);
        }
        for (const struct dirent *file; (file = readdir(files));)
                (void)unlinkat(dirfd(files), file->d_name, 0);
        (void)closedir(files);
        ck_assert_int_eq(rmdir(g->directory), 0);
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source, (void)usec, (void)userdata;
        ck_abort_msg("it did not become true in time");
        return 0;
}

static void run_until_up_at(Ground *g, size_t node) {
        _cleanup_free_ char *place = xasprintf("/main/3, now at 127.0.0.1:%u", g->ports[node]);
        sd_event_source *limit = NULL;

        ck_assert_int_ge(sd_event_add_time_relative(g->event, &limit, CLOCK_MONOTONIC, STEP_SECONDS * 1000000ULL, 0,
                                                    on_timeout, g),
                         0);
        for (bool there = false; !there;) {
                ck_assert_int_ge(sd_event_run(g->event, UINT64_MAX), 0);
                _cleanup_free_ char *described = redis_link_describe(g->link);
                there = redis_link_is_up(g->link) && has_suffix(described, place);
        }
        limit = sd_event_source_disable_unref(limit);
}

static void on_written(void *userdata, redisReply *reply) {
        Ground *g = userdata;

        ck_assert_msg(reply && reply->type == REDIS_REPLY_STATUS, "%s", reply ? reply->str : "the link went down");
        g->answered = true;
}

static void check_takes_writes(Ground *g) {
        g->answered = false;
        redis_link_call(g->link, on_written, g, "SET", "key", "value", NULL);
        while (!g->answered)
                ck_assert_int_ge(sd_event_run(g->event, UINT64_MAX), 0);
}

static void fail_over(Ground *g) {
        wait_for(g->ports[NODES], "SENTINEL FAILOVER main", "OK");
}

static void kill_primary(Ground *g) {
        (void)kill(g->pids[0], SIGKILL);
}

static void freeze_primary(Ground *g) {
        (void)kill(g->pids[0], SIGSTOP);
}

START_TEST(whatever_becomes_of_the_primary_its_replica_is_found) {
        static void (*const faults[])(Ground * g) = { fail_over, kill_primary, freeze_primary };

        for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
                Ground g;
                set_up(&g);
                run_until_up_at(&g, 0);
                check_takes_writes(&g);
                ck_assert_uint_eq(g.downs, 0);
                faults[i](&g);
                run_until_up_at(&g, 1);
                check_takes_writes(&g);
                ck_assert_uint_ge(g.downs, 1);
                tear_down(&g);
        }
}
END_TEST

START_TEST(a_host_that_takes_a_sentinel_and_the_primary_with_it_is_left) {
        Ground g;

        set_up(&g);
        run_until_up_at(&g, 0);
        (void)kill(g.pids[NODES], SIGSTOP);
        freeze_primary(&g);
        run_until_up_at(&g, 1);
        check_takes_writes(&g);
        tear_down(&g);
}
END_TEST

TEST_MAIN("sentinel", whatever_becomes_of_the_primary_its_replica_is_found,
          a_host_that_takes_a_sentinel_and_the_primary_with_it_is_left)
