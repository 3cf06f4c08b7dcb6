/* Every form of a Redis URL is understood, and no message about a bad one shows a password. */
#include "common/redis-url.h"
#include "common/text.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

static RedisUrl *parse(const char *text) {
        _cleanup_free_ char *message = NULL;
        RedisUrl *u = NULL;
        int r = redis_url_parse(text, &u, &message);

        ck_assert_msg(r == 0, "%s is refused: %s", text, message);
        ck_assert_ptr_null(message);
        return u;
}

static char *refusal(const char *text) {
        RedisUrl *u = NULL;
        char *message = NULL;

        ck_assert_msg(redis_url_parse(text, &u, &message) == -EINVAL, "%s is accepted", text);
        ck_assert_ptr_null(u);
        ck_assert_ptr_nonnull(message);
        return message;
}

START_TEST(every_form_is_understood) {
        static const struct {
                const char *text, *user, *password, *described;
        } cases[] = {
                { "redis://redis", NULL, NULL, "redis://redis:6379/0" },
                { "redis://redis/", NULL, NULL, "redis://redis:6379/0" },
                { "redis://redis.example.org:6380/5", NULL, NULL, "redis://redis.example.org:6380/5" },
                { "redis://10.0.0.1:1", NULL, NULL, "redis://10.0.0.1:1/0" },
                { "redis://[2001:db8::1]", NULL, NULL, "redis://[2001:db8::1]:6379/0" },
                { "redis://[2001:db8::1]:65535/65535", NULL, NULL, "redis://[2001:db8::1]:65535/65535" },
                { "REDIS://redis", NULL, NULL, "redis://redis:6379/0" },
                { "rediss://redis:6390", NULL, NULL, "rediss://redis:6390/0" },
                { "redis://anna@redis", "anna", NULL, "redis://redis:6379/0" },
                { "redis://anna:secret@redis:7/8", "anna", "secret", "redis://redis:7/8" },
                { "redis://:secret@redis", NULL, "secret", "redis://redis:6379/0" },
                { "redis://anna:@redis", "anna", NULL, "redis://redis:6379/0" },
                { "redis://@redis", NULL, NULL, "redis://redis:6379/0" },
                { "redis://an%3Ana:%40%2f%25%e4@redis", "an:na", "@/%\xe4", "redis://redis:6379/0" },
                { "redis://:p@ss/w:rd?#@[::1]:7", NULL, "p@ss/w:rd?#", "redis://[::1]:7/0" },
                { "redis-sentinel://one/main", NULL, NULL, "redis-sentinel://one:26379/main/0" },
                { "redis-sentinel://one,two:1,[2001:db8::1],[::1]:2/my.Main-1_/5", NULL, NULL,
                  "redis-sentinel://one:26379,two:1,[2001:db8::1]:26379,[::1]:2/my.Main-1_/5" },
                { "Redis-Sentinel://anna:s,e@one,two/main/", "anna", "s,e",
                  "redis-sentinel://one:26379,two:26379/main/0" },
                { "rediss-sentinel://:a/b@one/main", NULL, "a/b", "rediss-sentinel://one:26379/main/0" },
                { "unix:///run/redis.sock", NULL, NULL, "unix:///run/redis.sock?db=0" },
                { "unix:///run/redis.sock?db=12", NULL, NULL, "unix:///run/redis.sock?db=12" },
                { "unix:///run/a%20b%3Fc@d?db=0", NULL, NULL, "unix:///run/a b?c@d?db=0" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(redis_url_freep) RedisUrl *u = parse(cases[i].text);
                _cleanup_free_ char *described = redis_url_describe(u);
                ck_assert_str_eq(described, cases[i].described);
                ck_assert_msg(streq_or_null(u->user, cases[i].user), "%s: user %s", cases[i].text, u->user);
                ck_assert_msg(streq_or_null(u->password, cases[i].password), "%s: password %s", cases[i].text,
                              u->password);
        }
}
END_TEST

START_TEST(the_parts_land_in_their_fields) {
        _cleanup_(redis_url_freep) RedisUrl *network = parse("rediss://[::1]:7000/9");
        _cleanup_(redis_url_freep) RedisUrl *socket = parse("unix:///run/redis.sock?db=3");

        ck_assert_str_eq(network->place.host, "::1");
        ck_assert_uint_eq(network->place.port, 7000);
        ck_assert_uint_eq(network->database, 9);
        ck_assert(network->tls);
        ck_assert_ptr_null(network->socket_path);
        ck_assert_str_eq(socket->socket_path, "/run/redis.sock");
        ck_assert_uint_eq(socket->database, 3);
        ck_assert(!socket->tls);
        ck_assert_ptr_null(socket->master);
        ck_assert_ptr_null(socket->place.host);
}
END_TEST

START_TEST(sentinels_stand_in_their_order) {
        _cleanup_(redis_url_freep) RedisUrl *u = parse("rediss-sentinel://one,[::1]:7/main/3");

        ck_assert_str_eq(u->master, "main");
        ck_assert_uint_eq(u->n_sentinels, 2);
        ck_assert_str_eq(u->sentinels[0].host, "one");
        ck_assert_uint_eq(u->sentinels[0].port, 26379);
        ck_assert_str_eq(u->sentinels[1].host, "::1");
        ck_assert_uint_eq(u->sentinels[1].port, 7);
        ck_assert_uint_eq(u->database, 3);
        ck_assert(u->tls);
        ck_assert_ptr_null(u->place.host);
        ck_assert_ptr_null(u->socket_path);
}
END_TEST

START_TEST(what_is_wrong_is_said) {
        static const struct {
                const char *text, *said;
        } cases[] = {
                { "", "must begin with redis://" },
                { "redis", "must begin with redis://" },
                { "localhost:6379", "must begin with redis://" },
                { "http://redis", "http: the scheme must be redis, rediss, unix" },
                { "redis-sentinels://redis",
                  "redis-sentinels: the scheme must be redis, rediss, unix, redis-sentinel" },
                { "redis-sentinel://one", "must stand /MASTER-NAME" },
                { "redis-sentinel://one/", "must stand /MASTER-NAME" },
                { "redis-sentinel://one//3", "must stand /MASTER-NAME" },
                { "redis-sentinel://one/ma in", "must stand /MASTER-NAME" },
                { "redis-sentinel:///main", "host is missing" },
                { "redis-sentinel://one,/main", "host is missing" },
                { "redis-sentinel://,one/main", "host is missing" },
                { "redis-sentinel://one,:5/main", "host is missing" },
                { "redis-sentinel://one two/main", "must be a name or an address" },
                { "redis-sentinel://one,::1/main", "must be in brackets" },
                { "redis-sentinel://one:x/main", "port must be a number" },
                { "redis-sentinel://one/main/x", "database must be a number" },
                { "redis-sentinel://one/main/1/2", "database must be a number" },
                { "redis-sentinel://a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a/main", "more than 16 sentinels" },
                { "red\nis://redis", "red\\x0ais: the scheme" },
                { "redis://", "host is missing" },
                { "redis:///3", "host is missing" },
                { "redis://:6379", "host is missing" },
                { "redis://anna:x@", "host is missing" },
                { "redis://[]", "host is missing" },
                { "redis://re dis", "must be a name or an address" },
                { "redis://redis\x01", "must be a name or an address" },
                { "redis://::1", "must be in brackets" },
                { "redis://[redis]", "must be an IPv6 address" },
                { "redis://[10.0.0.1]:5", "must be an IPv6 address" },
                { "redis://[::1", "must be a name or an address" },
                { "redis://redis:", "port must be a number" },
                { "redis://redis:0", "port must be a number" },
                { "redis://redis:65536", "port must be a number" },
                { "redis://redis:6379x", "port must be a number" },
                { "redis://redis/x", "database must be a number" },
                { "redis://redis/-1", "database must be a number" },
                { "redis://redis/65536", "database must be a number" },
                { "redis://redis/1/2", "database must be a number" },
                { "redis://redis?db=1", "may follow the host" },
                { "redis://%zz@redis", "two hex digits" },
                { "redis://:a%4@redis", "two hex digits" },
                { "redis://:a%00b@redis", "two hex digits" },
                { "redis://:a%\x12\x13@redis", "two hex digits" },
                { "unix://run/redis.sock", "absolute path" },
                { "unix://", "absolute path" },
                { "unix:///run/%00", "absolute path" },
                { "unix:///run/redis.sock?db=", "database must be a number" },
                { "unix:///run/redis.sock?x=1", "?db=N" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *message = refusal(cases[i].text);
                ck_assert_msg(strstr(message, cases[i].said), "%s: said \"%s\"", cases[i].text, message);
        }
}
END_TEST

START_TEST(a_path_that_fits_no_socket_address_is_refused) {
        char url[7 + 108 + 1] = "unix://";

        memset(url + 7, '/', 107);
        _cleanup_(redis_url_freep) RedisUrl *fits = parse(url);
        ck_assert_uint_eq(strlen(fits->socket_path), 107);
        url[7 + 107] = '/';
        _cleanup_free_ char *message = refusal(url);
        ck_assert_ptr_nonnull(strstr(message, "107 bytes"));
}
END_TEST

START_TEST(no_message_shows_a_password) {
        static const char *const cases[] = {
                "redis://:hunter2@",
                "redis://:hunter2@redis:0",
                "redis://anna:hunter2",
                "redis://:hunter2",
                "redis://:hunter2/@redis:x",
                "redis://:hunter2%@redis",
                "redis://hunter2 /redis",
                "hunter2",
                "redis://redis/hunter2",
                "redis://redis/0?hunter2",
                "redis-sentinel://:hunter2@one",
                "redis-sentinel://anna:hunter2/main",
                "redis-sentinel://one,:hunter2@,two/main",
                "redis-sentinel://one/main/hunter2",
                "redis-sentinel://one/hunter 2hunter2",
                "unix://anna:hunter2@/run/sock",
                "unix:///run/sock?password=hunter2",
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *message = refusal(cases[i]);
                ck_assert_msg(!strstr(message, "hunter2"), "%s: said \"%s\"", cases[i], message);
        }
}
END_TEST

TEST_MAIN("redis-url", every_form_is_understood, the_parts_land_in_their_fields, sentinels_stand_in_their_order,
          what_is_wrong_is_said, a_path_that_fits_no_socket_address_is_refused, no_message_shows_a_password)
