/* What to do about what Redis refuses: a table by the words that its errors begin with. */
#include "common/redis-error.h"

#include "common/text.h"

#include <string.h>

enum { QUOTE_MAX = 160, NAME_MAX_SHOWN = 128 };

typedef char *AdviseFunc(const char *error, const RedisErrorContext *context);

typedef struct Row {
        const char *code;     /* the error begins with that */
        const char *mentions; /* and has that in it; NULL: whatever it has */
        const char *advice;   /* or, where it is NULL: */
        AdviseFunc *advise;   /* the caller owns what it returns */
        bool of_server;
} Row;

/* What Redis has under a name of ours was made by nobody of us. */
static char *advise_type(const char *error, const RedisErrorContext *context) {
        _cleanup_free_ char *key =
                context->key ? printable(context->key, strlen(context->key), NAME_MAX_SHOWN) : xstrdup("that key");

        (void)error;
        return xasprintf("something else has written there: see `TYPE %s`, and delete it", key);
}

/* Redis names the command, but neither key nor channel. */
static char *advise_permission(const char *error, const RedisErrorContext *context) {
        const char *user_name = context->user ? context->user : "default";
        const char *name = context->key ? context->key : "PATTERN";
        _cleanup_free_ char *command = lower_case(context->command ? context->command : "COMMAND");
        _cleanup_free_ char *user = printable(user_name, strlen(user_name), NAME_MAX_SHOWN);
        _cleanup_free_ char *shown = printable(name, strlen(name), NAME_MAX_SHOWN);

        if (strstr(error, "script"))
                return xasprintf("user %s must also have the commands and keys of the script that %s runs", user,
                                 command);
        if (strstr(error, "channel"))
                return xasprintf("%s wanted %s: ACL SETUSER %s '&%s'", command, shown, user, shown);
        if (strstr(error, "key"))
                return xasprintf("%s wanted %s: ACL SETUSER %s with a ~pattern that covers it", command, shown, user);
        return xasprintf("ACL SETUSER %s +%s", user, command);
}

static const Row of_sentinels[] = {
        { .code = "NOAUTH",
          .advice = "this sentinel wants a password: --redis-sentinel-password-file=FILE, or the credential "
                    "redis-sentinel-password" },
        { .code = "WRONGPASS",
          .advice = "this sentinel has another password or user: look at --redis-sentinel-password-file and "
                    "--redis-sentinel-user" },
        { .code = "ERR",
          .mentions = "without any password",
          .advice = "this sentinel has no password: leave out --redis-sentinel-password-file and the credential "
                    "redis-sentinel-password" },
        { .code = "ERR unknown command",
          .advice = "that is no sentinel: name the sentinels' ports (26379), or that Redis itself with redis://" },
};

static const Row of_servers[] = {
        { .code = "OOM",
          .advice = "Redis has reached its maxmemory: raise it (CONFIG SET maxmemory), or take out what else is in "
                    "there" },
        { .code = "LOADING",
          .advice = "Redis reads its file after a start: it takes part when it has done so",
          .of_server = true },
        { .code = "MISCONF",
          .advice =
                  "Redis cannot save to its disk: see its log, make room there or mend the rights of its directory" },
        { .code = "NOAUTH",
          .advice = "Redis wants a password: --redis-password-file=FILE, or the credential redis-password",
          .of_server = true },
        { .code = "WRONGPASS",
          .advice = "Redis has another password or user: look at --redis-password-file (or the credential "
                    "redis-password) and the user in --redis-url" },
        { .code = "ERR",
          .mentions = "without any password",
          .advice = "this Redis has no password: leave out --redis-password-file, or set requirepass there" },
        { .code = "NOPERM", .advise = advise_permission },
        { .code = "READONLY",
          .advice = "that is a replica: name the primary, or sentinels, who know it: --redis-url=redis-sentinel://…",
          .of_server = true },
        { .code = "MASTERDOWN",
          .advice = "that is a replica which has lost its primary: name the primary, or sentinels, who know it: "
                    "--redis-url=redis-sentinel://…",
          .of_server = true },
        { .code = "NOREPLICAS",
          .advice = "fewer replicas follow Redis than its min-replicas-to-write: start them, or lower it" },
        { .code = "CLUSTERDOWN", .advice = "that is Redis Cluster: name a Redis without it, cluster-enabled no" },
        { .code = "MOVED", .advice = "that is Redis Cluster: name a Redis without it, cluster-enabled no" },
        { .code = "CROSSSLOT", .advice = "that is Redis Cluster: name a Redis without it, cluster-enabled no" },
        { .code = "ERR",
          .mentions = "in cluster mode",
          .advice = "that is Redis Cluster: name a Redis without it, cluster-enabled no" },
        { .code = "ERR",
          .mentions = "DB index",
          .advice = "--redis-url names a database that Redis does not have: see `databases` in its configuration" },
        { .code = "WRONGTYPE", .advise = advise_type },
        { .code = "BUSY", .advice = "a script of somebody else's keeps Redis busy: SCRIPT KILL there ends it" },
        { .code = "DENIED",
          .advice = "Redis takes nobody from other hosts yet: give it a password (requirepass), or bind it to a "
                    "private address and set protected-mode no" },
        { .code = "ERR max number of clients",
          .advice = "raise maxclients there, or see with CLIENT LIST who has all those connections" },
        { .code = "ERR unknown command",
          .advice = "a sentinel (then the URL begins with redis-sentinel://), or a Redis whose commands are renamed" },
        { .code = "Protocol error",
          .advice = "what listens there is no Redis, or one that wants TLS (rediss://): look at host and port" },
};

static const Row *find_row(const Row *rows, size_t count, const char *error) {
        for (size_t i = 0; i < count; i++)
                if (has_prefix(error, rows[i].code) && (!rows[i].mentions || strstr(error, rows[i].mentions)))
                        return &rows[i];
        return NULL;
}

/* The caller owns it; NULL: nothing is known. */
static char *advice_about(const char *error, const RedisErrorContext *context) {
        const Row *row =
                context->sentinel ? find_row(of_sentinels, sizeof of_sentinels / sizeof *of_sentinels, error) : NULL;

        if (!row)
                row = find_row(of_servers, sizeof of_servers / sizeof *of_servers, error);
        if (!row)
                return NULL;
        return row->advise ? row->advise(error, context) : xstrdup(row->advice);
}

char *redis_error_explain(const char *error, const RedisErrorContext *context) {
        size_t size = strlen(error);
        _cleanup_free_ char *advice = advice_about(error, context);
        char *said = printable(error, size > 0 && error[size - 1] == '.' ? size - 1 : size, QUOTE_MAX);

        if (!advice)
                return said;
        char *explained = xasprintf("%s; %s", said, advice);
        free(said);
        return explained;
}

bool redis_error_is_of_server(const char *error) {
        const Row *row = find_row(of_servers, sizeof of_servers / sizeof *of_servers, error);

        return row && row->of_server;
}
