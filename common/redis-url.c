/* Where Redis is. Messages quote nothing that could be a password, wherever somebody wrote it by mistake. */
#include "common/redis-url.h"

#include "common/hostname.h"
#include "common/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

enum { REDIS_PORT = 6379, SENTINEL_PORT = 26379, DATABASE_MAX = 65535, MASTER_NAME_MAX = 127, SHOWN_MAX = 40 };

static int complain(char **ret_message, const char *message) {
        *ret_message = xstrdup(message);
        return -EINVAL;
}

static int hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Undoes percent-encoding; NULL where it is broken or hides a NUL. */
static char *percent_decoded(const char *text, size_t size) {
        _cleanup_free_ char *decoded = xcalloc(size + 1, 1);
        char *to = decoded;

        for (size_t i = 0; i < size; i++) {
                if (text[i] != '%') {
                        *to++ = text[i];
                        continue;
                }
                int high = i + 1 < size ? hex_digit(text[i + 1]) : -1;
                int low = i + 2 < size ? hex_digit(text[i + 2]) : -1;
                if (high < 0 || low < 0 || high + low == 0)
                        return NULL;
                *to++ = (char)(high * 16 + low);
                i += 2;
        }
        return TAKE_PTR(decoded);
}

static int parse_database(RedisUrl *u, const char *text, char **ret_message) {
        uint64_t database;

        if (parse_unsigned(text, 0, DATABASE_MAX, &database) < 0)
                return complain(ret_message, "the database must be a number from 0 to 65535");
        u->database = (unsigned)database;
        return 0;
}

/* user, user:password or :password; what is empty is as if it were not there. */
static int parse_credentials(RedisUrl *u, const char *text, size_t size, char **ret_message) {
        const char *colon = memchr(text, ':', size);
        size_t user_size = colon ? (size_t)(colon - text) : size;
        _cleanup_free_ char *user = percent_decoded(text, user_size);
        _cleanup_free_ char *password = colon ? percent_decoded(colon + 1, size - user_size - 1) : xstrdup("");

        if (!user || !password)
                return complain(ret_message,
                                "user and password: a \"%\" must be followed by two hex digits (\"%25\" is "
                                "the sign itself)");
        if (*user)
                u->user = TAKE_PTR(user);
        if (*password)
                u->password = TAKE_PTR(password);
        return 0;
}

static int parse_host(RedisPlace *p, const char *text, size_t size, char **ret_message) {
        bool bracketed = size >= 2 && text[0] == '[' && text[size - 1] == ']';
        _cleanup_free_ char *host = bracketed ? xstrndup(text + 1, size - 2) : xstrndup(text, size);

        if (!*host)
                return complain(ret_message, "the host is missing");
        if (address_is_ipv6(host) != bracketed)
                return complain(ret_message, bracketed ? "what is in brackets must be an IPv6 address"
                                                       : "an IPv6 address must be in brackets");
        if (!endpoint_host_is_valid(host))
                return complain(ret_message, "the host must be a name or an address");
        p->host = TAKE_PTR(host);
        return 0;
}

/* host[:port] */
static int parse_place(RedisPlace *p, const char *text, uint16_t default_port, char **ret_message) {
        const char *bracket = strchr(text, ']');
        const char *colon = strrchr(bracket ? bracket : text, ':');
        size_t host_size = strlen(text);

        p->port = default_port;
        if (colon && !address_is_ipv6(text)) {
                host_size = (size_t)(colon - text);
                if (parse_port(colon + 1, &p->port) < 0)
                        return complain(ret_message, "the port must be a number from 1 to 65535");
        }
        return parse_host(p, text, host_size, ret_message);
}

/* host[:port][/db] */
static int parse_server(RedisUrl *u, const char *text, char **ret_message) {
        _cleanup_free_ char *place = xstrndup(text, strcspn(text, "/?#"));
        const char *rest = text + strlen(place);
        int r = parse_place(&u->place, place, REDIS_PORT, ret_message);

        if (r < 0)
                return r;
        if (*rest && *rest != '/')
                return complain(ret_message, "nothing but a port and /DATABASE may follow the host");
        return rest[0] == '/' && rest[1] ? parse_database(u, rest + 1, ret_message) : 0;
}

