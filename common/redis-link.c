/* A connection to Redis that comes back by itself.
 *
 *   waiting ──backoff──► resolving ──► connecting ──► greeting (AUTH, SELECT) ──► up
 *      ▲────────────────────── any failure, any drop ─────────────────────────────┘
 */
#include "common/redis-link.h"

#include "common/backoff.h"
#include "common/redis-event.h"
#include "common/redis-tls.h"
#include "common/resolve.h"
#include "common/text.h"
#include "common/timer.h"

#include <errno.h>
#include <fcntl.h>
#include <hiredis/async.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
        CALL_WORDS_MAX = 10,
        RETRY_FIRST_USEC = 100 * 1000,
        RETRY_LIMIT_USEC = 5 * 1000 * 1000, /* also: a connection that lived that long was a good one */
};

#define USEC_PER_SEC UINT64_C(1000000)

struct RedisLink {
        sd_event *event;
        const RedisUrl *url;
        RedisLinkHandlers handlers;
        redisAsyncContext *context;
        Resolution *resolution;
        StringList addresses;      /* of the host, as they were found last */
        size_t address;            /* the one of them that is tried … */
        size_t left;               /* … and how many may still be tried after it before the link counts as down */
        sd_event_source *retry;    /* when to try again */
        sd_event_source *deadline; /* of the connection, then of the replies that are owed */
        sd_event_source *dropping; /* runs once after redis_link_drop() */
        Backoff backoff;
        char *drop_reason;
        bool up;
        uint64_t up_usec;                 /* since when */
        size_t owed;                      /* replies */
        uint64_t answered, seen_answered; /* replies so far, and as the deadline saw them last */
        RedisReplyFunc *message;          /* of a subscribed link */
        void *message_userdata;
        RedisTls *tls;
};

typedef struct Call {
        RedisLink *link;
        RedisReplyFunc *done;
        void *userdata;
} Call;

/* While hiredis ends a connection, the calls that wait get their NULL, and must not send anything more. */
bool redis_link_is_up(const RedisLink *l) {
        return l->up && !l->drop_reason && !(l->context->c.flags & (REDIS_DISCONNECTING | REDIS_FREEING));
}

static int on_retry(sd_event_source *timer, uint64_t usec, void *userdata);
static int on_deadline(sd_event_source *timer, uint64_t usec, void *userdata);
static int on_dropping(sd_event_source *source, void *userdata);

static void arm_deadline(RedisLink *l, unsigned seconds) {
        timer_arm(&l->deadline, l->event, seconds * USEC_PER_SEC, on_deadline, l);
}

/* ---- the end of a connection ---- */

/* Ends the connection without telling our handlers; every waiting call gets its NULL. */
static void close_context(RedisLink *l) {
        redisAsyncContext *context = TAKE_PTR(l->context);

        if (!context)
                return;
        context->data = NULL;
        redisAsyncFree(context);
        l->owed = 0;
}

/* A server that takes connections and then refuses what it is asked is not asked again at once. */
static void link_failed(RedisLink *l, const char *why) {
        _cleanup_free_ char *error = xstrdup(why); /* `why` may lie in what is freed now */

        if (l->up && now_usec() - l->up_usec >= RETRY_LIMIT_USEC)
                backoff_reset(&l->backoff);
        l->resolution = resolve_free(l->resolution);
        l->up = false;
        l->owed = 0;
        close_context(l);
        free(TAKE_PTR(l->drop_reason));
        timer_stop(l->deadline);
        timer_stop(l->dropping);
        timer_arm(&l->retry, l->event, backoff_next(&l->backoff), on_retry, l);
        l->handlers.down(l->handlers.userdata, error);
}

void redis_link_drop(RedisLink *l, const char *reason) {
        if (l->drop_reason)
                return;
        l->drop_reason = xstrdup(reason);
        run_soon(&l->dropping, l->event, on_dropping, l);
}

static int on_dropping(sd_event_source *source, void *userdata) {
        RedisLink *l = userdata;

        (void)source;
        if (l->drop_reason)
                link_failed(l, l->drop_reason);
        return 0;
}

static int on_deadline(sd_event_source *timer, uint64_t usec, void *userdata) {
        RedisLink *l = userdata;
        char why[64];

        (void)timer, (void)usec;
        if (!l->up) {
                l->address++; /* this one may be a black hole: the next try begins behind it */
                (void)snprintf(why, sizeof why, "no connection within %d s%s", REDIS_CONNECT_SECONDS,
                               l->url->tls ? "; does that port speak TLS?" : "");
                link_failed(l, why);
        } else if (l->owed > 0 && l->answered == l->seen_answered) {
                (void)snprintf(why, sizeof why, "no reply for %d s", REDIS_REPLY_SECONDS);
                link_failed(l, why);
        } else if (l->owed > 0) {
                l->seen_answered = l->answered;
                arm_deadline(l, REDIS_REPLY_SECONDS);
        }
        return 0;
}

