/* What an operator writes for "/" is understood as nginx would, and nothing else gets through. */
#include "consumer/nginx/root-answer.h"

#include "tests/unit/check-main.h"

#include <errno.h>

START_TEST(each_form_is_understood) {
        static const struct {
                const char *text;
                int status;
                const char *url;
        } cases[] = {
                { "none", 0, NULL },
                { "404", 404, NULL },
                { "418", 418, NULL },
                { " 503 ", 503, NULL },
                { "301 https://example.org/a?b=c%20d", 301, "https://example.org/a?b=c%20d" },
                { "302\t/start", 302, "/start" },
                { "307 $scheme://www.$host$request_uri", 307, "$scheme://www.$host$request_uri" },
                { "308 http://[2001:db8::1]:8080/?$args", 308, "http://[2001:db8::1]:8080/?$args" },
                { "https://example.org", 302, "https://example.org" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_root_answer_ RootAnswer answer = { .status = -1 };
                ck_assert_msg(root_answer_parse(cases[i].text, &answer) == 0, "%s is refused", cases[i].text);
                ck_assert_int_eq(answer.status, cases[i].status);
                ck_assert_msg(streq_or_null(answer.url, cases[i].url), "%s: %s", cases[i].text, answer.url);
        }
}
END_TEST

START_TEST(what_is_no_answer_is_refused) {
        static const char *const cases[] = {
                "",
                " ",
                "99",
                "199",
                "600",
                "4O4",
                "-1",
                "None",
                "none 404",
                "301",
                "404 https://example.org",
                "304 https://example.org",
                "301 example.org",
                "301 ftp://example.org",
                "301 https://example.org more",
                "301 https://example.org;",
                "301 https://example.org/{",
                "301 https://example.org/}",
                "301 \"https://example.org\"",
                "301 https://example.org/'",
                "301 https://example.org/\\",
                "301 https://example.org/$",
                "301 https://example.org/$uri",
                "301 https://example.org/$hostname",
                "301 https://example.org/$host_",
                "301 https://example.org/${host}",
                "301 https://example.org/\n",
                "301 https://b\303\274cher.example",
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                RootAnswer answer = { .status = -1 };
                ck_assert_msg(root_answer_parse(cases[i], &answer) == -EINVAL, "\"%s\" is accepted", cases[i]);
                ck_assert_int_eq(answer.status, -1);
        }
}
END_TEST

START_TEST(a_url_has_a_limit) {
        RootAnswer answer = { 0 };
        _cleanup_free_ char *most = xasprintf("301 /%0*d", ROOT_ANSWER_URL_MAX - 1, 0),
                            *more = xasprintf("301 /%0*d", ROOT_ANSWER_URL_MAX, 0);

        ck_assert_int_eq(root_answer_parse(more, &answer), -EINVAL);
        ck_assert_int_eq(root_answer_parse(most, &answer), 0);
        root_answer_done(&answer);
}
END_TEST

TEST_MAIN("root-answer", each_form_is_understood, what_is_no_answer_is_refused, a_url_has_a_limit)
