/* The reply to SCAN, whoever may have written it. */
#pragma once

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether it is a cursor and an array of keys, and nothing but strings. */
static inline bool redis_is_scan_step(const redisReply *reply) {
        if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
            reply->element[0]->type != REDIS_REPLY_STRING || reply->element[1]->type != REDIS_REPLY_ARRAY)
                return false;
        for (size_t i = 0; i < reply->element[1]->elements; i++)
                if (reply->element[1]->element[i]->type != REDIS_REPLY_STRING)
                        return false;
        return true;
}
