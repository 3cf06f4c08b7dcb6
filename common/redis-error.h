/* What to do about what Redis refuses. Pure. */
#pragma once

#include <stdbool.h>

/* What is known of the question; all borrowed. */
typedef struct RedisErrorContext {
        const char *command, *key; /* what was asked for, and its first key or channel; or NULL */
        const char *user;          /* as whom; NULL: the default user */
        bool sentinel;             /* a sentinel was asked */
} RedisErrorContext;

/* The error, printable and cut, and what a person can do about it where that is known. `error` is what Redis replied
 * or what hiredis made of it. One line, owned by the caller. */
char *redis_error_explain(const char *error, const RedisErrorContext *context);

/* Whether it speaks of the server, not of what was asked: whatever is asked next will fare no better. */
bool redis_error_is_of_server(const char *error);
