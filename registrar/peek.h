/* What a key holds, and no more of it than tells that it is too large: anybody may have written it. */
#pragma once

#include "common/redis-link.h"

#include <stdbool.h>
#include <stddef.h>

/* GETRANGE of one byte more than `max`. Where the link is not up, `done` is called with NULL from here. */
void redis_peek(RedisLink *l, RedisReplyFunc *done, void *userdata, const char *key, size_t max);

/* What that replies: something is there, as far as a string can be. */
bool redis_is_value(const redisReply *reply);
/* It could not be looked at. A key that holds something else than a string is no refusal. */
bool redis_is_refusal(const redisReply *reply);
