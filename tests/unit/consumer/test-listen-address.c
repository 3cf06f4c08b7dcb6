/* Where the status may be served: to this host alone. */
#include "consumer/status/listen-address.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

START_TEST(loopback_ports_and_socket_files_are_taken) {
        static const struct {
                const char *text;
                int family;
        } cases[] = {
                { "127.0.0.1:9110", AF_INET },   { "127.1.2.3:1", AF_INET },          { "[::1]:65535", AF_INET6 },
                { "unix:/run/x.sock", AF_UNIX }, { "unix:/run/with:colon", AF_UNIX },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(listen_address_freep) ListenAddress *a = NULL;
                const char *rule;
                ck_assert_msg(listen_address_parse(cases[i].text, &a, &rule) == 0, "%s", cases[i].text);
                ck_assert_int_eq(a->address.ss_family, cases[i].family);
                ck_assert_int_eq(a->socket_path != NULL, cases[i].family == AF_UNIX);
        }
}
END_TEST

START_TEST(what_others_could_reach_or_what_is_no_address_is_refused) {
        static const char *const bad[] = {
                "",
                "9110",
                ":9110",
                "0.0.0.0:9110",
                "*:9110",
                "192.0.2.1:9110",
                "[::]:9110",
                "[fe80::1]:9110",
                "::1:9110",
                "[::1]",
                "[]:1",
                "[:1",
                "localhost:9110",
                "127.0.0.1",
                "127.0.0.1:",
                "127.0.0.1:0",
                "127.0.0.1:65536",
                "127.0.0.1:80x",
                "127.1:80",
                "unix:",
                "unix:relative",
                ("unix:/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                ListenAddress *a = NULL;
                const char *rule = NULL;
                ck_assert_msg(listen_address_parse(bad[i], &a, &rule) == -EINVAL, "%s was taken", bad[i]);
                ck_assert_ptr_null(a);
                ck_assert_ptr_nonnull(strstr(rule, "must be 127.0.0.1:PORT"));
        }
}
END_TEST

TEST_MAIN("listen-address", loopback_ports_and_socket_files_are_taken,
          what_others_could_reach_or_what_is_no_address_is_refused)
