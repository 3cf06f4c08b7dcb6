/* A connection to Redis.
 *
 *   closed ──open──► resolving ──► connecting ──► opened (AUTH is sent) ──► greeted
 *      ▲──────────────────── any failure, any drop ─────────────────────────────┘
 */
#include "common/redis-connection.h"

#include "common/redis-error.h"
#include "common/redis-event.h"
#include "common/redis-tls.h"
#include "common/resolve.h"
#include "common/text.h"
#include "common/timer.h"

#include <fcntl.h>
#include <hiredis/async.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define USEC_PER_SEC UINT64_C(1000000)

typedef struct Call {
        RedisConnection *connection;
        RedisReplyFunc *done;
        void *userdata;
        const char *command;
        char key[]; /* the second word, up to KEY_KEPT bytes of it */
} Call;

enum { KEY_KEPT = 128 };

struct RedisConnection {
        sd_event *event;
        RedisConnectionHandlers handlers;
        RedisTarget target;
        redisAsyncContext *context;
        Resolution *resolution;
        StringList addresses;      /* of the host, as they were found last */
        size_t address;            /* the one of them that is tried … */
        size_t left;               /* … and how many may still be tried after it before that is a failure */
        sd_event_source *deadline; /* of the opening, then of the replies that are owed */
        sd_event_source *dropping; /* runs once after redis_connection_drop() */
        char *drop_reason;
        bool opened, greeted;
        const Call *answered_call;        /* during its call */
        size_t owed;                      /* replies */
        uint64_t answered, seen_answered; /* replies so far, and as the deadline saw them last */
        redisReplyObjectFunctions build;  /* of replies: hiredis' own, but for strings */
        const redisReplyObjectFunctions *hiredis_build;
        size_t reply_bytes;      /* of the strings of the reply that is being built */
        RedisReplyFunc *message; /* of a subscribed one */
        void *message_userdata;
        RedisTls *tls;
};

/* While hiredis ends a connection, the calls that wait get their NULL, and must not send anything more. */
bool redis_connection_is_open(const RedisConnection *c) {
        return c->opened && !c->drop_reason && !(c->context->c.flags & (REDIS_DISCONNECTING | REDIS_FREEING));
}

static int on_deadline(sd_event_source *timer, uint64_t usec, void *userdata);
static int on_dropping(sd_event_source *source, void *userdata);

static void arm_deadline(RedisConnection *c, unsigned seconds) {
        timer_arm(&c->deadline, c->event, seconds * USEC_PER_SEC, on_deadline, c);
}

/* ---- the end ---- */

void redis_connection_close(RedisConnection *c) {
        redisAsyncContext *context = TAKE_PTR(c->context);

        c->resolution = resolve_free(c->resolution);
        c->opened = c->greeted = false;
        if (context) {
                context->data = NULL;
                redisAsyncFree(context);
        }
        c->owed = 0;
        c->message = NULL;
        free(TAKE_PTR(c->drop_reason));
        timer_stop(c->deadline);
        timer_stop(c->dropping);
}

static void connection_failed(RedisConnection *c, const char *why) {
        _cleanup_free_ char *error = xstrdup(why); /* `why` may lie in what is freed now */

        redis_connection_close(c);
        c->handlers.ended(c->handlers.userdata, error);
}

static char *explain(const RedisConnection *c, const char *error) {
        const Call *call = c->answered_call;
        const RedisErrorContext context = {
                .command = call ? call->command : NULL,
                .key = call && *call->key ? call->key : NULL,
                .user = c->target.user,
                .sentinel = c->target.sentinel,
        };

        return redis_error_explain(error, &context);
}

char *redis_connection_explain(const RedisConnection *c, const redisReply *reply) {
        return reply->type == REDIS_REPLY_ERROR ? explain(c, reply->str) : xstrdup("a reply of the wrong type");
}