/* host[:port],… */
static int parse_sentinels(RedisUrl *u, const char *text, char **ret_message) {
        for (const char *end; text; text = *end ? end + 1 : NULL) {
                end = text + strcspn(text, ",");
                _cleanup_free_ char *place = xstrndup(text, (size_t)(end - text));
                if (u->n_sentinels == REDIS_SENTINELS_MAX)
                        return complain(ret_message, "more than 16 sentinels; three or five are enough");
                array_grow(u->sentinels, u->n_sentinels);
                u->sentinels[u->n_sentinels++] = (RedisPlace){ 0 };
                int r = parse_place(&u->sentinels[u->n_sentinels - 1], place, SENTINEL_PORT, ret_message);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* What Redis lets a master be called. */
static bool master_name_is_valid(const char *name) {
        size_t size = strlen(name);

        return size > 0 && size <= MASTER_NAME_MAX &&
               strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_") == size;
}

/* host[:port],…/master-name[/db] */
static int parse_watched(RedisUrl *u, const char *text, char **ret_message) {
        _cleanup_free_ char *places = xstrndup(text, strcspn(text, "/"));
        const char *name = text + strlen(places);
        int r = parse_sentinels(u, places, ret_message);

        if (r < 0)
                return r;
        name += *name == '/';
        const char *database = name + strcspn(name, "/");
        u->master = xstrndup(name, (size_t)(database - name));
        if (!master_name_is_valid(u->master))
                return complain(ret_message,
                                "behind the sentinels must stand /MASTER-NAME, as their `sentinel monitor` names it: "
                                "letters, digits, \".\", \"-\" and \"_\"");
        return database[0] && database[1] ? parse_database(u, database + 1, ret_message) : 0;
}

typedef int PlaceParser(RedisUrl *u, const char *text, char **ret_message);

/* [user[:password]@]… The last "@" counts: what stands before it may hold any character. */
static int parse_guarded(RedisUrl *u, const char *text, PlaceParser *parse, char **ret_message) {
        const char *at = strrchr(text, '@');

        if (at) {
                int r = parse_credentials(u, text, (size_t)(at - text), ret_message);
                if (r < 0)
                        return r;
        }
        return parse(u, at ? at + 1 : text, ret_message);
}

static int parse_network(RedisUrl *u, const char *text, char **ret_message) {
        return parse_guarded(u, text, parse_server, ret_message);
}

static int parse_sentinel(RedisUrl *u, const char *text, char **ret_message) {
        return parse_guarded(u, text, parse_watched, ret_message);
}

/* /path[?db=N] */
static int parse_socket(RedisUrl *u, const char *text, char **ret_message) {
        size_t size = strcspn(text, "?");
        const char *query = text + size;
        _cleanup_free_ char *path = percent_decoded(text, size);

        if (!path || *path != '/')
                return complain(ret_message, "a socket must be given by its absolute path: unix:///path?db=N");
        if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
                return complain(ret_message, "the path of a socket has at most 107 bytes");
        u->socket_path = TAKE_PTR(path);
        if (!*query)
                return 0;
        if (!has_prefix(query, "?db="))
                return complain(ret_message, "nothing but ?db=N may follow the path of a socket");
        return parse_database(u, query + strlen("?db="), ret_message);
}

static int unknown_scheme(const char *text, char **ret_message) {
        const char *end = strstr(text, "://");
        _cleanup_free_ char *scheme = end ? printable(text, (size_t)(end - text), SHOWN_MAX) : NULL;

        if (!scheme)
                return complain(ret_message, "it must begin with redis://, rediss://, unix:// or redis-sentinel://");
        *ret_message =
                xasprintf("%s: the scheme must be redis, rediss, unix, redis-sentinel or rediss-sentinel", scheme);
        return -EINVAL;
}

int redis_url_parse(const char *text, RedisUrl **ret, char **ret_message) {
        static const struct {
                const char *scheme;
                PlaceParser *parse;
                bool tls;
        } schemes[] = {
                { "redis://", parse_network, false },
                { "rediss://", parse_network, true },
                { "unix://", parse_socket, false },
                { "redis-sentinel://", parse_sentinel, false },
                { "rediss-sentinel://", parse_sentinel, true },
        };
        _cleanup_(redis_url_freep) RedisUrl *u = new0(RedisUrl);

        for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
                size_t size = strlen(schemes[i].scheme);
                if (strncasecmp(text, schemes[i].scheme, size) != 0)
                        continue;
                u->tls = schemes[i].tls;
                int r = schemes[i].parse(u, text + size, ret_message);
                if (r < 0)
                        return r;
                *ret = TAKE_PTR(u);
                return 0;
        }
        return unknown_scheme(text, ret_message);
}

char *redis_place_describe(const RedisPlace *p) {
        return xasprintf(address_is_ipv6(p->host) ? "[%s]:%u" : "%s:%u", p->host, p->port);
}

static char *describe_sentinels(const RedisUrl *u) {
        _cleanup_string_list_ StringList places = { 0 };

        for (size_t i = 0; i < u->n_sentinels; i++)
                string_list_take(&places, redis_place_describe(&u->sentinels[i]));
        return string_list_join(&places, ",");
}

char *redis_url_describe(const RedisUrl *u) {
        const char *scheme = u->tls ? "rediss" : "redis";

        if (u->socket_path) {
                _cleanup_free_ char *path = printable(u->socket_path, strlen(u->socket_path), SIZE_MAX);
                return xasprintf("unix://%s?db=%u", path, u->database);
        }
        _cleanup_free_ char *place = u->master ? describe_sentinels(u) : redis_place_describe(&u->place);
        if (u->master)
                return xasprintf("%s-sentinel://%s/%s/%u", scheme, place, u->master, u->database);
        return xasprintf("%s://%s/%u", scheme, place, u->database);
}

RedisUrl *redis_url_free(RedisUrl *u) {
        if (!u)
                return NULL;
        for (size_t i = 0; i < u->n_sentinels; i++)
                free(u->sentinels[i].host);
        free(u->sentinels);
        free(u->place.host);
        free(u->socket_path);
        free(u->master);
        free(u->user);
        free(u->password);
        free(u->sentinel_user);
        free(u->sentinel_password);
        free(u);
        return NULL;
}
