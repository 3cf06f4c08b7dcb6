/* A connection to Redis that comes back by itself.
 *
 *   waiting ──backoff, and where the master is is known──► opening ──► greeting (SELECT, ROLE) ──► up
 *      ▲──────────── any failure, any drop, another master according to the sentinels ─────────────┘
 */
#include "common/redis-link.h"

#include "common/backoff.h"
#include "common/sentinel.h"
#include "common/text.h"
#include "common/timer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
        CALL_WORDS_MAX = 10,
        RETRY_FIRST_USEC = 100 * 1000,
        RETRY_LIMIT_USEC = 5 * 1000 * 1000, /* also: a connection that lived that long was a good one */
};

struct RedisLink {
        sd_event *event;
        const RedisUrl *url;
        RedisLinkHandlers handlers;
        RedisConnection *connection;
        Sentinel *sentinel;     /* NULL: the URL says where Redis is */
        RedisPlace master;      /* as they said last; no host: not known yet */
        bool unwatched;         /* they do not answer */
        sd_event_source *retry; /* when to try again */
        Backoff backoff;
        bool trying, up;
        uint64_t up_usec; /* since when */
};

static int on_retry(sd_event_source *timer, uint64_t usec, void *userdata);

bool redis_link_is_up(const RedisLink *l) {
        return l->up && redis_connection_is_open(l->connection);
}

char *redis_link_describe(const RedisLink *l) {
        char *url = redis_url_describe(l->url);

        if (!l->master.host)
                return url;
        _cleanup_free_ char *place = redis_place_describe(&l->master);
        char *described = xasprintf("%s, now at %s", url, place);
        free(url);
        return described;
}

/* ---- the end of a connection ---- */

/* A server that takes connections and then refuses what it is asked is not asked again at once. */
static void link_failed(RedisLink *l, const char *why) {
        _cleanup_free_ char *error = NULL, *place = l->master.host ? redis_place_describe(&l->master) : NULL;

        error = place ? xasprintf("%s (at %s)", why, place) : xstrdup(why); /* `why` may lie in what is freed now */
        if (l->up && now_usec() - l->up_usec >= RETRY_LIMIT_USEC)
                backoff_reset(&l->backoff);
        l->up = l->trying = false;
        redis_connection_close(l->connection);
        timer_arm(&l->retry, l->event, backoff_next(&l->backoff), on_retry, l);
        l->handlers.down(l->handlers.userdata, error);
}

static void on_ended(void *userdata, const char *error) {
        link_failed(userdata, error);
}

void redis_link_drop(RedisLink *l, const char *reason) {
        redis_connection_drop(l->connection, reason);
}

char *redis_link_explain(const RedisLink *l, const redisReply *reply) {
        return redis_connection_explain(l->connection, reply);
}

void redis_link_drop_for(RedisLink *l, const redisReply *reply) {
        _cleanup_free_ char *reason = redis_link_explain(l, reply);

        redis_link_drop(l, reason);
}

/* ---- commands ---- */

void redis_link_send(RedisLink *l, RedisReplyFunc *done, void *userdata, size_t argc, const char *const *argv,
                     const size_t *sizes) {
        if (l->up)
                redis_connection_send(l->connection, done, userdata, argc, argv, sizes);
        else if (done)
                done(userdata, NULL);
}

/* Gathers the words of a call up to the NULL. */
static size_t gather_words(va_list arguments, const char **words, size_t *sizes) {
        size_t count = 0;
        const char *word;

        while (count < CALL_WORDS_MAX && (word = va_arg(arguments, const char *))) {
                words[count] = word;
                sizes[count++] = strlen(word);
        }
        return count;
}

void redis_link_call(RedisLink *l, RedisReplyFunc *done, void *userdata, ...) {
        const char *words[CALL_WORDS_MAX];
        size_t sizes[CALL_WORDS_MAX];
        va_list arguments;

        va_start(arguments, userdata);
        size_t count = gather_words(arguments, words, sizes);
        va_end(arguments);
        redis_link_send(l, done, userdata, count, words, sizes);
}

void redis_link_send_keys(RedisLink *l, RedisReplyFunc *done, void *userdata, const char *command,
                          const char *const *keys, size_t count) {
        if (count == 0)
                return;
        _cleanup_free_ const char **words = xcalloc(count + 1, sizeof *words);
        _cleanup_free_ size_t *sizes = xcalloc(count + 1, sizeof *sizes);
        words[0] = command;
        for (size_t i = 0; i < count; i++)
                words[i + 1] = keys[i];
        for (size_t i = 0; i <= count; i++)
                sizes[i] = strlen(words[i]);
        redis_link_send(l, done, userdata, count + 1, words, sizes);
}

void redis_link_finish(RedisLink *l, unsigned limit_msec) {
        if (l->up)
                redis_connection_finish(l->connection, limit_msec);
}

void redis_link_subscribe(RedisLink *l, RedisReplyFunc *message, void *userdata, const char *command,
                          const char *channel) {
        if (l->up)
                redis_connection_subscribe(l->connection, message, userdata, command, channel);
}

