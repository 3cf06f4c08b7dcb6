/* Where others are told to reach a container. */
#include "registrar/address.h"

#include "tests/unit/check-main.h"
#include "tests/unit/inspect.h"

#include <errno.h>

/* "host port", or "errno reason". */
static char *endpoint(const Container *c, const AddressPolicy *policy, uint16_t port) {
        _cleanup_free_ char *reason = NULL;
        Endpoint e = { 0 };
        int r = container_endpoint(c, policy, port, &e, &reason);

        if (r < 0) {
                ck_assert_ptr_null(e.host);
                return xasprintf("%s: %s", r == -ENOENT ? "ENOENT" : r == -ENXIO ? "ENXIO" : "?", reason);
        }
        ck_assert_ptr_null(reason);
        _cleanup_free_ char *host = e.host;
        return xasprintf("%s %u", host, e.port);
}

static void assert_endpoint(const Container *c, const AddressPolicy *policy, uint16_t port, const char *expected) {
        _cleanup_free_ char *found = endpoint(c, policy, port);

        ck_assert_msg(has_prefix(found, expected), "%s instead of %s", found, expected);
}

#define TWO_NETWORKS                                                                                                  \
        "{\"b\":{\"IPAddress\":\"10.2.0.1\",\"GlobalIPv6Address\":\"fd00::2\"},"                                      \
        "\"a\":{\"GlobalIPv6Address\":\"fd00::1\"},\"ingress\":{\"IPAddress\":\"10.0.0.9\"}}"

START_TEST(the_first_network_with_an_address_is_taken) {
        static const struct {
                const char *networks, *expected;
        } cases[] = {
                { "{\"bridge\":{\"IPAddress\":\"172.17.0.2\"}}", "172.17.0.2 80" },
                { TWO_NETWORKS, "fd00::1 80" },
                { "{\"a\":{\"IPAddress\":\"\"},\"b\":{\"IPAddress\":\"10.2.0.1\",\"GlobalIPv6Address\":\"fd00::2\"}}",
                  "10.2.0.1 80" },
                { "{\"ingress\":{\"IPAddress\":\"10.0.0.9\"},\"z\":{\"IPAddress\":\"10.0.0.1\"}}", "10.0.0.1 80" },
                { "{\"ingress\":{\"IPAddress\":\"10.0.0.9\"}}", "ENOENT" },
                { "{\"none\":{\"IPAddress\":\"\"}}", "ENOENT: it has no address on any network" },
                { "{}", "ENOENT" },
        };
        const AddressPolicy policy = { 0 };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(container_freep) Container *c = INSPECT(.networks = cases[i].networks);
                assert_endpoint(c, &policy, 80, cases[i].expected);
        }
}
END_TEST

START_TEST(chosen_networks_are_tried_in_the_order_of_the_choice) {
        char *b_first[] = { "x", "b", "a" }, *elsewhere[] = { "x", "y" };
        const StringList chosen = { b_first, 3 }, not_there = { elsewhere, 2 }, empty = { 0 };
        _cleanup_(container_freep) Container *c = INSPECT(.networks = TWO_NETWORKS);

        assert_endpoint(c, &(AddressPolicy){ .networks = &chosen }, 8080, "10.2.0.1 8080");
        assert_endpoint(c, &(AddressPolicy){ .networks = &empty }, 8080, "fd00::1 8080");
        assert_endpoint(c, &(AddressPolicy){ .networks = &not_there }, 8080,
                        "ENOENT: it has no address on the network that --network asks for: x, y");
}
END_TEST

START_TEST(ipv6_is_preferred_where_that_is_asked_for) {
        char *both[] = { "b" };
        const StringList chosen = { both, 1 };
        const char *ipv4_first = "{\"a\":{\"IPAddress\":\"10.1.0.1\"},\"b\":{\"GlobalIPv6Address\":\"fd00::2\"}}";
        _cleanup_(container_freep) Container *c = INSPECT(.networks = TWO_NETWORKS),
                                             *d = INSPECT(.networks = ipv4_first);

        assert_endpoint(c, &(AddressPolicy){ .prefer_ipv6 = true, .networks = &chosen }, 80, "fd00::2 80");
        assert_endpoint(d, &(AddressPolicy){ .prefer_ipv6 = true }, 80, "10.1.0.1 80");
}
END_TEST

START_TEST(its_name_is_given_instead_of_its_address) {
        const AddressPolicy policy = { .by_name = true };
        _cleanup_(container_freep) Container *c = INSPECT(.name = "\"/web_1.x\""), *bad = INSPECT(.name = "\"/web-\"");

        assert_endpoint(c, &policy, 80, "web_1.x 80");
        assert_endpoint(bad, &policy, 80, "ENOENT: its name");
}
END_TEST