void redis_connection_drop(RedisConnection *c, const char *reason) {
        if (c->drop_reason)
                return;
        c->drop_reason = xstrdup(reason);
        run_soon(&c->dropping, c->event, on_dropping, c);
}

static int on_dropping(sd_event_source *source, void *userdata) {
        RedisConnection *c = userdata;

        (void)source;
        if (c->drop_reason)
                connection_failed(c, c->drop_reason);
        return 0;
}

static int on_deadline(sd_event_source *timer, uint64_t usec, void *userdata) {
        RedisConnection *c = userdata;
        char why[64];

        (void)timer, (void)usec;
        if (!c->greeted) {
                c->address++; /* this one may be a black hole: the next try begins behind it */
                (void)snprintf(why, sizeof why, "no connection within %u s%s", c->target.open_seconds,
                               c->target.tls ? "; does that port speak TLS?" : "");
                connection_failed(c, why);
        } else if (c->owed > 0 && c->answered == c->seen_answered) {
                (void)snprintf(why, sizeof why, "no reply for %u s", c->target.reply_seconds);
                connection_failed(c, why);
        } else if (c->owed > 0) {
                c->seen_answered = c->answered;
                arm_deadline(c, c->target.reply_seconds);
        }
        return 0;
}

/* ---- how much is read ---- */

static void drop_for_size(RedisConnection *c) {
        char why[96];

        (void)snprintf(why, sizeof why,
                       "a reply of more than %d MiB; redis-cli --memkeys says which key is that large",
                       REDIS_REPLY_MAX >> 20);
        redis_connection_drop(c, why);
}

/* NULL: hiredis gives up what it has of the reply, and the connection. */
static void *build_string(const redisReadTask *task, char *bytes, size_t size) {
        RedisConnection *c = task->privdata;

        c->reply_bytes += size;
        if (c->reply_bytes <= REDIS_REPLY_MAX)
                return c->hiredis_build->createString(task, bytes, size);
        drop_for_size(c);
        return NULL;
}

/* A string is built when all of it is there: until then it is in hiredis' buffer. */
static void on_read(redisAsyncContext *context) {
        const redisReader *reader = context->c.reader;

        if (context->data && reader->len - reader->pos > REDIS_REPLY_MAX)
                drop_for_size(context->data);
}

static void limit_replies(RedisConnection *c, redisReader *reader) {
        c->hiredis_build = reader->fn;
        c->build = *reader->fn;
        c->build.createString = build_string;
        c->reply_bytes = 0;
        reader->fn = &c->build;
        reader->privdata = c;
}

/* ---- commands ---- */

static void drop_for(RedisConnection *c, const redisReply *reply) {
        _cleanup_free_ char *reason = redis_connection_explain(c, reply);

        redis_connection_drop(c, reason);
}

static void on_reply(redisAsyncContext *context, void *data, void *privdata) {
        _cleanup_free_ Call *call = privdata;
        redisReply *reply = data;
        RedisConnection *c = call->connection;

        if (context->data) { /* still the one that is open */
                c->reply_bytes = 0;
                c->answered++;
                c->owed--;
        }
        c->answered_call = call;
        if (reply && reply->type == REDIS_REPLY_ERROR && redis_error_is_of_server(reply->str))
                drop_for(c, reply);
        if (call->done)
                call->done(call->userdata, reply);
        c->answered_call = NULL;
        if (c->owed == 0 && c->greeted) /* a connection at rest wakes nobody */
                timer_stop(c->deadline);
}

/* For messages: up to so much of its key is remembered. What AUTH has there may be the password. */
static Call *new_call(size_t argc, const char *const *argv, const size_t *sizes) {
        bool has_key = argc > 1 && strcmp(argv[0], "AUTH") != 0;
        size_t size = !has_key ? 0 : sizes[1] < KEY_KEPT ? sizes[1] : KEY_KEPT;
        Call *call = xcalloc(1, sizeof *call + size + 1);

        call->command = argv[0];
        if (size > 0)
                memcpy(call->key, argv[1], size);
        return call;
}

