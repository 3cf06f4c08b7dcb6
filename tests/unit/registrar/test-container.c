/* What is read of an inspect reply, Docker's and Podman's. */
#include "registrar/container.h"
#include "tests/unit/check-main.h"
#include "tests/unit/inspect.h"

#include <errno.h>

static void assert_setting(const Container *c, const char *name, const char *separator, const char *expected) {
        _cleanup_free_ char *value = container_setting(c, name, separator);

        if (expected)
                ck_assert_str_eq(value, expected);
        else
                ck_assert_msg(!value, "%s is \"%s\"", name, value);
}

START_TEST(a_plain_container_is_read) {
        _cleanup_(container_freep) Container *c = INSPECT(.env = "\"PATH=/bin\",\"BEACHHEAD_DOMAINS=example.org\"");

        ck_assert_str_eq(c->id, "4d5e");
        ck_assert_str_eq(c->name, "web");
        ck_assert_int_eq(c->created, INSPECT_CREATED);
        ck_assert(c->running && !c->paused && !c->host_network);
        ck_assert_int_eq(c->health, HEALTH_NONE);
        ck_assert_str_eq(c->stop_signal, "SIGTERM");
        ck_assert_uint_eq(c->n_networks, 1);
        ck_assert_str_eq(c->networks[0].ipv4, "172.17.0.2");
        ck_assert_ptr_null(c->networks[0].ipv6);
        ck_assert_uint_eq(c->n_settings, 1);
        assert_setting(c, "BEACHHEAD_DOMAINS", " ", "example.org");
        assert_setting(c, "PATH", NULL, NULL);
}
END_TEST

START_TEST(secrets_of_the_environment_are_forgotten) {
        _cleanup_(container_freep) Container *c =
                INSPECT(.env = "\"ACME_EAB_HMAC_KEY=s3cret\",\"VIRTUAL_PASSWORD=x\",\"beachhead.domains=x\","
                               "\"VIRTUAL_HOST\",\"=VIRTUAL_HOST\",7",
                        .labels = "\"beachhead.acme_eab_hmac_key\":\"x\",\"virtual_host\":\"x\","
                                  "\"beachhead.\":\"x\",\"beachhead.virtual_host\":7");

        ck_assert_uint_eq(c->n_settings, 0);
}
END_TEST

START_TEST(a_label_wins_over_variables) {
        _cleanup_(container_freep) Container *c =
                INSPECT(.env = "\"BEACHHEAD_DOMAINS=a.org\",\"VIRTUAL_HOST=b.org\",\"VIRTUAL_PORT=1\",\"HTTPS_METHOD="
                               "nohttp\"",
                        .labels = "\"beachhead.domains\":\"c.org\",\"beachhead.virtual_host\":\"d.org\","
                                  "\"beachhead.virtual_port\":\" \",\"com.example\":\"x\"");

        assert_setting(c, "BEACHHEAD_DOMAINS", " ", "c.org");
        assert_setting(c, "VIRTUAL_HOST", NULL, "d.org");
        assert_setting(c, "VIRTUAL_PORT", NULL, NULL);
        assert_setting(c, "HTTPS_METHOD", NULL, "nohttp");
}
END_TEST

