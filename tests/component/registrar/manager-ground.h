/* A manager between an Engine that says what a test wrote down and a real Redis. */
#pragma once

#include "common/timer.h"
#include "registrar/manager.h"
#include "tests/component/redis-server.h"
#include "tests/unit/check-main.h"
#include "tests/unit/registrar/scripted-engine.h"

#include <signal.h>

enum { STEP_SECONDS = 30 }; /* for anything to become true */

#define ID(digit) "000000000000000000000000000000000000000000000000000000000000000" digit
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define JSON "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define LISTED(digit, name)                                                                                           \
        "{\"Id\":\"" ID(digit) "\",\"Names\":[\"/" name "\"],\"State\":\"running\",\"Status\":\"Up 1 s\"}"
#define INSPECTED(digit, name, variable)                                                                              \
        JSON "{\"Id\":\"" ID(                                                                                         \
                digit) "\",\"Name\":\"/" name                                                                         \
                       "\",\"State\":{\"Status\":\"running\",\"Running\":true},\"Config\":{\"Env\":[\"" variable      \
                       "\"]},\"NetworkSettings\":{\"Networks\":{\"bridge\":{\"IPAddress\":\"172.17.0.2\"}}}}"

typedef struct World {
        RedisServer server;
        redisContext *redis;
        Engine *engine;
        sd_event *event;
        Manager *manager;
} World;

static inline void set_up(World *w, Answer *answers) {
        *w = (World){ 0 };
        (void)signal(SIGPIPE, SIG_IGN);
        redis_server_start(&w->server);
        w->redis = redis_server_connect(&w->server);
        w->engine = engine_new(answers);
        ck_assert_int_ge(sd_event_new(&w->event), 0);
}

/* Further arguments are separated by "|". */
static inline void start(World *w, const char *arguments) {
        _cleanup_free_ char *redis = xasprintf("--redis-url=unix://%s", w->server.socket);
        _cleanup_free_ char *docker = xasprintf("--docker-url=%s", w->engine->unix_url), *message = NULL;
        _cleanup_string_list_ StringList argv = { 0 };
        Settings *settings = NULL;

        string_list_add(&argv, "beachhead-registrar");
        string_list_add(&argv, redis);
        string_list_add(&argv, docker);
        string_list_add(&argv, "--machine-id=m1");
        string_list_add(&argv, "--services-dir=");
        for (const char *cursor = arguments; *cursor;)
                string_list_take(&argv, next_word(&cursor, "|"));
        ck_assert_int_eq(settings_read(&settings, (int)argv.count, argv.items, &message), 0);
        ck_assert_int_eq(manager_new(&w->manager, w->event, NULL, settings, &message), 0);
        manager_start(w->manager, NULL);
}

static inline void tear_down(World *w) {
        w->manager = manager_free(w->manager);
        w->event = sd_event_unref(w->event);
        if (w->engine)
                w->engine = engine_free(w->engine);
        redisFree(w->redis);
        redis_server_stop(&w->server);
}

static inline bool exists(World *w, const char *key) {
        redisReply *reply = redisCommand(w->redis, "EXISTS %s", key);

        ck_assert_ptr_nonnull(reply);
        bool there = reply->integer > 0;
        freeReplyObject(reply);
        return there;
}

static inline void run_for(World *w, uint64_t usec) {
        for (uint64_t end = now_usec() + usec; now_usec() < end;)
                ck_assert_int_ge(sd_event_run(w->event, 10 * 1000), 0);
}

static inline void run_until_there(World *w, const char *key) {
        uint64_t limit = now_usec() + STEP_SECONDS * UINT64_C(1000000);

        while (!exists(w, key)) {
                ck_assert_msg(now_usec() < limit, "%s does not come", key);
                ck_assert_int_ge(sd_event_run(w->event, 10 * 1000), 0);
        }
}

static inline int exit_status(World *w) {
        return sd_event_loop(w->event);
}
