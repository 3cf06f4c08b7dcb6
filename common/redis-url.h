/* Where Redis is: redis://[user[:password]@]host[:port][/db], rediss://…, unix:///path[?db=N]. Pure. */
#pragma once

#include "common/memory.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct RedisUrl {
        char *host; /* NULL with a unix socket */
        uint16_t port;
        char *socket_path; /* NULL with a host */
        char *user;        /* or NULL */
        char *password;    /* or NULL */
        unsigned database;
        bool tls;
} RedisUrl;

/* Percent-encoding is undone in user, password and path; [IPv6] is understood. Returns 0, or -EINVAL with a message in
 * *ret_message that does not quote the password. */
int redis_url_parse(const char *text, RedisUrl **ret, char **ret_message);
/* For people: without user and password. The caller owns it. */
char *redis_url_describe(const RedisUrl *u);
RedisUrl *redis_url_free(RedisUrl *u);
DEFINE_CLEANUP(RedisUrl *, redis_url_free);