START_TEST(our_labels_win_over_nginx_proxys) {
        _cleanup_(container_freep) Container *c =
                INSPECT(.env = "\"TRUST_DEFAULT_CERT=1\",\"KEEPALIVE=1\"",
                        .labels = "\"com.github.nginx-proxy.nginx-proxy.keepalive\":\"2\",\"beachhead.Hsts\":\"x\","
                                  "\"beachhead.keepalive\":\"3\",\"beachhead.KEEPALIVE\":\"4\","
                                  "\"com.github.nginx-proxy.nginx-proxy.trust-default-cert\":\"5\","
                                  "\"com.github.nginx-proxy.nginx-proxy.http2.enable\":\"6\","
                                  "\"com.github.nginx-proxy.nginx-proxy.virtual_host\":\"7\"");

        assert_setting(c, "keepalive", NULL, "3");
        assert_setting(c, "KEEPALIVE", NULL, NULL);
        assert_setting(c, "TRUST_DEFAULT_CERT", NULL, "5");
        assert_setting(c, "http2.enable", NULL, "6");
        assert_setting(c, "VIRTUAL_HOST", NULL, NULL);
        ck_assert_str_eq(container_setting_source(c, "keepalive"), "beachhead.keepalive");
        ck_assert_str_eq(container_setting_source(c, "HSTS"), "beachhead.Hsts");
        ck_assert_str_eq(container_setting_source(c, "TRUST_DEFAULT_CERT"),
                         "com.github.nginx-proxy.nginx-proxy.trust-default-cert");
        ck_assert_str_eq(container_setting_source(c, "VIRTUAL_HOST"), "VIRTUAL_HOST");
}
END_TEST

START_TEST(variables_of_one_name_add_up_or_the_last_counts) {
        _cleanup_(container_freep) Container *c = INSPECT(.env = "\"VIRTUAL_HOST=a\",\"VIRTUAL_HOST= b \"");

        assert_setting(c, "VIRTUAL_HOST", ",", "a, b");
        assert_setting(c, "VIRTUAL_HOST", NULL, "b");
}
END_TEST

START_TEST(another_variable_takes_the_place_of_the_domains) {
        _cleanup_free_ char *reply = inspect_reply((InspectReply){
                .env = "\"SITES=a.org\",\"BEACHHEAD_DOMAINS=b.org\"", .labels = "\"beachhead.domains\":\"c.org\"" });
        _cleanup_(container_freep) Container *c = NULL;
        char *message = NULL;

        ck_assert_int_eq(container_decode(&c, reply, strlen(reply), "SITES", &message), 0);
        assert_setting(c, "SITES", " ", "c.org");
        assert_setting(c, "BEACHHEAD_DOMAINS", " ", NULL);
}
END_TEST

/* "VIRTUAL_HOST=aaa…" of `size` bytes of value. */
static char *long_variable(size_t size) {
        _cleanup_free_ char *value = xcalloc(size + 1, 1);

        memset(value, 'a', size);
        return xasprintf("\"VIRTUAL_HOST=%s\"", value);
}

START_TEST(a_setting_that_is_too_long_is_named_not_cut) {
        _cleanup_free_ char *most = long_variable(CONTAINER_SETTING_MAX);
        _cleanup_free_ char *more = long_variable(CONTAINER_SETTING_MAX + 1);
        _cleanup_free_ char *sum = xasprintf("%s,\"VIRTUAL_HOST=b\"", most);
        _cleanup_(container_freep) Container *fits = INSPECT(.env = most), *one = INSPECT(.env = more);
        _cleanup_(container_freep) Container *together = INSPECT(.env = sum);
        _cleanup_(container_freep) Container *overruled =
                INSPECT(.env = more, .labels = "\"beachhead.virtual_host\":\"a.org\"");

        ck_assert_ptr_null(container_overlong_setting(fits));
        ck_assert_str_eq(container_overlong_setting(one), "VIRTUAL_HOST");
        assert_setting(one, "VIRTUAL_HOST", NULL, NULL);
        ck_assert_str_eq(container_overlong_setting(together), "VIRTUAL_HOST");
        ck_assert_ptr_null(container_overlong_setting(overruled));
        ck_assert(container_setting_is_overlong(one, "VIRTUAL_HOST"));
        ck_assert(!container_setting_is_overlong(one, "VIRTUAL_PORT"));
        ck_assert(!container_setting_is_overlong(overruled, "VIRTUAL_HOST"));
}
END_TEST

