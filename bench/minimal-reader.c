/* The least that reading all registrations can cost, for measuring: nothing is made of the values.
 *
 * minimal-reader SOCKET mget PREFIX: SCAN and one MGET a batch. minimal-reader SOCKET get PREFIX: SCAN and one GET a
 * key, as confd's backend reads. Prints how many values, and how many bytes of them. */
#include "common/memory.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define BATCH "1000"

typedef struct Reader {
        redisContext *redis;
        size_t values, bytes;
} Reader;

static void take(Reader *r, const redisReply *value) {
        if (value->type != REDIS_REPLY_STRING)
                return; /* it ended meanwhile */
        r->values++;
        r->bytes += value->len;
}

static bool get_each(Reader *r, const redisReply *keys) {
        for (size_t i = 0; i < keys->elements; i++) {
                redisReply *value = redisCommand(r->redis, "GET %b", keys->element[i]->str, keys->element[i]->len);
                if (!value)
                        return false;
                take(r, value);
                freeReplyObject(value);
        }
        return true;
}

static bool get_all(Reader *r, const redisReply *keys) {
        size_t count = keys->elements + 1;
        _cleanup_free_ const char **words = xcalloc(count, sizeof *words);
        _cleanup_free_ size_t *sizes = xcalloc(count, sizeof *sizes);

        words[0] = "MGET";
        sizes[0] = strlen(words[0]);
        for (size_t i = 1; i < count; i++) {
                words[i] = keys->element[i - 1]->str;
                sizes[i] = keys->element[i - 1]->len;
        }
        redisReply *values = count > 1 ? redisCommandArgv(r->redis, (int)count, words, sizes) : NULL;
        for (size_t i = 0; values && i < values->elements; i++)
                take(r, values->element[i]);
        freeReplyObject(values);
        return count == 1 || values;
}

static bool read_everything(Reader *r, const char *prefix, bool (*get)(Reader *r, const redisReply *keys)) {
        _cleanup_free_ char *cursor = xstrdup("0");
        bool ok = true;

        do {
                redisReply *step = redisCommand(r->redis, "SCAN %s MATCH %s* COUNT " BATCH, cursor, prefix);
                ok = step && step->type == REDIS_REPLY_ARRAY && step->elements == 2;
                if (ok) {
                        REPLACE_PTR(cursor, xstrdup(step->element[0]->str));
                        ok = get(r, step->element[1]);
                }
                freeReplyObject(step);
        } while (ok && strcmp(cursor, "0") != 0);
        return ok;
}

int main(int argc, char *argv[]) {
        bool is_get = argc == 4 && strcmp(argv[2], "get") == 0;

        if (argc != 4 || (!is_get && strcmp(argv[2], "mget") != 0)) {
                (void)fprintf(stderr, "usage: minimal-reader SOCKET mget|get PREFIX\n");
                return 2;
        }
        Reader r = { .redis = redisConnectUnix(argv[1]) };
        if (!r.redis || r.redis->err || !read_everything(&r, argv[3], is_get ? get_each : get_all)) {
                (void)fprintf(stderr, "minimal-reader: %s\n", r.redis ? r.redis->errstr : "out of memory");
                return EXIT_FAILURE;
        }
        (void)printf("%zu values, %zu bytes\n", r.values, r.bytes);
        redisFree(r.redis);
        return EXIT_SUCCESS;
}
