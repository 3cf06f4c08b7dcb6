/* Whatever Redis refuses, the operator reads what Redis said and what to do about it. */
#include "common/redis-error.h"
#include "common/text.h"
#include "tests/unit/check-main.h"

#include <string.h>

static const RedisErrorContext no_context;

static void check_said(const char *error, const RedisErrorContext *context, const char *said) {
        _cleanup_free_ char *explained = redis_error_explain(error, context);

        ck_assert_msg(strstr(explained, said), "%s: said \"%s\"", error, explained);
        ck_assert_msg(strncmp(explained, error, 5) == 0, "%s: said \"%s\"", error, explained);
}

START_TEST(each_refusal_comes_with_what_to_do) {
        static const struct {
                const char *error, *said;
        } cases[] = {
                { "OOM command not allowed when used memory > 'maxmemory'.", "'maxmemory'; Redis has reached its" },
                { "LOADING Redis is loading the dataset in memory", "memory; Redis reads its file" },
                { "MISCONF Redis is configured to save RDB snapshots, but it's currently", "cannot save to its disk" },
                { "NOAUTH Authentication required.", "required; Redis wants a password: --redis-password-file" },
                { "WRONGPASS invalid username-password pair or user is disabled.", "another password or user" },
                { "ERR AUTH <password> called without any password configured for the default user. Are you sure?",
                  "this Redis has no password" },
                { "READONLY You can't write against a read only replica.", "replica; that is a replica: name the" },
                { "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
                  "lost its primary" },
                { "NOREPLICAS Not enough good replicas to write.", "min-replicas-to-write" },
                { "CLUSTERDOWN Hash slot not served", "cluster-enabled no" },
                { "MOVED 3999 127.0.0.1:6381", "cluster-enabled no" },
                { "ERR SELECT is not allowed in cluster mode", "cluster-enabled no" },
                { "ERR DB index is out of range", "names a database that Redis does not have" },
                { "BUSY Redis is busy running a script.", "SCRIPT KILL" },
                { "DENIED Redis is running in protected mode because protected mode is enabled", "requirepass" },
                { "ERR max number of clients reached", "raise maxclients" },
                { "ERR unknown command 'SELECT', with args beginning with: '0' ", "redis-sentinel://" },
                { "Protocol error, got \"H\" as reply type byte", "is no Redis" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                check_said(cases[i].error, &no_context, cases[i].said);
}
END_TEST

START_TEST(a_missing_permission_is_named) {
        static const RedisErrorContext of_key = { .command = "SETEX", .key = "/beachhead/web@n1", .user = "n1" };
        static const RedisErrorContext of_channel = { .command = "PUBLISH", .key = "/beachhead-fences" };

        check_said("NOPERM this user has no permissions to run the 'setex' command", &of_key, "ACL SETUSER n1 +setex");
        check_said("NOPERM this user has no permissions to access one of the keys used as arguments", &of_key,
                   "setex wanted /beachhead/web@n1: ACL SETUSER n1 with a ~pattern that covers it");
        check_said("NOPERM this user has no permissions to access one of the channels used as arguments", &of_channel,
                   "publish wanted /beachhead-fences: ACL SETUSER default '&/beachhead-fences'");
        check_said("NOPERM this user has no permissions to access one of the keys used as arguments", &no_context,
                   "ACL SETUSER default with a ~pattern");
        check_said("NOPERM ACL failure in script: The user executing the script can't run this command", &of_key,
                   "user n1 must also have the commands and keys of the script");
}
END_TEST

START_TEST(a_key_of_the_wrong_type_is_named) {
        static const RedisErrorContext context = { .command = "STRLEN", .key = "/beachhead/we\nb" };

        check_said("WRONGTYPE Operation against a key holding the wrong kind of value", &context,
                   "TYPE /beachhead/we\\x0ab");
        check_said("WRONGTYPE Operation against a key holding the wrong kind of value", &no_context, "that key");
}
END_TEST

START_TEST(sentinels_have_their_own_passwords) {
        static const RedisErrorContext sentinel = { .sentinel = true };

        check_said("NOAUTH Authentication required.", &sentinel, "--redis-sentinel-password-file");
        check_said("WRONGPASS invalid username-password pair", &sentinel, "--redis-sentinel-user");
        check_said("ERR AUTH <password> called without any password configured", &sentinel,
                   "sentinel has no password");
        check_said("ERR unknown command 'SENTINEL', with args beginning with: ", &sentinel, "that is no sentinel");
        check_said("Protocol error, got \"H\" as reply type byte", &sentinel, "is no Redis");
}
END_TEST

START_TEST(what_is_not_known_is_said_as_it_is_but_on_one_short_line) {
        char large[1000];

        memset(large, 'x', sizeof large - 1);
        large[sizeof large - 1] = '\0';
        _cleanup_free_ char *plain = redis_error_explain("closed", &no_context);
        _cleanup_free_ char *hostile = redis_error_explain("ERR \x1b[2J\nfine.", &no_context);
        _cleanup_free_ char *cut = redis_error_explain(large, &no_context);
        _cleanup_free_ char *empty = redis_error_explain("", &no_context);
        ck_assert_str_eq(plain, "closed");
        ck_assert_str_eq(hostile, "ERR \\x1b[2J\\x0afine");
        ck_assert_uint_lt(strlen(cut), 200);
        ck_assert_str_eq(empty, "");
}
END_TEST

START_TEST(only_what_speaks_of_the_server_ends_a_connection) {
        static const char *const of_server[] = { "READONLY x", "LOADING x", "MASTERDOWN x", "NOAUTH x" };
        static const char *const of_command[] = { "OOM x", "NOPERM x", "WRONGTYPE x", "ERR x", "NOREPLICAS x", "" };

        for (size_t i = 0; i < sizeof of_server / sizeof *of_server; i++)
                ck_assert_msg(redis_error_is_of_server(of_server[i]), "%s", of_server[i]);
        for (size_t i = 0; i < sizeof of_command / sizeof *of_command; i++)
                ck_assert_msg(!redis_error_is_of_server(of_command[i]), "%s", of_command[i]);
}
END_TEST

TEST_MAIN("redis-error", each_refusal_comes_with_what_to_do, a_missing_permission_is_named,
          a_key_of_the_wrong_type_is_named, sentinels_have_their_own_passwords,
          what_is_not_known_is_said_as_it_is_but_on_one_short_line, only_what_speaks_of_the_server_ends_a_connection)