void redis_connection_send(RedisConnection *c, RedisReplyFunc *done, void *userdata, size_t argc,
                           const char *const *argv, const size_t *sizes) {
        if (!redis_connection_is_open(c)) {
                if (done)
                        done(userdata, NULL);
                return;
        }
        Call *call = new_call(argc, argv, sizes);
        call->connection = c;
        call->done = done;
        call->userdata = userdata;
        if (redisAsyncCommandArgv(c->context, on_reply, call, (int)argc, (const char **)argv, sizes) != REDIS_OK) {
                free(call);
                redis_connection_drop(c, "a command could not be queued");
                if (done)
                        done(userdata, NULL);
                return;
        }
        if (c->owed++ == 0 && c->greeted) {
                c->seen_answered = c->answered;
                arm_deadline(c, c->target.reply_seconds);
        }
}

/* Whether the server has said something until then. */
static bool wait_for_bytes(const RedisConnection *c, uint64_t until_usec) {
        uint64_t now = now_usec();
        struct pollfd poll_fd = { .fd = c->context->c.fd, .events = POLLIN };

        return now < until_usec && poll(&poll_fd, 1, (int)((until_usec - now) / 1000 + 1)) > 0;
}

void redis_connection_finish(RedisConnection *c, unsigned limit_msec) {
        uint64_t until_usec = now_usec() + limit_msec * UINT64_C(1000);

        while (redis_connection_is_open(c) && c->owed > 0) {
                redis_tls_forget_errors();
                redisAsyncHandleWrite(c->context);
                if (!redis_connection_is_open(c) || !wait_for_bytes(c, until_usec))
                        return;
                redis_tls_forget_errors();
                redisAsyncHandleRead(c->context);
        }
}

static void on_message(redisAsyncContext *context, void *reply, void *privdata) {
        RedisConnection *c = context->data;

        (void)privdata;
        if (!c || !reply)
                return;
        c->reply_bytes = 0;
        c->message(c->message_userdata, reply);
}

void redis_connection_subscribe(RedisConnection *c, RedisReplyFunc *message, void *userdata, const char *command,
                                const char *channel) {
        const char *words[] = { command, channel };
        const size_t sizes[] = { strlen(command), strlen(channel) };

        if (!redis_connection_is_open(c))
                return;
        c->message = message;
        c->message_userdata = userdata;
        if (redisAsyncCommandArgv(c->context, on_message, NULL, 2, words, sizes) != REDIS_OK)
                redis_connection_drop(c, "a subscription could not be queued");
}

/* ---- the beginning ---- */

void redis_connection_greeted(RedisConnection *c) {
        timer_stop(c->deadline);
        c->greeted = true;
}

static void on_authenticated(void *userdata, redisReply *reply) {
        if (reply && reply->type == REDIS_REPLY_ERROR)
                drop_for(userdata, reply);
}

static void authenticate(RedisConnection *c) {
        const RedisTarget *t = &c->target;

        if (!t->user && !t->password)
                return;
        const char *password = t->password ? t->password : ""; /* a user with `nopass` takes any */
        const char *words[] = { "AUTH", t->user ? t->user : password, password };
        const size_t sizes[] = { strlen(words[0]), strlen(words[1]), strlen(words[2]) };
        redis_connection_send(c, on_authenticated, c, t->user ? 3 : 2, words, sizes);
}

static void begin(RedisConnection *c, redisAsyncContext *context);

static void try_address(RedisConnection *c) {
        begin(c, redisAsyncConnect(c->addresses.items[c->address % c->addresses.count], c->target.place->port));
}

static void connect_failed(RedisConnection *c, const char *why) {
        if (c->left == 0)
                return connection_failed(c, why);
        c->left--;
        c->address++;
        try_address(c);
}