/* ---- the beginning of a connection ---- */

static void greeted(RedisLink *l) {
        redis_connection_greeted(l->connection);
        l->up = true;
        l->up_usec = now_usec();
        l->handlers.up(l->handlers.userdata);
}

/* Whether the reply is there and no error; a server without password refuses AUTH and takes what follows. */
static bool is_welcome(RedisLink *l, const redisReply *reply) {
        if (!reply || !redis_connection_is_open(l->connection))
                return false;
        if (reply->type == REDIS_REPLY_ERROR)
                redis_link_drop_for(l, reply);
        return reply->type != REDIS_REPLY_ERROR;
}

static void on_selected(void *userdata, redisReply *reply) {
        RedisLink *l = userdata;

        if (is_welcome(l, reply) && !l->sentinel)
                greeted(l);
}

/* What the sentinels call the master may have been demoted, or be promoted in a moment. */
static void on_role(void *userdata, redisReply *reply) {
        RedisLink *l = userdata;

        if (!is_welcome(l, reply))
                return;
        const char *role = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 ? reply->element[0]->str : NULL;
        if (streq_or_null(role, "master"))
                return greeted(l);
        _cleanup_free_ char *shown = printable(role ? role : "?", strlen(role ? role : "?"), 40);
        _cleanup_free_ char *why = xasprintf("the sentinels name it as the master, but its role is %s", shown);
        redis_link_drop(l, why);
        sentinel_doubt(l->sentinel);
}

static void on_opened(void *userdata) {
        RedisLink *l = userdata;
        char database[16];

        (void)snprintf(database, sizeof database, "%u", l->url->database);
        const char *words[] = { "SELECT", database };
        const size_t sizes[] = { 6, strlen(database) };
        redis_connection_send(l->connection, on_selected, l, 2, words, sizes);
        if (l->sentinel)
                redis_connection_send(l->connection, on_role, l, 1, (const char *[]){ "ROLE" }, (size_t[]){ 4 });
}

/* Without a place there is nothing to try: the sentinels' answer begins it. */
static int on_retry(sd_event_source *timer, uint64_t usec, void *userdata) {
        RedisLink *l = userdata;
        const RedisPlace *place = l->sentinel ? &l->master : &l->url->place;

        (void)timer, (void)usec;
        if (!place->host && !l->url->socket_path)
                return 0;
        l->trying = true;
        redis_connection_open(l->connection, (RedisTarget){ .place = place,
                                                            .socket_path = l->url->socket_path,
                                                            .user = l->url->user,
                                                            .password = l->url->password,
                                                            .tls = l->url->tls,
                                                            .open_seconds = REDIS_CONNECT_SECONDS,
                                                            .reply_seconds = REDIS_REPLY_SECONDS });
        return 0;
}

/* ---- sentinels ---- */

static void move_to(RedisLink *l, const RedisPlace *master) {
        REPLACE_PTR(l->master.host, xstrdup(master->host));
        l->master.port = master->port;
        backoff_reset(&l->backoff);
        timer_arm(&l->retry, l->event, 0, on_retry, l);
}

static void on_master(void *userdata, const RedisPlace *master) {
        RedisLink *l = userdata;

        l->unwatched = false;
        if (streq_or_null(l->master.host, master->host) && l->master.port == master->port)
                return;
        if (l->trying) {
                _cleanup_free_ char *place = redis_place_describe(master);
                _cleanup_free_ char *why = xasprintf("the sentinels have made %s the master", place);
                link_failed(l, why);
        }
        move_to(l, master);
}

static void on_no_sentinel(void *userdata, const char *error) {
        RedisLink *l = userdata;

        if (!l->master.host)
                l->handlers.down(l->handlers.userdata, error);
        else if (!l->unwatched && l->handlers.unwatched)
                l->handlers.unwatched(l->handlers.userdata, error);
        l->unwatched = true;
}

/* ---- life ---- */

void redis_link_new(RedisLink **ret, sd_event *event, const RedisUrl *url, RedisLinkHandlers handlers) {
        RedisLink *l = new0(RedisLink);

        *l = (RedisLink){
                .event = sd_event_ref(event),
                .url = url,
                .handlers = handlers,
                .connection = redis_connection_new(event, (RedisConnectionHandlers){ on_opened, on_ended, l }),
                .backoff = { .first_usec = RETRY_FIRST_USEC, .limit_usec = RETRY_LIMIT_USEC },
        };
        if (url->master)
                l->sentinel = sentinel_new(event, url, (SentinelHandlers){ on_master, on_no_sentinel, l });
        timer_arm(&l->retry, event, 0, on_retry, l);
        *ret = l;
}

RedisLink *redis_link_free(RedisLink *l) {
        if (!l)
                return NULL;
        l->up = false;
        l->connection = redis_connection_free(l->connection);
        l->sentinel = sentinel_free(l->sentinel);
        l->retry = sd_event_source_disable_unref(l->retry);
        free(l->master.host);
        sd_event_unref(l->event);
        free(l);
        return NULL;
}
