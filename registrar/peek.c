/* A look at a key of Redis. */
#include "registrar/peek.h"

#include "common/text.h"

#include <stdio.h>

void redis_peek(RedisLink *l, RedisReplyFunc *done, void *userdata, const char *key, size_t max) {
        char last[24];

        (void)snprintf(last, sizeof last, "%zu", max);
        redis_link_call(l, done, userdata, "GETRANGE", key, "0", last, NULL);
}

bool redis_is_value(const redisReply *reply) {
        return reply->type == REDIS_REPLY_STRING && reply->len > 0;
}

bool redis_is_refusal(const redisReply *reply) {
        return reply->type == REDIS_REPLY_ERROR ? !has_prefix(reply->str, "WRONGTYPE")
                                                : reply->type != REDIS_REPLY_STRING;
}
