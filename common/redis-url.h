/* Where Redis is: redis://[user[:password]@]host[:port][/db], rediss://…, unix:///path[?db=N], or who knows it:
 * redis-sentinel://[user[:password]@]host[:port],host[:port],…/master-name[/db], rediss-sentinel://…. Pure. */
#pragma once

#include "common/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REDIS_SENTINELS_MAX = 16 };

typedef struct RedisPlace {
        char *host;
        uint16_t port;
} RedisPlace;

/* One of place.host, socket_path and master is set, the others are NULL. */
typedef struct RedisUrl {
        RedisPlace place;
        char *socket_path;
        char *master;          /* as the sentinels name it */
        RedisPlace *sentinels; /* at least one where there is a master */
        size_t n_sentinels;
        char *user;                              /* of Redis, or NULL */
        char *password;                          /* or NULL */
        char *sentinel_user, *sentinel_password; /* not from the URL; or NULL */
        unsigned database;
        bool tls; /* to sentinels, too */
} RedisUrl;

/* Percent-encoding is undone in user, password and path; [IPv6] is understood. Returns 0, or -EINVAL with a message in
 * *ret_message that does not quote the password. */
int redis_url_parse(const char *text, RedisUrl **ret, char **ret_message);
/* For people: without user and password. The caller owns it. */
char *redis_url_describe(const RedisUrl *u);
/* host:port, or [IPv6]:port. The caller owns it. */
char *redis_place_describe(const RedisPlace *p);
RedisUrl *redis_url_free(RedisUrl *u);
DEFINE_CLEANUP(RedisUrl *, redis_url_free);