/* ---- commands ---- */

static void on_reply(redisAsyncContext *context, void *reply, void *privdata) {
        _cleanup_free_ Call *call = privdata;

        if (context->data) { /* still the link's connection */
                call->link->answered++;
                call->link->owed--;
        }
        if (call->done)
                call->done(call->userdata, reply);
}

static void send_words(RedisLink *l, RedisReplyFunc *done, void *userdata, size_t argc, const char *const *argv,
                       const size_t *sizes) {
        Call *call = new0(Call);

        *call = (Call){ .link = l, .done = done, .userdata = userdata };
        if (redisAsyncCommandArgv(l->context, on_reply, call, (int)argc, (const char **)argv, sizes) != REDIS_OK) {
                free(call);
                redis_link_drop(l, "a command could not be queued");
                if (done)
                        done(userdata, NULL);
                return;
        }
        if (l->owed++ == 0 && l->up) {
                l->seen_answered = l->answered;
                arm_deadline(l, REDIS_REPLY_SECONDS);
        }
}

void redis_link_send(RedisLink *l, RedisReplyFunc *done, void *userdata, size_t argc, const char *const *argv,
                     const size_t *sizes) {
        if (redis_link_is_up(l))
                send_words(l, done, userdata, argc, argv, sizes);
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

/* Whether the server has said something until then. */
static bool wait_for_bytes(const RedisLink *l, uint64_t until_usec) {
        uint64_t now = now_usec();
        struct pollfd poll_fd = { .fd = l->context->c.fd, .events = POLLIN };

        return now < until_usec && poll(&poll_fd, 1, (int)((until_usec - now) / 1000 + 1)) > 0;
}

void redis_link_finish(RedisLink *l, unsigned limit_msec) {
        uint64_t until_usec = now_usec() + limit_msec * UINT64_C(1000);

        while (redis_link_is_up(l) && l->owed > 0) {
                redis_tls_forget_errors();
                redisAsyncHandleWrite(l->context);
                if (!redis_link_is_up(l) || !wait_for_bytes(l, until_usec))
                        return;
                redis_tls_forget_errors();
                redisAsyncHandleRead(l->context);
        }
}

static void on_message(redisAsyncContext *context, void *reply, void *privdata) {
        RedisLink *l = context->data;

        (void)privdata;
        if (l && reply)
                l->message(l->message_userdata, reply);
}

void redis_link_subscribe(RedisLink *l, RedisReplyFunc *message, void *userdata, const char *command,
                          const char *channel) {
        const char *words[] = { command, channel };
        const size_t sizes[] = { strlen(command), strlen(channel) };

        if (!redis_link_is_up(l))
                return;
        l->message = message;
        l->message_userdata = userdata;
        if (redisAsyncCommandArgv(l->context, on_message, NULL, 2, words, sizes) != REDIS_OK)
                redis_link_drop(l, "a subscription could not be queued");
}

/* ---- the beginning of a connection ---- */

static void on_greeted(void *userdata, redisReply *reply) {
        RedisLink *l = userdata;

        if (!reply || l->drop_reason) /* a server without password refuses AUTH and takes what follows */
                return;
        if (reply->type == REDIS_REPLY_ERROR)
                return redis_link_drop(l, reply->str);
        timer_stop(l->deadline);
        l->up = true;
        l->up_usec = now_usec();
        l->handlers.up(l->handlers.userdata);
}

static void on_authenticated(void *userdata, redisReply *reply) {
        if (reply && reply->type == REDIS_REPLY_ERROR)
                redis_link_drop(userdata, reply->str);
}

static void greet(RedisLink *l) {
        const RedisUrl *u = l->url;
        char database[16];

        if (u->user || u->password) {
                const char *password = u->password ? u->password : ""; /* a user with `nopass` takes any */
                const char *words[] = { "AUTH", u->user ? u->user : password, password };
                size_t sizes[] = { 4, strlen(words[1]), strlen(words[2]) };
                send_words(l, on_authenticated, l, u->user ? 3 : 2, words, sizes);
        }
        (void)snprintf(database, sizeof database, "%u", u->database);
        const char *words[] = { "SELECT", database };
        size_t sizes[] = { 6, strlen(database) };
        send_words(l, on_greeted, l, 2, words, sizes);
}

static void begin(RedisLink *l, redisAsyncContext *context);

static void try_address(RedisLink *l) {
        begin(l, redisAsyncConnect(l->addresses.items[l->address % l->addresses.count], l->url->port));
}

static void connect_failed(RedisLink *l, const char *why) {
        if (l->left == 0)
                return link_failed(l, why);
        l->left--;
        l->address++;
        try_address(l);
}

static void on_connect(const redisAsyncContext *context, int status) {
        RedisLink *l = context->data;

        if (!l)
                return;
        if (status == REDIS_OK)
                return greet(l);
        _cleanup_free_ char *why = xstrdup(context->errstr);
        l->context = NULL; /* hiredis frees it after this call */
        connect_failed(l, why);
}

static void on_disconnect(const redisAsyncContext *context, int status) {
        RedisLink *l = context->data;

        if (!l)
                return;
        _cleanup_free_ char *why = redis_tls_complaint(l->tls);
        if (!why)
                why = xstrdup(status == REDIS_OK || !*context->errstr ? "closed" : context->errstr);
        l->context = NULL; /* hiredis frees it after this call */
        link_failed(l, l->drop_reason ? l->drop_reason : why);
}

/* Takes over what hiredis has begun. */
static void begin(RedisLink *l, redisAsyncContext *context) {
        char why[160] = "out of memory";

        if (!context || context->err) {
                if (context) {
                        (void)snprintf(why, sizeof why, "%s", context->errstr);
                        redisAsyncFree(context);
                }
                return connect_failed(l, why);
        }
        context->data = l;
        l->context = context;
        (void)fcntl(context->c.fd, F_SETFD, FD_CLOEXEC); /* nginx and others must not inherit it */
        _cleanup_free_ char *wrong = l->url->tls ? redis_tls_start(&l->tls, &context->c, l->url->host) : NULL;
        if (!wrong && redis_event_attach(context, l->event) < 0)
                wrong = xstrdup("the event loop refuses the socket");
        if (wrong) {
                close_context(l);
                return connect_failed(l, wrong);
        }
        (void)redisAsyncSetDisconnectCallback(context, on_disconnect);
        (void)redisAsyncSetConnectCallback(context, on_connect);
}

static void on_resolved(void *userdata, const StringList *addresses, const char *error) {
        RedisLink *l = userdata;
        char why[256];

        l->resolution = NULL; /* frees itself after this call */
        if (addresses->count == 0) {
                (void)snprintf(why, sizeof why, "%s cannot be resolved: %s", l->url->host, error);
                return link_failed(l, why);
        }
        string_list_clear(&l->addresses);
        for (size_t i = 0; i < addresses->count; i++)
                string_list_add(&l->addresses, addresses->items[i]);
        l->left = l->addresses.count - 1;
        try_address(l);
}

static int on_retry(sd_event_source *timer, uint64_t usec, void *userdata) {
        RedisLink *l = userdata;

        (void)timer, (void)usec;
        arm_deadline(l, REDIS_CONNECT_SECONDS);
        if (l->url->socket_path)
                begin(l, redisAsyncConnectUnix(l->url->socket_path));
        else if (resolve_start(&l->resolution, l->event, l->url->host, on_resolved, l) < 0)
                link_failed(l, "the resolver could not be started");
        return 0;
}

void redis_link_new(RedisLink **ret, sd_event *event, const RedisUrl *url, RedisLinkHandlers handlers) {
        RedisLink *l = new0(RedisLink);

        *l = (RedisLink){
                .event = sd_event_ref(event),
                .url = url,
                .handlers = handlers,
                .backoff = { .first_usec = RETRY_FIRST_USEC, .limit_usec = RETRY_LIMIT_USEC },
        };
        timer_arm(&l->retry, event, 0, on_retry, l);
        *ret = l;
}

RedisLink *redis_link_free(RedisLink *l) {
        if (!l)
                return NULL;
        l->up = false;
        close_context(l);
        l->resolution = resolve_free(l->resolution);
        l->retry = sd_event_source_disable_unref(l->retry);
        l->deadline = sd_event_source_disable_unref(l->deadline);
        l->dropping = sd_event_source_disable_unref(l->dropping);
        string_list_clear(&l->addresses);
        free(l->drop_reason);
        l->tls = redis_tls_free(l->tls);
        sd_event_unref(l->event);
        free(l);
        return NULL;
}
