/* What may come back from SCAN, and what is looked into without harm. */
#include "common/redis-scan.h"
#include "tests/unit/check-main.h"

#include <string.h>

START_TEST(only_a_cursor_with_keys_is_a_step) {
        static const struct {
                const char *bytes;
                bool is_step;
        } cases[] = {
                { "*2\r\n$1\r\n0\r\n*0\r\n", true },
                { "*2\r\n$1\r\n0\r\n*1\r\n$1\r\na\r\n", true },
                { "*2\r\n$-1\r\n*0\r\n", false },
                { "*2\r\n:0\r\n*0\r\n", false },
                { "*2\r\n$1\r\n0\r\n:1\r\n", false },
                { "*2\r\n$1\r\n0\r\n*-1\r\n", false },
                { "*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n:1\r\n", false },
                { "*2\r\n$1\r\n0\r\n*1\r\n$-1\r\n", false },
                { "*1\r\n$1\r\n0\r\n", false },
                { "$1\r\n0\r\n", false },
                { "-ERR no\r\n", false },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                redisReader *reader = redisReaderCreate();
                void *reply = NULL;
                ck_assert_int_eq(redisReaderFeed(reader, cases[i].bytes, strlen(cases[i].bytes)), REDIS_OK);
                ck_assert_int_eq(redisReaderGetReply(reader, &reply), REDIS_OK);
                ck_assert_ptr_nonnull(reply);
                ck_assert_msg(redis_is_scan_step(reply) == cases[i].is_step, "%s", cases[i].bytes);
                freeReplyObject(reply);
                redisReaderFree(reader);
        }
}
END_TEST

TEST_MAIN("redis-scan", only_a_cursor_with_keys_is_a_step)
