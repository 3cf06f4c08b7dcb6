/* Asks sentinels where the master is. Asking again and again, rather than listening for +switch-master, also shows
 * that the sentinel itself is there, and misses nothing. */
#include "common/sentinel.h"

#include "common/backoff.h"
#include "common/hostname.h"
#include "common/redis-connection.h"
#include "common/text.h"
#include "common/timer.h"

#include <stdio.h>
#include <string.h>

enum { RETRY_FIRST_USEC = 100 * 1000, RETRY_LIMIT_USEC = 1000 * 1000, QUOTE_MAX = 80 };

typedef struct Peer {
        const RedisPlace *place;
        char *error; /* why it did not answer last */
} Peer;

struct Sentinel {
        sd_event *event;
        const RedisUrl *url;
        SentinelHandlers handlers;
        Peer peers[REDIS_SENTINELS_MAX]; /* the first is the one that is asked */
        size_t silent;                   /* so many in a row have not answered */
        RedisConnection *connection;     /* to the first */
        sd_event_source *next;           /* question */
        Backoff backoff;
};

static int on_next(sd_event_source *timer, uint64_t usec, void *userdata);

static void ask_in(Sentinel *s, uint64_t usec) {
        timer_arm(&s->next, s->event, usec, on_next, s);
}

/* Leaves the first one, who is asked last from now on. */
static void turn_to_next(Sentinel *s) {
        Peer first = s->peers[0];

        redis_connection_close(s->connection);
        memmove(s->peers, s->peers + 1, (s->url->n_sentinels - 1) * sizeof *s->peers);
        s->peers[s->url->n_sentinels - 1] = first;
}

/* Not at once: two that disagree, and are wrong both, would be asked in turns without a rest. */
void sentinel_doubt(Sentinel *s) {
        turn_to_next(s);
        ask_in(s, RETRY_FIRST_USEC);
}

static void tell_failure(Sentinel *s) {
        _cleanup_string_list_ StringList errors = { 0 };

        for (size_t i = 0; i < s->url->n_sentinels; i++) {
                _cleanup_free_ char *place = redis_place_describe(s->peers[i].place);
                string_list_addf(&errors, "sentinel %s: %s", place, s->peers[i].error ? s->peers[i].error : "?");
        }
        _cleanup_free_ char *error = string_list_join(&errors, "; ");
        s->handlers.failed(s->handlers.userdata, error);
}

/* The first one does not answer, or not with a place. Owns `error`. */
static void failed(Sentinel *s, char *error) {
        REPLACE_PTR(s->peers[0].error, error);
        turn_to_next(s);
        if (++s->silent < s->url->n_sentinels)
                return ask_in(s, 0);
        s->silent = 0;
        ask_in(s, backoff_next(&s->backoff));
        tell_failure(s);
}

/* ---- the answer ---- */

/* What is wrong with it, owned by the caller; NULL: *ret_place is where the master is, its host borrowed. */
static char *read_answer(const Sentinel *s, const redisReply *reply, RedisPlace *ret_place) {
        const redisReply *host, *port;

        if (reply->type == REDIS_REPLY_NIL)
                return xasprintf("it watches no master named %s: compare the name in --redis-url with its "
                                 "`sentinel monitor`",
                                 s->url->master);
        if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
                return redis_connection_explain(s->connection, reply);
        host = reply->element[0];
        port = reply->element[1];
        if (host->type != REDIS_REPLY_STRING || port->type != REDIS_REPLY_STRING || strlen(host->str) != host->len ||
            !endpoint_host_is_valid(host->str) || parse_port(port->str, &ret_place->port) < 0) {
                _cleanup_free_ char *shown = host->str ? printable(host->str, host->len, QUOTE_MAX) : xstrdup("?");
                return xasprintf("it says that the master is at \"%s\", which is no place", shown);
        }
        ret_place->host = host->str;
        return NULL;
}

static void on_answer(void *userdata, redisReply *reply) {
        Sentinel *s = userdata;
        RedisPlace place;

        if (!reply || !redis_connection_is_open(s->connection)) /* on_ended() follows */
                return;
        char *wrong = read_answer(s, reply, &place);
        if (wrong) {
                redis_connection_drop(s->connection, wrong);
                free(wrong);
                return;
        }
        redis_connection_greeted(s->connection);
        s->silent = 0;
        backoff_reset(&s->backoff);
        REPLACE_PTR(s->peers[0].error, NULL);
        ask_in(s, SENTINEL_ASK_MSEC * UINT64_C(1000));
        s->handlers.answered(s->handlers.userdata, &place);
}

/* ---- the question ---- */

static void ask(Sentinel *s) {
        const char *words[] = { "SENTINEL", "get-master-addr-by-name", s->url->master };
        const size_t sizes[] = { strlen(words[0]), strlen(words[1]), strlen(words[2]) };

        redis_connection_send(s->connection, on_answer, s, 3, words, sizes);
}

static void on_opened(void *userdata) {
        ask(userdata);
}

static void on_ended(void *userdata, const char *error) {
        failed(userdata, xstrdup(error));
}

static int on_next(sd_event_source *timer, uint64_t usec, void *userdata) {
        Sentinel *s = userdata;

        (void)timer, (void)usec;
        if (redis_connection_is_open(s->connection)) {
                ask(s);
                return 0;
        }
        redis_connection_open(s->connection, (RedisTarget){ .place = s->peers[0].place,
                                                            .user = s->url->sentinel_user,
                                                            .password = s->url->sentinel_password,
                                                            .tls = s->url->tls,
                                                            .sentinel = true,
                                                            .open_seconds = SENTINEL_OPEN_SECONDS,
                                                            .reply_seconds = SENTINEL_REPLY_SECONDS });
        return 0;
}

/* ---- life ---- */

Sentinel *sentinel_new(sd_event *event, const RedisUrl *url, SentinelHandlers handlers) {
        Sentinel *s = new0(Sentinel);

        *s = (Sentinel){
                .event = sd_event_ref(event),
                .url = url,
                .handlers = handlers,
                .backoff = { .first_usec = RETRY_FIRST_USEC, .limit_usec = RETRY_LIMIT_USEC },
        };
        for (size_t i = 0; i < url->n_sentinels; i++)
                s->peers[i].place = &url->sentinels[i];
        s->connection = redis_connection_new(event, (RedisConnectionHandlers){ on_opened, on_ended, s });
        ask_in(s, 0);
        return s;
}

Sentinel *sentinel_free(Sentinel *s) {
        if (!s)
                return NULL;
        s->connection = redis_connection_free(s->connection);
        s->next = sd_event_source_disable_unref(s->next);
        for (size_t i = 0; i < s->url->n_sentinels; i++)
                free(s->peers[i].error);
        sd_event_unref(s->event);
        free(s);
        return NULL;
}
