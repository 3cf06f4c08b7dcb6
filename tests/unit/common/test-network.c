/* Networks: which addresses lie in one, however they are written. */
#include "common/memory.h"
#include "common/network.h"
#include "tests/unit/check-main.h"

#include <errno.h>

#define ELEMENTS(array) (sizeof(array) / sizeof *(array))

START_TEST(an_address_lies_in_a_network_or_not) {
        static const struct {
                const char *network, *host;
                bool has;
        } cases[] = {
                { "10.1.0.0/16", "10.1.0.0", true },
                { "10.1.0.0/16", "10.1.255.255", true },
                { "10.1.0.0/16", "10.2.0.0", false },
                { "10.1.0.0/16", "10.0.255.255", false },
                { "10.16.0.0/12", "10.31.0.1", true },
                { "10.16.0.0/12", "10.32.0.1", false },
                { "10.1.0.1", "10.1.0.1", true },
                { "10.1.0.1", "10.1.0.2", false },
                { "0.0.0.0/0", "203.0.113.7", true },
                { "0.0.0.0/0", "::1", false },
                { "fd00::/8", "fdff::1", true },
                { "fd00::/8", "FD00:0:0::1", true },
                { "fd00::/8", "fe00::1", false },
                { "2001:db8::/127", "2001:db8::1", true },
                { "2001:db8::/127", "2001:db8::2", false },
                { "::/0", "2001:db8::2", true },
                { "::/0", "10.0.0.1", false },
                /* It is an IPv4 address that is reached. */
                { "::/0", "::ffff:10.0.0.1", false },
                { "10.0.0.0/8", "::ffff:10.0.0.1", true },
                { "10.0.0.0/8", "::ffff:11.0.0.1", false },
                /* Names, and what a resolver might take for an address. */
                { "0.0.0.0/0", "app.example.org", false },
                { "0.0.0.0/0", "10.1", false },
                { "0.0.0.0/0", "010.0.0.1", false },
                { "::/0", "fe80::1%eth0", false },
                { "::/0", "", false },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                Network n;
                ck_assert_int_eq(network_from_text(cases[i].network, &n), 0);
                ck_assert_msg(network_has(&n, cases[i].host) == cases[i].has, "%s in %s", cases[i].host,
                              cases[i].network);
        }
}
END_TEST

START_TEST(a_network_is_whole_where_no_bit_is_left_over) {
        static const char *const whole[] = { "10.0.0.0/8", "10.0.0.1", "10.0.0.1/32", "0.0.0.0/0",
                                             "::/0",       "fd00::/8", "::1",         "10.128.0.0/9" };
        static const char *const left_over[] = { "10.0.0.1/8", "10.64.0.0/9", "0.0.0.1/0", "::1/127", "fd01::/8" };
        Network n;

        for (size_t i = 0; i < ELEMENTS(whole); i++) {
                ck_assert_int_eq(network_from_text(whole[i], &n), 0);
                ck_assert_msg(network_is_whole(&n), "%s", whole[i]);
        }
        for (size_t i = 0; i < ELEMENTS(left_over); i++) {
                ck_assert_int_eq(network_from_text(left_over[i], &n), 0);
                ck_assert_msg(!network_is_whole(&n), "%s", left_over[i]);
        }
}
END_TEST

START_TEST(what_is_no_network_is_refused) {
        static const char *const refused[] = { "",       "/8",      "10.0.0.0/",   "10.0.0.0/33",
                                               "::/129", "10.1/16", "10.0.0.0/+8", "10.0.0.0/8/8",
                                               "[::1]",  "web1",    "10.0.0.0 /8" };
        Network n = { .bits = 7 };

        for (size_t i = 0; i < ELEMENTS(refused); i++)
                ck_assert_msg(network_from_text(refused[i], &n) == -EINVAL && n.bits == 7, "%s", refused[i]);
}
END_TEST

TEST_MAIN("network", an_address_lies_in_a_network_or_not, a_network_is_whole_where_no_bit_is_left_over,
          what_is_no_network_is_refused)
