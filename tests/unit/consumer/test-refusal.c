/* nginx's words lead to the site that is meant, and to nobody else. */
#include "consumer/nginx/bisection.h"
#include "consumer/nginx/refusal.h"
#include "tests/unit/check-main.h"

#include <string.h>

START_TEST(words_and_place_are_told_apart) {
        static const struct {
                const char *output, *words, *file;
                size_t line;
        } cases[] = {
                { "nginx: [emerg] unknown directive \"foo\" in /etc/nginx/conf.d/x.conf:3\n"
                  "nginx: configuration file /etc/nginx/nginx.conf test failed\n",
                  "unknown directive \"foo\"", "/etc/nginx/conf.d/x.conf", 3 },
                { "nginx: [warn] conflicting server name \"a\" on 0.0.0.0:80, ignored\n"
                  "nginx: [emerg] host not found in upstream \"db\" in /a b/c:12\n",
                  "host not found in upstream \"db\"", "/a b/c", 12 },
                { "nginx: [emerg] directive \"x\" in / y in /z:1\n", "directive \"x\" in / y", "/z", 1 },
                { "2026/11/22 04:28:52 [emerg] 12404#12404: open() \"/nonexistent\" failed (2: No such file)\n",
                  "open() \"/nonexistent\" failed (2: No such file)", NULL, 0 },
                { "nginx: [emerg] could not build server_names_hash, you should increase "
                  "server_names_hash_bucket_size: 64\n",
                  "could not build server_names_hash, you should increase server_names_hash_bucket_size: 64", NULL,
                  0 },
                { "nginx: [emerg] in /file:\n", "in /file:", NULL, 0 },
                { "nginx: [emerg] no line in /file:0\n", "no line in /file:0", NULL, 0 },
                { "nginx: [emerg] no line in /file:99999999999999999999\n", "no line in /file:99999999999999999999",
                  NULL, 0 },
                { "nginx: [emerg] 7#", "7#", NULL, 0 },
                { "\nsomething else\nand more\n", "something else", NULL, 0 },
                { "nginx: [emerg] tab\tand \x1b[31m in /x:1", "tab\\x09and \\x1b[31m", "/x", 1 },
                { "", "it gave no reason", NULL, 0 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Refusal r;
                refusal_parse(&r, cases[i].output);
                ck_assert_str_eq(r.words, cases[i].words);
                ck_assert_pstr_eq(r.file, cases[i].file);
                ck_assert_uint_eq(r.line, cases[i].line);
                refusal_done(&r);
        }
}
END_TEST

static OverrideFile file(const char *path) {
        return (OverrideFile){ .path = (char *)path };
}

START_TEST(the_site_that_is_meant_is_found) {
        SitePart parts[] = { { 10, 19, "" }, { 21, 21, "" }, { 23, 30, "" } };
        Rendering rendering = { .parts = parts, .n_parts = 3 };
        LocationOverrides paths[] = { { .include = file("/vhost.d/b_location"), .replacing = file("/vhost.d/b_over") },
                                      { .include = file("/vhost.d/default_location") } };
        Overrides none = { 0 }, own = { file("/vhost.d/b"), paths, 2 }, shared = { file("/vhost.d/x"), &paths[1], 1 };
        Vhost vhosts[] = { { .overrides = &none }, { .overrides = &own }, { .overrides = &shared } };
        static const struct {
                const char *file;
                size_t line, index;
        } cases[] = {
                { "/live.candidate", 10, 0 },
                { "/live.candidate", 19, 0 },
                { "/live.candidate", 20, SIZE_MAX },
                { "/live.candidate", 21, 1 },
                { "/live.candidate", 22, SIZE_MAX },
                { "/live.candidate", 1, SIZE_MAX },
                { "/vhost.d/b", 10, 1 },
                { "/vhost.d/b_location", 10, 1 },
                { "/vhost.d/b_over", 10, 1 },
                { "/vhost.d/x", 10, 2 },
                { "/vhost.d/default_location", 10, SIZE_MAX }, /* of two sites: it may be neither */
                { "/vhost.d/c", 10, SIZE_MAX },
                { NULL, 10, SIZE_MAX },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Refusal r = { .file = (char *)cases[i].file, .line = cases[i].line };
                ck_assert_uint_eq(refusal_vhost(&r, "/live.candidate", vhosts, 3, &rendering), cases[i].index);
        }
}
END_TEST

#define LINE(words) "2026/11/22 04:28:52 " words "\n"
#define BIND LINE("[emerg] 7#7: bind() to 0.0.0.0:81 failed (98: Address already in use)")

START_TEST(a_failed_reload_is_told_from_one_that_goes_on) {
        static const struct {
                const char *log, *words;
        } cases[] = {
                { "", NULL },
                { LINE("[notice] 7#7: signal 1 (SIGHUP) received from 8, reconfiguring"), NULL },
                { LINE("[error] 7#7: *3 connect() failed while connecting, request: \"GET /[emerg]\""), NULL },
                { LINE("[error] 7#7: *3 connect() failed while connecting, request: \"GET /[emerg] HTTP/1.1\""),
                  NULL },
                { LINE("[error] 7#7: *3 connect() failed, request: \"GET /[emerg] 7#7: x HTTP/1.1\""), NULL },
                { BIND, NULL },
                { BIND LINE("[notice] 7#7: try again to bind() after 500ms") BIND, NULL },
                { BIND BIND LINE("[emerg] 7#7: still could not bind()"),
                  "bind() to 0.0.0.0:81 failed (98: Address already in use)" },
                { LINE("[emerg] 7#7: still could not bind()"), "still could not bind()" },
                { LINE("[emerg] 7#7: open() \"/x\" failed (13: Permission denied)"),
                  "open() \"/x\" failed (13: Permission denied)" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *bind_words = NULL, *words = reload_failure(cases[i].log, &bind_words);
                ck_assert_pstr_eq(words, cases[i].words);
        }
}
END_TEST

START_TEST(a_failed_bind_is_remembered_over_two_looks) {
        _cleanup_free_ char *bind_words = NULL;

        ck_assert_ptr_null(reload_failure(BIND, &bind_words));
        ck_assert_str_eq(bind_words, "bind() to 0.0.0.0:81 failed (98: Address already in use)");
        _cleanup_free_ char *words = reload_failure(LINE("[emerg] 7#7: still could not bind()"), &bind_words);
        ck_assert_str_eq(words, "bind() to 0.0.0.0:81 failed (98: Address already in use)");
        ck_assert_ptr_null(bind_words);
}
END_TEST

START_TEST(the_port_is_found_in_the_words_and_in_the_include) {
        ck_assert_uint_eq(refusal_bind_port("bind() to 0.0.0.0:8088 failed (98: Address already in use)"), 8088);
        ck_assert_uint_eq(refusal_bind_port("bind() to [::]:81 failed (98: Address already in use)"), 81);
        ck_assert_uint_eq(refusal_bind_port("bind() to unix:/run/x failed (98: Address already in use)"), 0);
        ck_assert_uint_eq(refusal_bind_port("nginx did not answer at http://127.0.0.1:80/"), 0);

        ck_assert(conf_listens_on("listen 8088;", 8088));
        ck_assert(conf_listens_on("# x\n  listen\t127.0.0.1:8088 ssl;", 8088));
        ck_assert(conf_listens_on("listen [::1]:8088;listen 9;", 8088));
        ck_assert(conf_listens_on("listen [::1]:8088;listen 9;", 9));
        ck_assert(conf_listens_on("listen \"8088\";", 8088));
        ck_assert(!conf_listens_on("# listen 8088;", 8088));
        ck_assert(!conf_listens_on("listen 80880;", 8088));
        ck_assert(!conf_listens_on("return 8088; listen 81;", 8088));
        ck_assert(!conf_listens_on("listen", 8088));
        ck_assert(!conf_listens_on("", 8088));
}
END_TEST

START_TEST(the_first_bad_one_is_found_wherever_it_is) {
        for (size_t n = 1; n < 40; n++)
                for (size_t culprit = 0; culprit < n; culprit++) {
                        Bisection b = { .bad = n };
                        int questions = 0;
                        for (; !bisection_ends(&b); questions++) {
                                size_t length = bisection_question(&b);
                                bisection_learn(&b, length, length <= culprit);
                        }
                        ck_assert_uint_eq(b.good, culprit);
                        ck_assert(!bisection_found_none(&b));
                        ck_assert_int_le(questions, 7);
                }
}
END_TEST

START_TEST(where_all_are_good_by_now_nobody_is_to_blame) {
        for (size_t n = 1; n < 40; n++) {
                Bisection b = { .bad = n };
                while (!bisection_ends(&b))
                        bisection_learn(&b, bisection_question(&b), true);
                ck_assert(bisection_found_none(&b));
        }
}
END_TEST

TEST_MAIN("refusal", words_and_place_are_told_apart, the_site_that_is_meant_is_found,
          a_failed_reload_is_told_from_one_that_goes_on, a_failed_bind_is_remembered_over_two_looks,
          the_port_is_found_in_the_words_and_in_the_include, the_first_bad_one_is_found_wherever_it_is,
          where_all_are_good_by_now_nobody_is_to_blame)
