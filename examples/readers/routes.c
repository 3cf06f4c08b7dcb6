/* Keeps FILE up to date: a line "DOMAIN HOST:PORT" for each endpoint of each domain that is served over HTTP.
 * usage: routes FILE [SOCKET OF REDIS] */
#include "beachhead/registration.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* What is wrong with a part of a value costs that part alone. */
static void on_problem(void *key, const char *domain, const char *reason) {
        (void)fprintf(stderr, "%s: %s is left out: %s\n", (const char *)key, domain ? domain : "a route", reason);
}

static void write_routes(FILE *file, char *key, const redisReply *value) {
        Registration *registration;

        if (!value || value->type != REDIS_REPLY_STRING ||
            registration_decode(&registration, value->str, value->len, on_problem, key) < 0)
                return;
        for (size_t i = 0; i < registration->n_routes; i++) {
                const Route *route = &registration->routes[i];
                if (route->http.host && !route->unknown)
                        (void)fprintf(file, "%s %s:%u\n", route->domain, route->http.host, route->http.port);
        }
        (void)registration_free(registration);
}

/* One pass; false: Redis could not be read to the end. */
static bool write_all(redisContext *redis, FILE *file) {
        redisReply *scan = NULL, *value = NULL;
        char cursor[32] = "0";

        do {
                freeReplyObject(scan);
                scan = redisCommand(redis, "SCAN %s MATCH /beachhead/* COUNT 1000", cursor);
                if (!scan || scan->type != REDIS_REPLY_ARRAY)
                        return false;
                (void)snprintf(cursor, sizeof cursor, "%s", scan->element[0]->str);
                for (size_t i = 0; i < scan->element[1]->elements; i++) {
                        char *key = scan->element[1]->element[i]->str;
                        if (!(value = redisCommand(redis, "GET %s", key)))
                                return false;
                        write_routes(file, key, value);
                        freeReplyObject(value);
                }
        } while (strcmp(cursor, "0") != 0);
        freeReplyObject(scan);
        return true;
}

/* Writes the file anew at every change that is heard of; returns when Redis cannot be read, or was silent for ten
 * seconds: leases end in silence, so it is time to look again. */
static void follow(redisContext *redis, redisContext *changes, const char *path, const char *fresh) {
        void *change = redisCommand(changes, "SUBSCRIBE /beachhead-changes"); /* listen first, then look: no gap */

        (void)redisSetTimeout(changes, (struct timeval){ .tv_sec = 10 });
        while (change) {
                FILE *file = fopen(fresh, "we");
                bool whole = file && write_all(redis, file);
                if (!file || fclose(file) != 0 || !whole || rename(fresh, path) != 0)
                        return perror(path);
                freeReplyObject(change);
                change = NULL;
                (void)redisGetReply(changes, &change);
        }
}

int main(int argc, char **argv) {
        const char *path = argc > 1 ? argv[1] : "routes", *socket = argc > 2 ? argv[2] : "/run/redis/redis.sock";
        char fresh[4096];

        (void)snprintf(fresh, sizeof fresh, "%s.new", path);
        for (;; sleep(1)) {
                redisContext *redis = redisConnectUnix(socket), *changes = redisConnectUnix(socket);
                follow(redis, changes, path, fresh);
                redisFree(redis);
                redisFree(changes);
        }
}
