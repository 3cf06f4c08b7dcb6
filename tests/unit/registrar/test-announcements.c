/* From a container to what stands in Redis: the golden values to the byte, and why nothing is published. */
#include "registrar/announcements.h"

#include "tests/unit/check-main.h"
#include "tests/unit/golden.h"
#include "tests/unit/inspect.h"

#define MACHINE "0f3c9a7b5d2e4c6188aa77bb66cc55dd"

static const AnnouncementPolicy usual = { .domains_variable = "BEACHHEAD_DOMAINS",
                                          .machine = MACHINE,
                                          .require_health = true };

static void announce_reply(InspectReply reply, const AnnouncementPolicy *policy, Announcement *ret) {
        _cleanup_(container_freep) Container *c = inspect_decode(reply);

        announce(c, policy, ret);
        ck_assert_ptr_nonnull(ret->instance);
        ck_assert((ret->outcome == ANNOUNCED) == (ret->value != NULL));
        ck_assert((ret->outcome == ANNOUNCED) == (ret->reason == NULL));
}

START_TEST(golden_values_come_out_to_the_byte) {
        static const struct {
                const char *golden;
                InspectReply reply;
                size_t warnings;
        } cases[] = {
                { "domain-bare", { .env = "\"BEACHHEAD_DOMAINS=example.org\"" }, 0 },
                { "domain-https", { .env = "\"BEACHHEAD_DOMAINS=admin.example.org:https\"" }, 0 },
                { "domain-http", { .env = "\"BEACHHEAD_DOMAINS=plain.example.org:http\"" }, 0 },
                { "domain-ports", { .env = "\"BEACHHEAD_DOMAINS=app.example.org:http=8080:https=8043\"" }, 0 },
                { "domain-ipv6",
                  { .env = "\"BEACHHEAD_DOMAINS=six.example.org\"",
                    .networks = "{\"six\":{\"IPAddress\":\"\",\"GlobalIPv6Address\":\"fd00::2\"}}" },
                  0 },
                { "readme",
                  { .env = "\"BEACHHEAD_DOMAINS=example.org admin.example.org:https "
                           "app.example.org:http=8080:https=8043\"" },
                  0 },
                { "virtual-host", { .env = "\"VIRTUAL_HOST=shop.example.org\",\"VIRTUAL_PORT=8080\"" }, 0 },
                { "virtual-host-nohttps",
                  { .env = "\"VIRTUAL_HOST=shop.example.org\",\"HTTPS_METHOD=nohttps\"",
                    .exposed = "{\"8080/tcp\":{}}" },
                  0 },
                { "virtual-host-nohttp",
                  { .env = "\"VIRTUAL_HOST=shop.example.org\",\"HTTPS_METHOD=nohttp\",\"VIRTUAL_PORT=8080\"" },
                  0 },
                { "virtual-host-path",
                  { .env = "\"VIRTUAL_HOST=shop.example.org\",\"VIRTUAL_PATH=/api/\",\"VIRTUAL_DEST=/\"",
                    .ports = "{\"8080/tcp\":null}" },
                  0 },
                { "virtual-host-proto",
                  { .labels = "\"beachhead.virtual_host\":\"shop.example.org\",\"beachhead.virtual_port\":\"8443\","
                              "\"beachhead.virtual_proto\":\"https\"" },
                  0 },
                { "virtual-host-internal",
                  { .env = "\"VIRTUAL_HOST=shop.example.org\",\"NETWORK_ACCESS=internal\"" },
                  0 },
                { "virtual-host-wildcard", { .env = "\"VIRTUAL_HOST=*.example.org\"" }, 0 },
                { "virtual-host-redirect",
                  { .env = "\"VIRTUAL_HOST=shop.example.org\",\"HTTPS_METHOD=redirect\"" },
                  0 },
                { "virtual-host-path-regex",
                  { .env = "\"VIRTUAL_HOST=shop.example.org\",\"VIRTUAL_PATH=~^/(app1|app2)/\"" },
                  0 },
                { "virtual-host-fastcgi",
                  { .env = "\"VIRTUAL_HOST=shop.example.org\",\"VIRTUAL_PROTO=fastcgi\",\"VIRTUAL_PORT=9000\","
                           "\"VIRTUAL_ROOT=/srv/www\"" },
                  0 },
                { "virtual-host-regex", { .env = "\"VIRTUAL_HOST=~^(www|app)\\\\.example\\\\.org$\"" }, 0 },
                { "virtual-host-address", { .env = "\"VIRTUAL_HOST=192.0.2.7,[2001:DB8:0::7]\"" }, 0 },
                { "virtual-host-international", { .env = "\"VIRTUAL_HOST=B\\u00fccher.example\"" }, 0 },
                { "virtual-host-site-settings",
                  { .env = "\"VIRTUAL_HOST=shop.example.org\",\"CERT_NAME=shared\",\"SSL_POLICY=mozilla-modern\","
                           "\"HSTS=max-age=600; includeSubDomains\",\"SERVER_TOKENS=off\"",
                    .labels = "\"com.github.nginx-proxy.nginx-proxy.non-get-redirect\":\"308\"" },
                  0 },
                { "virtual-host-path-settings",
                  { .env = "\"VIRTUAL_HOST=shop.example.org\",\"CLIENT_MAX_BODY_SIZE=100m\","
                           "\"PROXY_READ_TIMEOUT=300\"",
                    .labels = "\"com.github.nginx-proxy.nginx-proxy.keepalive\":\"auto\","
                              "\"com.github.nginx-proxy.nginx-proxy.loadbalance\":\"hash $remote_addr consistent;\"" },
                  0 },
                { "virtual-host-ports",
                  { .env = "\"VIRTUAL_HOST=shop.example.org\",\"EXTERNAL_HTTP_PORT=8080\","
                           "\"EXTERNAL_HTTPS_PORT=8443\"" },
                  0 },
                { "virtual-host-client-certificate",
                  { .env = "\"VIRTUAL_HOST=shop.example.org\"",
                    .labels = "\"com.github.nginx-proxy.nginx-proxy.ssl_verify_client\":\"on\"" },
                  0 },
                { "virtual-host-no-clear",
                  { .env = "\"VIRTUAL_HOST=shop.example.org\",\"ENABLE_HTTP_ON_MISSING_CERT=false\"" },
                  0 },
                { "virtual-host-multiports",
                  { .env = "\"VIRTUAL_HOST_MULTIPORTS={shop.example.org: {/: {port: 8000}, /admin: {port: 8001, "
                           "dest: /}}, www.example.org: }\"" },
                  0 },
                { "domain-internal",
                  { .env = "\"BEACHHEAD_DOMAINS=example.org admin.example.org:https\",\"NETWORK_ACCESS=internal\"" },
                  0 },
                { "no-endpoint", { .env = "\"VIRTUAL_HOST=shop.example.org\"", .networks = "{\"none\":{}}" }, 1 },
                { "certificate",
                  { .env = "\"VIRTUAL_HOST=shop.example.org\","
                           "\"LETSENCRYPT_HOST=shop.example.org,www.example.org\","
                           "\"LETSENCRYPT_EMAIL=admin@example.org\"" },
                  0 },
                { "certificate-terms",
                  { .env = "\"VIRTUAL_HOST=shop.example.org\",\"ACME_HOST=shop.example.org,*.shop.example.org\","
                           "\"ACME_EMAIL=admin@example.org\",\"ACME_KEYSIZE=ec-384\",\"ACME_CHALLENGE=DNS-01\","
                           "\"ACME_TEST=true\",\"ACME_CA_URI=https://acme.example.net/directory\","
                           "\"ACME_PREFERRED_CHAIN=Example Root X1\",\"ACME_CERT_PROFILE=shortlived\"" },
                  0 },
                { "certificate-only", { .env = "\"ACME_HOST=mail.example.org\"" }, 0 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *golden = golden_read(cases[i].golden);
                _cleanup_(announcement_done) Announcement a = { 0 };
                announce_reply(cases[i].reply, &usual, &a);
                ck_assert_msg(a.outcome == ANNOUNCED, "%s: %s", cases[i].golden, a.reason);
                ck_assert_str_eq(a.value, golden);
                ck_assert_str_eq(a.instance, "web");
                ck_assert_uint_eq(a.warnings.count, cases[i].warnings);
        }
}
END_TEST

START_TEST(a_named_container_carries_no_machine) {
        AnnouncementPolicy policy = usual;
        _cleanup_free_ char *golden = golden_read("named-container");
        _cleanup_(announcement_done) Announcement a = { 0 };

        policy.machine = NULL;
        announce_reply((InspectReply){ .env = "\"BEACHHEAD_DOMAINS=plain.example.org:http\"" }, &policy, &a);
        ck_assert_str_eq(a.value, golden);
}
END_TEST

START_TEST(the_node_is_a_part_of_the_instance) {
        AnnouncementPolicy policy = usual;
        _cleanup_(announcement_done) Announcement a = { 0 };

        policy.node = "n1";
        announce_reply((InspectReply){ .name = "\"/shop-1\"", .env = "\"BEACHHEAD_DOMAINS=a.org\"" }, &policy, &a);
        ck_assert_str_eq(a.instance, "shop-1@n1");
        ck_assert(strstr(a.value, "\"container\":\"shop-1\""));
}
END_TEST

START_TEST(why_nothing_is_published_is_said) {
        static const char domain[] = "\"BEACHHEAD_DOMAINS=a.org\"";
        static const struct {
                InspectReply reply;
                AnnouncementOutcome outcome;
                const char *reason;
        } cases[] = {
                { { .env = "\"PATH=/bin\"" }, ANNOUNCED_NOTHING, "no BEACHHEAD_DOMAINS, VIRTUAL_HOST or LETSENCRYPT" },
                { { .env = "\"BEACHHEAD_DOMAINS= \",\"VIRTUAL_HOST=\"" }, ANNOUNCED_NOTHING, "no BEACHHEAD_DOMAINS" },
                { { .env = "\"VIRTUAL_HOST=,\"" }, ANNOUNCED_NOTHING, "no BEACHHEAD_DOMAINS" },
                { { .env = "\"VIRTUAL_PORT=x\"" }, ANNOUNCED_NOTHING, "no BEACHHEAD_DOMAINS" },
                { { .env = domain, .labels = "\"beachhead.domains\":\"\"" }, ANNOUNCED_NOTHING, "no BEACHHEAD" },
                { { .state = "{\"Running\":false}" }, ANNOUNCED_NOTHING, "no BEACHHEAD_DOMAINS" },
                { { .env = domain, .state = "{\"Running\":false}" }, ANNOUNCED_LATER, "it does not run" },
                { { .env = domain, .state = "{\"Running\":true,\"Paused\":true}" }, ANNOUNCED_LATER, "it is paused" },
                { { .env = domain, .state = "{\"Running\":true,\"Health\":{\"Status\":\"starting\"}}" },
                  ANNOUNCED_LATER,
                  "its health check has not passed yet" },
                { { .env = domain, .state = "{\"Running\":true,\"Health\":{\"Status\":\"unhealthy\"}}" },
                  ANNOUNCED_LATER,
                  "its health check fails" },
                { { .name = "\"/a b\"", .env = domain }, ANNOUNCED_ERROR, "its name" },
                { { .name = "\"/web@other\"", .env = domain }, ANNOUNCED_ERROR, "its name" },
                { { .name = "\"/\"", .env = domain }, ANNOUNCED_ERROR, "its name" },
                { { .env = "\"BEACHHEAD_DOMAINS=a.org:http=x\",\"VIRTUAL_HOST=b.org\"" },
                  ANNOUNCED_ERROR,
                  "BEACHHEAD_DOMAINS: \"a.org:http=x\": a port" },
                { { .env = "\"VIRTUAL_HOST=a b,~(\"" }, ANNOUNCED_ERROR, "VIRTUAL_HOST \"a b\" is no domain" },
                { { .env = "\"VIRTUAL_HOST_MULTIPORTS=x\"" },
                  ANNOUNCED_ERROR,
                  "VIRTUAL_HOST_MULTIPORTS: must be a mapping from hosts to their paths: it is left out" },
                { { .env = "\"BEACHHEAD_DOMAINS=a.org\",\"NETWORK_ACCESS=lan\"" },
                  ANNOUNCED_ERROR,
                  "NETWORK_ACCESS \"lan\" must be internal or external: its domains are left out" },
                { { .env = "\"BEACHHEAD_DOMAINS=a.org:http:https\",\"NETWORK_ACCESS=internal\"" },
                  ANNOUNCED_ERROR,
                  "a.org: with NETWORK_ACCESS there can be one endpoint" },
                { { .env = "\"ACME_HOST=../x\"" }, ANNOUNCED_ERROR, "ACME_HOST \"../x\"" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(announcement_done) Announcement a = { 0 };
                announce_reply(cases[i].reply, &usual, &a);
                ck_assert_msg(a.outcome == cases[i].outcome && a.reason && has_prefix(a.reason, cases[i].reason),
                              "%s: outcome %d, %s", cases[i].reason, (int)a.outcome, a.reason ? a.reason : a.value);
        }
}
END_TEST

START_TEST(health_can_be_ignored) {
        AnnouncementPolicy policy = usual;
        _cleanup_(announcement_done) Announcement a = { 0 };

        policy.require_health = false;
        announce_reply((InspectReply){ .env = "\"BEACHHEAD_DOMAINS=a.org\"",
                                       .state = "{\"Running\":true,\"Health\":{\"Status\":\"unhealthy\"}}" },
                       &policy, &a);
        ck_assert_int_eq(a.outcome, ANNOUNCED);
}
END_TEST

START_TEST(domains_win_over_virtual_host_and_parts_are_left_out_by_name) {
        _cleanup_(announcement_done) Announcement a = { 0 };

        announce_reply((InspectReply){ .env = "\"BEACHHEAD_DOMAINS=a.org:https:x\",\"BEACHHEAD_DOMAINS=c.org:http\","
                                              "\"VIRTUAL_HOST=b.org,a.org,~(,a b\"" },
                       &usual, &a);
        ck_assert_int_eq(a.outcome, ANNOUNCED);
        ck_assert(has_prefix(a.value, "[{\"id\":\"a_org\",\"domain\":\"a.org\",\"https\":"));
        ck_assert(strstr(a.value, "\"domain\":\"c.org\",\"http\":"));
        ck_assert(strstr(a.value, "\"domain\":\"b.org\",\"http\":"));
        ck_assert_uint_eq(a.warnings.count, 3);
        ck_assert(has_prefix(a.warnings.items[0], "a.org: the parameter \"x\""));
        ck_assert(has_prefix(a.warnings.items[1], "VIRTUAL_HOST \"~(\""));
        ck_assert(has_prefix(a.warnings.items[2], "VIRTUAL_HOST \"a b\""));
}
END_TEST

START_TEST(without_an_address_a_domain_says_so) {
        _cleanup_(announcement_done) Announcement a = { 0 };

        announce_reply((InspectReply){ .env = "\"BEACHHEAD_DOMAINS=a.org:https b.org\"", .networks = "{\"x\":{}}" },
                       &usual, &a);
        ck_assert_ptr_nonnull(a.value);
        ck_assert(strstr(a.value, "\"domain\":\"a.org\",\"schemes\":[\"https\"],\"requires\":[\"no-endpoint\"],"
                                  "\"created\""));
        ck_assert(strstr(a.value, "\"domain\":\"b.org\",\"schemes\":[\"http\",\"https\"],"));
        ck_assert_uint_eq(a.warnings.count, 2);
        ck_assert_str_eq(a.warnings.items[0],
                         "a.org: it has no address on any network: it is published without an endpoint");
}
END_TEST

START_TEST(a_port_that_is_not_exposed_leaves_its_route_out) {
        AnnouncementPolicy policy = usual;
        _cleanup_(announcement_done) Announcement some = { 0 }, none = { 0 };
        const char *exposed = "{\"80/tcp\":{}}";

        policy.address.only_exposed = true;
        announce_reply((InspectReply){ .env = "\"BEACHHEAD_DOMAINS=a.org b.org:https c.org:http=81 d.org:http\","
                                              "\"VIRTUAL_HOST=e.org\",\"VIRTUAL_PORT=82\"",
                                       .exposed = exposed },
                       &policy, &some);
        ck_assert_ptr_nonnull(some.value);
        ck_assert(strstr(some.value, "\"domain\":\"a.org\",\"http\":{\"host\":\"172.17.0.2\",\"port\":80},"
                                     "\"https\":{\"host\":\"172.17.0.2\",\"port\":80,\"implied\":true}"));
        ck_assert(strstr(some.value, "\"d.org\""));
        ck_assert(!strstr(some.value, "\"b.org\"") && !strstr(some.value, "\"c.org\""));
        ck_assert(!strstr(some.value, "\"e.org\""));
        ck_assert_uint_eq(some.warnings.count, 3);

        announce_reply((InspectReply){ .env = "\"BEACHHEAD_DOMAINS=b.org:https\"", .exposed = exposed }, &policy,
                       &none);
        ck_assert_int_eq(none.outcome, ANNOUNCED_NOTHING);
        ck_assert(has_prefix(none.reason, "b.org: its port 443 is not exposed"));
        ck_assert_uint_eq(none.warnings.count, 0);
}
END_TEST

START_TEST(published_ports_are_what_others_are_told) {
        AnnouncementPolicy policy = usual;
        _cleanup_(announcement_done) Announcement a = { 0 };

        policy.address = (AddressPolicy){ .advertise = ADVERTISE_PUBLISHED, .node_address = "192.0.2.1" };
        announce_reply((InspectReply){ .env = "\"BEACHHEAD_DOMAINS=a.org b.org:http:https\"",
                                       .ports = "{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"32000\"}]}" },
                       &policy, &a);
        ck_assert_ptr_nonnull(a.value);
        ck_assert(strstr(a.value, "\"a.org\",\"http\":{\"host\":\"192.0.2.1\",\"port\":32000},"
                                  "\"https\":{\"host\":\"192.0.2.1\",\"port\":32000,\"implied\":true}"));
        ck_assert(strstr(a.value, "\"b.org\",\"schemes\":[\"http\",\"https\"],\"requires\":[\"no-endpoint\"]"));
        ck_assert_uint_eq(a.warnings.count, 1);
}
END_TEST

/* A variable with `count` items such as "d7.org". */
static char *many(const char *before, int count, const char *separator) {
        Text t = { 0 };

        text_appendf(&t, "\"%s", before);
        for (int i = 0; i < count; i++)
                text_appendf(&t, "d%d.org%s", i, separator);
        text_append(&t, "\"");
        return text_take(&t);
}

START_TEST(too_much_is_an_error_of_that_container) {
        _cleanup_free_ char *domains = many("BEACHHEAD_DOMAINS=", REGISTRATION_ROUTES_MAX + 1, " ");
        _cleanup_free_ char *hosts = many("VIRTUAL_HOST=", REGISTRATION_ROUTES_MAX + 1, ",");
        _cleanup_free_ char *bytes = many("VIRTUAL_HOST=", 9000, ",");
        _cleanup_free_ char *paths =
                many("VIRTUAL_HOST_MULTIPORTS=", REGISTRATION_ROUTES_MAX / 2, ": {/a: , /b: , /c: }\\n");
        const struct {
                const char *env, *reason;
        } cases[] = {
                { domains, "BEACHHEAD_DOMAINS: \"d1000.org\"" },
                { hosts, "it asks for more than" },
                { paths, "it asks for more than" },
                { bytes, "VIRTUAL_HOST is longer than 65536 bytes" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(announcement_done) Announcement a = { 0 };
                announce_reply((InspectReply){ .env = cases[i].env }, &usual, &a);
                ck_assert_int_eq(a.outcome, ANNOUNCED_ERROR);
                ck_assert_msg(has_prefix(a.reason, cases[i].reason), "%s", a.reason);
        }
}
END_TEST

START_TEST(what_is_too_long_matters_to_those_who_ask) {
        _cleanup_free_ char *other = many("CERT_NAME=", 9000, ",");
        _cleanup_free_ char *both = xasprintf("%s,\"VIRTUAL_HOST=a\"", other);
        _cleanup_(announcement_done) Announcement silent = { 0 }, asking = { 0 };

        announce_reply((InspectReply){ .env = other }, &usual, &silent);
        ck_assert_int_eq(silent.outcome, ANNOUNCED_NOTHING);
        announce_reply((InspectReply){ .env = both }, &usual, &asking);
        ck_assert_str_eq(asking.reason, "CERT_NAME is longer than 65536 bytes");
}
END_TEST

START_TEST(a_container_does_not_flood_the_log) {
        _cleanup_free_ char *hosts = many("VIRTUAL_HOST=a.org,", ANNOUNCEMENT_WARNINGS_MAX + 10, " x,");
        _cleanup_(announcement_done) Announcement a = { 0 };

        announce_reply((InspectReply){ .env = hosts }, &usual, &a);
        ck_assert_int_eq(a.outcome, ANNOUNCED);
        ck_assert_uint_eq(a.warnings.count, ANNOUNCEMENT_WARNINGS_MAX + 1);
        ck_assert_str_eq(a.warnings.items[ANNOUNCEMENT_WARNINGS_MAX], "and 10 more like these");
}
END_TEST

START_TEST(another_variable_is_named_in_the_reason) {
        AnnouncementPolicy policy = usual;
        _cleanup_(announcement_done) Announcement a = { 0 };

        policy.domains_variable = "SITES";
        announce_reply((InspectReply){ 0 }, &policy, &a);
        ck_assert_str_eq(a.reason, "no SITES, VIRTUAL_HOST or LETSENCRYPT_HOST");
}
END_TEST

TEST_MAIN("announcements", golden_values_come_out_to_the_byte, a_named_container_carries_no_machine,
          the_node_is_a_part_of_the_instance, why_nothing_is_published_is_said, health_can_be_ignored,
          domains_win_over_virtual_host_and_parts_are_left_out_by_name, without_an_address_a_domain_says_so,
          a_port_that_is_not_exposed_leaves_its_route_out, published_ports_are_what_others_are_told,
          too_much_is_an_error_of_that_container, what_is_too_long_matters_to_those_who_ask,
          a_container_does_not_flood_the_log, another_variable_is_named_in_the_reason)