START_TEST(states_are_told_apart) {
        static const struct {
                const char *state;
                bool running, paused;
                Health health;
        } cases[] = {
                { "{\"Running\":true}", true, false, HEALTH_NONE },
                { "{\"Running\":false,\"Status\":\"exited\"}", false, false, HEALTH_NONE },
                { "{\"Running\":true,\"Status\":\"restarting\"}", false, false, HEALTH_NONE },
                { "{\"Running\":true,\"Paused\":true}", true, true, HEALTH_NONE },
                { "{\"Running\":false,\"Status\":\"paused\"}", false, true, HEALTH_NONE },
                { "{\"Running\":\"yes\"}", false, false, HEALTH_NONE },
                { "{\"Running\":true,\"Health\":{\"Status\":\"\"}}", true, false, HEALTH_NONE },
                { "{\"Running\":true,\"Health\":{\"Status\":\"none\"}}", true, false, HEALTH_NONE },
                { "{\"Running\":true,\"Health\":{\"Status\":\"starting\"}}", true, false, HEALTH_STARTING },
                { "{\"Running\":true,\"Health\":{\"Status\":\"healthy\"}}", true, false, HEALTH_HEALTHY },
                { "{\"Running\":true,\"Health\":{\"Status\":\"unhealthy\"}}", true, false, HEALTH_UNHEALTHY },
                { "{\"Running\":true,\"Health\":{\"Status\":\"strange\"}}", true, false, HEALTH_STARTING },
                { "{\"Running\":true,\"Healthcheck\":{\"Status\":\"unhealthy\"}}", true, false, HEALTH_UNHEALTHY },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(container_freep) Container *c = INSPECT(.state = cases[i].state);
                ck_assert_msg(c->running == cases[i].running && c->paused == cases[i].paused &&
                                      c->health == cases[i].health,
                              "%s is read as running %d, paused %d, health %d", cases[i].state, c->running, c->paused,
                              (int)c->health);
        }
}
END_TEST

