/* A private Redis for a component test: a real redis-server on a unix socket in a directory of its own. */
#pragma once

#include "common/memory.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

enum { REDIS_SERVER_OPTIONS = 16 };

typedef struct RedisServer {
        char directory[32];
        char *socket;
        const char *options[REDIS_SERVER_OPTIONS]; /* further words of its command line, borrowed */
        pid_t pid;
} RedisServer;

static inline redisContext *redis_server_connect(const RedisServer *server) {
        redisContext *c = redisConnectUnix(server->socket);

        ck_assert_ptr_nonnull(c);
        return c;
}

/* Starts the process and waits until it answers. */
static inline void redis_server_launch(RedisServer *server) {
        const char *words[16 + REDIS_SERVER_OPTIONS] = {
                "redis-server", "--port", "0",     "--unixsocket",    server->socket, "--save",    "",
                "--appendonly", "no",     "--dir", server->directory, "--logfile",    "redis.log",
        };
        size_t own = 0;
        bool answers = false;

        while (words[own])
                own++;
        memcpy(words + own, server->options, sizeof server->options);
        server->pid = fork();
        ck_assert_int_ge(server->pid, 0);
        if (server->pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                (void)execvp(words[0], (char *const *)words);
                _exit(127);
        }
        for (int i = 0; i < 1000 && !answers; i++) {
                redisContext *c = redisConnectUnix(server->socket);
                redisReply *pong = c && !c->err ? redisCommand(c, "PING") : NULL;
                answers = pong && pong->type == REDIS_REPLY_STATUS;
                if (pong)
                        freeReplyObject(pong);
                redisFree(c);
                if (!answers)
                        (void)nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
        }
        ck_assert_msg(answers, "redis-server does not start");
}

static inline void redis_server_start(RedisServer *server) {
        (void)snprintf(server->directory, sizeof server->directory, "/tmp/beachhead-test.XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(server->directory));
        server->socket = xasprintf("%s/redis.sock", server->directory);
        redis_server_launch(server);
}

static inline void redis_server_kill(RedisServer *server) {
        pid_t ended;

        (void)kill(server->pid, SIGKILL);
        do
                ended = waitpid(server->pid, NULL, 0);
        while (ended < 0 && errno == EINTR); /* until it has ended it may write its log once more */
        ck_assert_int_eq(ended, server->pid);
}

/* Its socket, its log, and whatever else it left. */
static inline void redis_server_remove_files(const RedisServer *server) {
        DIR *files = opendir(server->directory);

        ck_assert_msg(files != NULL, "%s: %s", server->directory, strerror(errno));
        for (const struct dirent *file; (file = readdir(files));)
                (void)unlinkat(dirfd(files), file->d_name, 0);
        (void)closedir(files);
}

static inline void redis_server_stop(RedisServer *server) {
        redis_server_kill(server);
        redis_server_remove_files(server);
        ck_assert_msg(rmdir(server->directory) == 0, "%s: %s", server->directory, strerror(errno));
        free(server->socket);
}

/* One command, whose reply must not be an error. */
static inline void redis_server_run(redisContext *c, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        redisReply *reply = redisvCommand(c, format, arguments);
        va_end(arguments);
        ck_assert_msg(reply && reply->type != REDIS_REPLY_ERROR, "%s: %s", format, reply ? reply->str : c->errstr);
        freeReplyObject(reply);
}
