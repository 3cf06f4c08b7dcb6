/* Which nginx it is, from what people and nginx itself say. */
#include "consumer/nginx/nginx-version.h"

#include "tests/unit/check-main.h"

#include <errno.h>

START_TEST(an_operators_word_is_taken) {
        NginxVersion version;

        ck_assert_int_eq(nginx_version_parse("1.22.1", &version), 0);
        ck_assert_uint_eq(version.number, 1022001);
        ck_assert(!version.has_http3);
        ck_assert_int_eq(nginx_version_parse("1.25.0", &version), 0);
        ck_assert_uint_eq(version.number, NGINX_VERSION(1, 25, 0));
        ck_assert(version.has_http3);
}
END_TEST

START_TEST(what_is_no_version_is_refused) {
        static const char *const cases[] = { "",      "1",        "1.22",    "1.22.1.1", "1.22.",   "1.22.1 ", "1.x.1",
                                             ".22.1", "1.1000.1", "v1.22.1", "1,22,1",   "1.22.1a", "-1.2.3" };
        NginxVersion version;

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                ck_assert_msg(nginx_version_parse(cases[i], &version) == -EINVAL, "\"%s\" is accepted", cases[i]);
}
END_TEST

START_TEST(nginx_says_its_version_and_whether_it_has_http3) {
        static const struct {
                const char *output;
                unsigned number; /* 0: it does not say */
                bool has_http3;
        } cases[] = {
                { "nginx version: nginx/1.22.1\nbuilt with OpenSSL 3.0.15 3 Sep 2024\n"
                  "configure arguments: --with-http_v2_module\n",
                  NGINX_VERSION(1, 22, 1), false },
                { "nginx version: nginx/1.26.3 (Ubuntu)\nconfigure arguments: --with-http_v3_module\n",
                  NGINX_VERSION(1, 26, 3), true },
                { "nginx version: nginx/1.26.3\nconfigure arguments: --with-http_v2_module\n", NGINX_VERSION(1, 26, 3),
                  false },
                { "nginx version: openresty/1.25.3.1\n", NGINX_VERSION(1, 25, 3), false },
                { "nginx version: nginx/\n", 0, false },
                { "nginx version: \n", 0, false },
                { "Docker version 24.0.5, build 24.0.5\n", 0, false },
                { "unknown shorthand flag: 'V' in -V\n", 0, false },
                { "", 0, false },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                NginxVersion version = { 0 };
                int r = nginx_version_from_output(cases[i].output, &version);
                ck_assert_msg(r == (cases[i].number ? 0 : -EINVAL), "%d from %s", r, cases[i].output);
                ck_assert_uint_eq(version.number, cases[i].number);
                ck_assert(version.has_http3 == cases[i].has_http3);
        }
}
END_TEST

TEST_MAIN("nginx-version", an_operators_word_is_taken, what_is_no_version_is_refused,
          nginx_says_its_version_and_whether_it_has_http3)