START_TEST(creation_is_read_in_any_offset) {
        static const struct {
                const char *text;
                int64_t created;
        } cases[] = {
                { "\"2023-11-14T22:13:20Z\"", INSPECT_CREATED },
                { "\"2023-11-14T22:13:20.5Z\"", INSPECT_CREATED },
                { "\"2023-11-15T00:13:20.123456789+02:00\"", INSPECT_CREATED },
                { "\"2023-11-14T17:43:20-04:30\"", INSPECT_CREATED },
                { "\"1970-01-01T00:00:00Z\"", 0 },
                { "\"0001-01-01T00:00:00Z\"", -1 },
                { "\"2023-11-14T22:13:20\"", -1 },
                { "\"2023-11-14T22:13:20Zulu\"", -1 },
                { "\"yesterday\"", -1 },
                { "\"\"", -1 },
                { "1700000000", -1 },
                { "null", -1 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(container_freep) Container *c = INSPECT(.created = cases[i].text);
                ck_assert_msg(c->created == cases[i].created, "%s is read as %lld", cases[i].text,
                              (long long)c->created);
        }
}
END_TEST

START_TEST(networks_are_in_the_order_of_their_names) {
        _cleanup_(container_freep) Container *c =
                INSPECT(.networks = "{\"zoo\":{\"IPAddress\":\"10.0.0.1\"},"
                                    "\"app\":{\"IPAddress\":\"\",\"GlobalIPv6Address\":\"fd00::2\"},"
                                    "\"bad\":{\"IPAddress\":\"10.0.0.1;\",\"GlobalIPv6Address\":7},\"nil\":null}");
        static const char *const names[] = { "app", "bad", "nil", "zoo" };

        ck_assert_uint_eq(c->n_networks, 4);
        for (size_t i = 0; i < 4; i++)
                ck_assert_str_eq(c->networks[i].name, names[i]);
        ck_assert_ptr_null(c->networks[0].ipv4);
        ck_assert_str_eq(c->networks[0].ipv6, "fd00::2");
        ck_assert(!c->networks[1].ipv4 && !c->networks[1].ipv6 && !c->networks[2].ipv4);
        ck_assert_str_eq(c->networks[3].ipv4, "10.0.0.1");
}
END_TEST

START_TEST(an_address_outside_the_list_of_networks_is_found) {
        static const char reply[] = "{\"Id\":\"a\",\"Name\":\"web\",\"State\":{},\"Config\":{\"StopSignal\":3},"
                                    "\"NetworkSettings\":{\"Networks\":{},\"IPAddress\":\"10.88.0.7\"}}";
        _cleanup_(container_freep) Container *c = NULL;
        char *message = NULL;

        ck_assert_int_eq(container_decode(&c, reply, strlen(reply), "X", &message), 0);
        ck_assert_str_eq(c->name, "web");
        ck_assert_str_eq(c->networks[0].ipv4, "10.88.0.7");
        ck_assert_str_eq(c->stop_signal, "3");
}
END_TEST

START_TEST(ports_are_sorted_and_each_named_once) {
        _cleanup_(container_freep) Container *c =
                INSPECT(.exposed = "{\"8080/tcp\":{},\"53/udp\":{},\"80/tcp\":{},\"90\":{},\"x/tcp\":{},\"0/tcp\":{}}",
                        .ports = "{\"8080/tcp\":[{\"HostIp\":\"::\",\"HostPort\":\"32000\"},"
                                 "{\"HostIp\":\"\",\"HostPort\":\"32000\"},{\"HostIp\":\"bad\",\"HostPort\":\"1\"},"
                                 "{\"HostIp\":\"\",\"HostPort\":\"\"}],\"80/tcp\":null,\"9/sctp\":null}");
        static const Port expected[] = {
                { 80, 0, NULL }, { 90, 0, NULL }, { 8080, 32000, "0.0.0.0" }, { 8080, 32000, "::" }
        };

        ck_assert_uint_eq(c->n_ports, sizeof expected / sizeof *expected);
        for (size_t i = 0; i < c->n_ports; i++) {
                ck_assert_uint_eq(c->ports[i].container_port, expected[i].container_port);
                ck_assert_uint_eq(c->ports[i].host_port, expected[i].host_port);
                ck_assert(streq_or_null(c->ports[i].host_ip, expected[i].host_ip));
        }
}
END_TEST

START_TEST(only_its_stop_signal_or_kill_ends_a_container) {
        static const struct {
                const char *stop_signal, *signal;
                bool ends;
        } cases[] = {
                { "null", "15", true },
                { "null", "TERM", true },
                { "null", "sigterm", true },
                { "null", "9", true },
                { "null", "SIGKILL", true },
                { "null", "HUP", false },
                { "null", "1", false },
                { "null", "", false },
                { "null", "strange", false },
                { "\"SIGQUIT\"", "3", true },
                { "\"SIGQUIT\"", "15", false },
                { "\"3\"", "QUIT", true },
                { "10", "SIGUSR1", true },
                { "\"strange\"", "15", true },
                { "\"strange\"", "strange", false },
                { "\"SIGRTMIN+3\"", "37", true },
                { "\"RTMIN+3\"", "SIGRTMIN+4", false },
                { "\"RTMAX\"", "64", true },
                { "\"RTMAX-1\"", "63", true },
                { "\"RTMIN-1\"", "33", false },
                { "\"RTMIN+99\"", "133", false },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_(container_freep) Container *c = INSPECT(.stop_signal = cases[i].stop_signal);
                ck_assert_msg(container_ends_on(c, cases[i].signal) == cases[i].ends, "%s with stop signal %s",
                              cases[i].signal, cases[i].stop_signal);
        }
}
END_TEST

START_TEST(what_is_no_inspect_reply_is_refused) {
        static const char *const bad[] = {
                "",
                "[]",
                "{}",
                "null",
                "{\"message\":\"No such container: a\"}",
                "{\"Id\":\"a\",\"State\":{},\"Config\":{}}",
                "{\"Name\":\"/a\",\"State\":{},\"Config\":{}}",
                "{\"Id\":\"\",\"Name\":\"/a\",\"State\":{},\"Config\":{}}",
                "{\"Id\":7,\"Name\":\"/a\",\"State\":{},\"Config\":{}}",
                "{\"Id\":\"a\",\"Name\":\"/a\",\"Config\":{}}",
                "{\"Id\":\"a\",\"Name\":\"/a\",\"State\":{}}",
                "{\"Id\":\"a\",\"Name\":\"/a\",\"State\":{},\"Config\":{}",
        };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                _cleanup_free_ char *message = NULL;
                Container *c = NULL;
                ck_assert_msg(container_decode(&c, bad[i], strlen(bad[i]), "X", &message) == -EBADMSG, "%s was taken",
                              bad[i]);
                ck_assert_ptr_nonnull(message);
                ck_assert_ptr_null(c);
        }
}
END_TEST