static void on_connect(const redisAsyncContext *context, int status) {
        RedisConnection *c = context->data;

        if (!c)
                return;
        if (status == REDIS_OK) {
                c->opened = true;
                authenticate(c);
                return c->handlers.opened(c->handlers.userdata);
        }
        _cleanup_free_ char *why = xstrdup(context->errstr);
        c->context = NULL; /* hiredis frees it after this call */
        connect_failed(c, why);
}

/* A refused subscription ends here, too: what was refused, its owner knows. */
static void on_disconnect(const redisAsyncContext *context, int status) {
        RedisConnection *c = context->data;

        if (!c)
                return;
        _cleanup_free_ char *why = redis_tls_complaint(c->tls);
        if (!why && (status == REDIS_OK || !*context->errstr))
                why = xstrdup("closed");
        if (!why)
                why = c->message ? xstrdup(context->errstr) : explain(c, context->errstr);
        c->context = NULL; /* hiredis frees it after this call */
        connection_failed(c, c->drop_reason ? c->drop_reason : why);
}

/* Takes over what hiredis has begun. */
static void begin(RedisConnection *c, redisAsyncContext *context) {
        const RedisTarget *t = &c->target;
        char why[160] = "out of memory";

        if (!context || context->err) {
                if (context) {
                        (void)snprintf(why, sizeof why, "%s", context->errstr);
                        redisAsyncFree(context);
                }
                return connect_failed(c, why);
        }
        context->data = c;
        c->context = context;
        limit_replies(c, context->c.reader);
        (void)fcntl(context->c.fd, F_SETFD, FD_CLOEXEC); /* nginx and others must not inherit it */
        _cleanup_free_ char *wrong = t->tls ? redis_tls_start(&c->tls, &context->c, t->place->host) : NULL;
        if (!wrong && redis_event_attach(context, c->event, on_read) < 0)
                wrong = xstrdup("the event loop refuses the socket");
        if (wrong) {
                context->data = c->context = NULL;
                redisAsyncFree(context);
                return connect_failed(c, wrong);
        }
        (void)redisAsyncSetDisconnectCallback(context, on_disconnect);
        (void)redisAsyncSetConnectCallback(context, on_connect);
}

static void on_resolved(void *userdata, const StringList *addresses, const char *error) {
        RedisConnection *c = userdata;
        char why[256];

        c->resolution = NULL; /* frees itself after this call */
        if (addresses->count == 0) {
                (void)snprintf(why, sizeof why, "%s cannot be resolved: %s", c->target.place->host, error);
                return connection_failed(c, why);
        }
        string_list_clear(&c->addresses);
        for (size_t i = 0; i < addresses->count; i++)
                string_list_add(&c->addresses, addresses->items[i]);
        c->left = c->addresses.count - 1;
        try_address(c);
}

void redis_connection_open(RedisConnection *c, RedisTarget target) {
        c->target = target;
        c->left = 0;
        arm_deadline(c, target.open_seconds);
        if (target.socket_path)
                begin(c, redisAsyncConnectUnix(target.socket_path));
        else if (resolve_start(&c->resolution, c->event, target.place->host, on_resolved, c) < 0)
                connection_failed(c, "the resolver could not be started");
}

RedisConnection *redis_connection_new(sd_event *event, RedisConnectionHandlers handlers) {
        RedisConnection *c = new0(RedisConnection);

        *c = (RedisConnection){ .event = sd_event_ref(event), .handlers = handlers };
        return c;
}

RedisConnection *redis_connection_free(RedisConnection *c) {
        if (!c)
                return NULL;
        redis_connection_close(c);
        c->deadline = sd_event_source_disable_unref(c->deadline);
        c->dropping = sd_event_source_disable_unref(c->dropping);
        string_list_clear(&c->addresses);
        c->tls = redis_tls_free(c->tls);
        sd_event_unref(c->event);
        free(c);
        return NULL;
}