START_TEST(the_host_network_is_reached_through_the_host) {
        _cleanup_(container_freep) Container *c = INSPECT(.network_mode = "\"host\"", .networks = "{\"host\":{}}");

        assert_endpoint(c, &(AddressPolicy){ 0 }, 8080, "127.0.0.1 8080");
        assert_endpoint(c, &(AddressPolicy){ .by_name = true }, 8080, "127.0.0.1 8080");
        assert_endpoint(c, &(AddressPolicy){ .node_address = "192.0.2.1" }, 8080, "192.0.2.1 8080");
        assert_endpoint(c, &(AddressPolicy){ .advertise = ADVERTISE_PUBLISHED, .node_address = "192.0.2.1" }, 8080,
                        "192.0.2.1 8080");
        assert_endpoint(c, &(AddressPolicy){ .advertise = ADVERTISE_PUBLISHED }, 8080, "ENOENT");
}
END_TEST

START_TEST(a_published_port_is_reached_at_the_node) {
        static const struct {
                const char *bindings, *node_address, *expected;
        } cases[] = {
                { "[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"32000\"}]", "192.0.2.1", "192.0.2.1 32000" },
                { "[{\"HostIp\":\"\",\"HostPort\":\"32000\"}]", "192.0.2.1", "192.0.2.1 32000" },
                { "[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"1000\"},{\"HostIp\":\"::\",\"HostPort\":\"2000\"}]",
                  "192.0.2.1", "192.0.2.1 2000" },
                { "[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"1000\"},{\"HostIp\":\"192.0.2.1\",\"HostPort\":\"2000\"}"
                  "]",
                  "192.0.2.1", "192.0.2.1 2000" },
                { "[{\"HostIp\":\"10.0.0.5\",\"HostPort\":\"1000\"}]", "192.0.2.1", "192.0.2.1 1000" },
                { "[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"1000\"},{\"HostIp\":\"10.0.0.5\",\"HostPort\":\"2000\"}]",
                  NULL, "10.0.0.5 2000" },
                { "[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"32000\"}]", NULL,
                  "ENOENT: its port 80 is published on every address of this host: say with --node-address" },
                { "null", "192.0.2.1", "ENOENT: its port 80 is not published" },
                { "[]", NULL, "ENOENT: its port 80 is not published" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *ports = xasprintf("{\"80/tcp\":%s,\"81/tcp\":null}", cases[i].bindings);
                _cleanup_(container_freep) Container *c = INSPECT(.ports = ports);
                assert_endpoint(
                        c, &(AddressPolicy){ .advertise = ADVERTISE_PUBLISHED, .node_address = cases[i].node_address },
                        80, cases[i].expected);
        }
}
END_TEST

START_TEST(a_port_that_is_not_exposed_can_be_ruled_out) {
        _cleanup_(container_freep) Container *c = INSPECT(.exposed = "{\"80/tcp\":{},\"443/udp\":{}}");
        const AddressPolicy policy = { .only_exposed = true };

        assert_endpoint(c, &policy, 80, "172.17.0.2 80");
        assert_endpoint(c, &policy, 443, "ENXIO: its port 443 is not exposed");
        ck_assert(container_exposes(c, 80) && !container_exposes(c, 443));
}
END_TEST

START_TEST(the_only_port_is_the_default) {
        static const struct {
                const char *exposed, *ports;
                uint16_t port;
        } cases[] = {
                { "null", "{}", 80 },
                { "{\"8080/tcp\":{}}", "{}", 8080 },
                { "null",
                  "{\"8080/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"1\"},{\"HostIp\":\"::\",\"HostPort\":\"2\"}]}",
                  8080 },
                { "{\"8080/tcp\":{}}", "{\"8080/tcp\":null}", 8080 },
                { "{\"8080/tcp\":{},\"53/udp\":{}}", "{}", 8080 },
                { "{\"8080/tcp\":{},\"9090/tcp\":{}}", "{}", 80 },
                { "{\"8080/tcp\":{}}", "{\"9090/tcp\":null}", 80 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(container_freep) Container *c =
                        INSPECT(.exposed = cases[i].exposed, .ports = cases[i].ports);
                ck_assert_uint_eq(container_default_port(c), cases[i].port);
        }
}
END_TEST

TEST_MAIN("address", the_first_network_with_an_address_is_taken, chosen_networks_are_tried_in_the_order_of_the_choice,
          ipv6_is_preferred_where_that_is_asked_for, its_name_is_given_instead_of_its_address,
          the_host_network_is_reached_through_the_host, a_published_port_is_reached_at_the_node,
          a_port_that_is_not_exposed_can_be_ruled_out, the_only_port_is_the_default)