/* `count` members of an object or items of an array, from a format with one number. */
static char *many(const char *before, const char *item, int count, const char *after) {
        Text t = { 0 };

        text_append(&t, before);
        for (int i = 1; i <= count; i++)
                text_appendf(&t, "%s\"%d%s", i > 1 ? "," : "", i, item);
        text_append(&t, after);
        return text_take(&t);
}

static void assert_refused(InspectReply reply, const char *phrase) {
        _cleanup_free_ char *bytes = inspect_reply(reply), *message = NULL;
        Container *c = NULL;

        ck_assert_int_eq(container_decode(&c, bytes, strlen(bytes), "X", &message), -EBADMSG);
        ck_assert_msg(strstr(message, phrase), "%s", message);
}

START_TEST(more_than_is_read_is_refused) {
        _cleanup_free_ char *networks = many("{", "\":{}", CONTAINER_NETWORKS_MAX + 1, "}");
        _cleanup_free_ char *ports = many("{", "/tcp\":{}", CONTAINER_PORTS_MAX + 1, "}");
        _cleanup_free_ char *most = many("{", "/tcp\":{}", CONTAINER_PORTS_MAX, "}");
        _cleanup_free_ char *big = xcalloc(CONTAINER_REPLY_MAX + 1, 1), *message = NULL;
        _cleanup_(container_freep) Container *c = INSPECT(.exposed = most, .ports = most);
        Text env = { 0 };

        ck_assert_uint_eq(c->n_ports, CONTAINER_PORTS_MAX);
        assert_refused((InspectReply){ .networks = networks }, "networks");
        assert_refused((InspectReply){ .exposed = ports }, "ports");
        for (int i = 0; i <= CONTAINER_SETTINGS_MAX; i++)
                text_appendf(&env, "%s\"X=1\"", i > 0 ? "," : "");
        assert_refused((InspectReply){ .env = env.data }, "variables");
        text_done(&env);
        Container *none = NULL;
        ck_assert_int_eq(container_decode(&none, big, CONTAINER_REPLY_MAX + 1, "X", &message), -EBADMSG);
        ck_assert_msg(strstr(message, "larger"), "%s", message);
}
END_TEST

TEST_MAIN("container", a_plain_container_is_read, secrets_of_the_environment_are_forgotten,
          a_label_wins_over_variables, our_labels_win_over_nginx_proxys,
          variables_of_one_name_add_up_or_the_last_counts, another_variable_takes_the_place_of_the_domains,
          a_setting_that_is_too_long_is_named_not_cut, states_are_told_apart, creation_is_read_in_any_offset,
          networks_are_in_the_order_of_their_names, an_address_outside_the_list_of_networks_is_found,
          ports_are_sorted_and_each_named_once, only_its_stop_signal_or_kill_ends_a_container,
          what_is_no_inspect_reply_is_refused, more_than_is_read_is_refused)
