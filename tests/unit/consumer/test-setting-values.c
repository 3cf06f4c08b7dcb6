/* Ports, networks and name servers as operators write them. */
#include "consumer/nginx/setting-values.h"

#include "tests/unit/check-main.h"

#include <errno.h>

#define ELEMENTS(array) (sizeof(array) / sizeof *(array))

START_TEST(where_nginx_listens_has_an_address_and_a_port) {
        static const struct {
                const char *text, *address;
                uint16_t port;
        } cases[] = {
                { "80", "", 80 },
                { "192.0.2.1:8080", "192.0.2.1", 8080 },
                { "edge.example.org:1", "edge.example.org", 1 },
                { "[::]:443", "[::]", 443 },
                { "[2001:db8::1]:65535", "[2001:db8::1]", 65535 },
        };
        static const char *const refused[] = { "",        "0",       "65536",       "a",      ":80", "[]:80",
                                               "[::1]",   "::1:80",  "[1.2.3.4]:1", "a b:80", "80;", "unix:/s",
                                               "[::1]80", "a.b:80 ", "*:80",        "[::1:80" };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                _cleanup_free_ char *address = listen_address(cases[i].text);
                ck_assert_msg(listen_is_valid(cases[i].text), "%s is refused", cases[i].text);
                ck_assert_str_eq(address, cases[i].address);
                ck_assert_uint_eq(listen_port(cases[i].text), cases[i].port);
        }
        for (size_t i = 0; i < ELEMENTS(refused); i++)
                ck_assert_msg(!listen_is_valid(refused[i]), "\"%s\" is accepted", refused[i]);
}
END_TEST

/* NULL for what is refused. */
typedef struct Case {
        const char *text, *parsed;
} Case;

static void assert_parsed(int parse(const char *text, char **ret), const Case *cases, size_t count) {
        for (size_t i = 0; i < count; i++) {
                _cleanup_free_ char *parsed = NULL;
                int r = parse(cases[i].text, &parsed);
                ck_assert_int_eq(r, cases[i].parsed ? 0 : -EINVAL);
                ck_assert_msg(streq_or_null(parsed, cases[i].parsed), "%s: %s", cases[i].text, parsed);
        }
}

START_TEST(a_network_has_one_form) {
        static const Case cases[] = {
                { "192.0.2.1", "192.0.2.1" },
                { "192.0.2.1/32", "192.0.2.1" },
                { "192.0.2.0/24", "192.0.2.0/24" },
                { "0.0.0.0/0", "0.0.0.0/0" },
                { "2001:DB8:0::/32", "2001:db8::/32" },
                { "::1/128", "::1" },
                { "", NULL },
                { "/8", NULL },
                { "10.0.0.0/", NULL },
                { "10.0.0.0/33", NULL },
                { "::/129", NULL },
                { "10.0.0.0/8/8", NULL },
                { "10.0.0/8", NULL },
                { "10.0.0.0/+8", NULL },
                { "10.0.0.0/8;", NULL },
                { "[::1]", NULL },
                { "example.org", NULL },
                { "all", NULL },
                { "unix:", NULL },
        };

        assert_parsed(network_parse, cases, ELEMENTS(cases));
}
END_TEST

START_TEST(a_name_server_is_written_as_nginx_wants_it) {
        static const Case cases[] = {
                { "127.0.0.11", "127.0.0.11" },
                { "127.0.0.1:5353", "127.0.0.1:5353" },
                { "::1", "[::1]" },
                { "[::1]", "[::1]" },
                { "[::1]:5353", "[::1]:5353" },
                { "ns.example.org", "ns.example.org" },
                { "ns.example.org:53", "ns.example.org:53" },
                { "", NULL },
                { "1.1.1.1 8.8.8.8", NULL },
                { "1.1.1.1;", NULL },
                { "1.1.1.1:0", NULL },
                { "[1.1.1.1]", NULL },
                { "valid=30s", NULL },
                { ":53", NULL },
        };

        assert_parsed(resolver_parse, cases, ELEMENTS(cases));
}
END_TEST

START_TEST(ports_are_given_one_or_a_range_at_a_time) {
        static const struct {
                const char *text;
                uint16_t first, last;
        } cases[] = {
                { "8443", 8443, 8443 },
                { "8000-8100", 8000, 8100 },
                { "1-65535", 1, 65535 },
                { "5-5", 5, 5 },
                { "", 0, 0 },
                { "0", 0, 0 },
                { "-5", 0, 0 },
                { "5-", 0, 0 },
                { "6-5", 0, 0 },
                { "1-65536", 0, 0 },
                { "1-2-3", 0, 0 },
                { "80,443", 0, 0 },
        };

        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                PortRange range = { 0 };
                int r = port_range_parse(cases[i].text, &range);
                ck_assert_msg(r == (cases[i].first ? 0 : -EINVAL), "%s: %d", cases[i].text, r);
                ck_assert_uint_eq(range.first, cases[i].first);
                ck_assert_uint_eq(range.last, cases[i].last);
        }
}
END_TEST

TEST_MAIN("setting-values", where_nginx_listens_has_an_address_and_a_port, a_network_has_one_form,
          a_name_server_is_written_as_nginx_wants_it, ports_are_given_one_or_a_range_at_a_time)
