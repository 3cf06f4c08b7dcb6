/* What the exchange has Redis do in one step. The first key is the lock, the first argument our token.
 *
 * The lock is a string with a lease: the owner's token; empty, the owner has let go of it. What is no string under
 * that name is nobody's. No more of a value is looked at than a token, or a revision, can have. */
#pragma once

#define EXCHANGE_LOCK_SCRIPT                                                                                          \
        "local kind = redis.call('TYPE', KEYS[1]).ok\n"                                                               \
        "local holder = kind == 'string' and redis.call('GETRANGE', KEYS[1], 0, 255)\n"

/* A turn: takes the lock, or keeps it, for ARGV[2] milliseconds; one that is not there only where ARGV[3] is 1.
 * Returns who holds it, its time left, and the revision in KEYS[2]. */
#define EXCHANGE_TURN_SCRIPT                                                                                          \
        EXCHANGE_LOCK_SCRIPT                                                                                          \
        "if holder == ARGV[1] or holder == '' or not holder and ARGV[3] == '1' then\n"                                \
        "  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"                                                      \
        "  holder = ARGV[1]\n"                                                                                        \
        "end\n"                                                                                                       \
        "local revision = ''\n"                                                                                       \
        "if redis.call('TYPE', KEYS[2]).ok == 'string' then\n"                                                        \
        "  revision = redis.call('GETRANGE', KEYS[2], 0, 127)\n"                                                      \
        "end\n"                                                                                                       \
        "return {holder or '', redis.call('PTTL', KEYS[1]), revision}\n"

/* Lets go of the lock. It stays, empty, for ARGV[2] milliseconds: one that was merely gone could have been lost. */
#define EXCHANGE_RELEASE_SCRIPT                                                                                       \
        EXCHANGE_LOCK_SCRIPT                                                                                          \
        "if holder == ARGV[1] then redis.call('SET', KEYS[1], '', 'PX', ARGV[2]) end\n"                               \
        "return 1\n"

/* Sets KEYS[2] to ARGV[2], with the words that follow, where the lock is ours. Returns 1, else 0. */
#define EXCHANGE_WRITE_SCRIPT                                                                                         \
        EXCHANGE_LOCK_SCRIPT                                                                                          \
        "if holder ~= ARGV[1] then return 0 end\n"                                                                    \
        "redis.call('SET', KEYS[2], ARGV[2], unpack(ARGV, 3))\n"                                                      \
        "return 1\n"
