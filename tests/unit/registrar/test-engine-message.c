/* What events, lists and inspects say about one container fits together. */
#include "registrar/engine-message.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

static char *listed_whereabouts(const char *ports, const char *networks) {
        _cleanup_engine_list_ EngineList list = { 0 };
        _cleanup_free_ char *bytes =
                xasprintf("[{\"Id\":\"aa\",\"Names\":[\"/web\"],\"State\":\"running\",\"Ports\":[%s],"
                          "\"NetworkSettings\":{\"Networks\":{%s}}}]",
                          ports, networks);

        ck_assert_int_eq(engine_list_decode(bytes, strlen(bytes), 10, &list), 0);
        ck_assert_uint_eq(list.count, 1);
        return TAKE_PTR(list.containers[0].whereabouts);
}

static char *inspected_whereabouts(const char *ports, const char *networks) {
        _cleanup_(container_freep) Container *c = NULL;
        _cleanup_free_ char *message = NULL;
        _cleanup_free_ char *bytes =
                xasprintf("{\"Id\":\"aa\",\"Name\":\"/web\",\"State\":{\"Running\":true},\"Config\":{},"
                          "\"NetworkSettings\":{\"Ports\":{%s},\"Networks\":{%s}}}",
                          ports, networks);

        ck_assert_int_eq(container_decode(&c, bytes, strlen(bytes), "BEACHHEAD_DOMAINS", &message), 0);
        return container_whereabouts(c);
}

START_TEST(a_list_and_an_inspect_tell_the_same_place_alike) {
        static const struct {
                const char *listed_ports, *listed_networks, *ports, *networks, *expected;
        } cases[] = {
                { "", "", "", "", "web" },
                /* exposed, not published; UDP; a network without an address, as the host's */
                { "{\"PrivatePort\":80,\"Type\":\"tcp\"},{\"PrivatePort\":53,\"PublicPort\":53,\"Type\":\"udp\"}",
                  "\"host\":{\"IPAddress\":\"\",\"GlobalIPv6Address\":\"\"}",
                  "\"80/tcp\":null,\"53/udp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"53\"}]",
                  "\"host\":{\"IPAddress\":\"\",\"GlobalIPv6Address\":\"\"}", "web" },
                /* Docker lists a port for each family, in no order; so are networks */
                { "{\"IP\":\"::\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"},"
                  "{\"IP\":\"0.0.0.0\",\"PrivatePort\":443,\"PublicPort\":8443,\"Type\":\"tcp\"},"
                  "{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,\"PublicPort\":8080,\"Type\":\"tcp\"}",
                  "\"z\":{\"IPAddress\":\"10.0.0.1\"},\"a\":{\"IPAddress\":\"10.0.0.2\",\"GlobalIPv6Address\":\"fd::"
                  "2\"}",
                  "\"443/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8443\"}],"
                  "\"80/"
                  "tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"},{\"HostIp\":\"::\",\"HostPort\":\"8080\"}]",
                  "\"a\":{\"IPAddress\":\"10.0.0.2\",\"GlobalIPv6Address\":\"fd::2\"},\"z\":{\"IPAddress\":\"10.0.0."
                  "1\"}",
                  "web\nnetwork a 10.0.0.2 fd::2\nnetwork z 10.0.0.1 \nport 443 8443\nport 80 8080" },
                /* Podman lists no host address, and a port once */
                { "{\"PrivatePort\":80,\"PublicPort\":8081,\"Type\":\"tcp\"}",
                  "\"podman\":{\"IPAddress\":\"10.88.0.3\"}", "\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8081\"}]",
                  "\"podman\":{\"IPAddress\":\"10.88.0.3\"}", "web\nnetwork podman 10.88.0.3 \nport 80 8081" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *listed = listed_whereabouts(cases[i].listed_ports, cases[i].listed_networks);
                _cleanup_free_ char *inspected = inspected_whereabouts(cases[i].ports, cases[i].networks);
                ck_assert_str_eq(listed, cases[i].expected);
                ck_assert_str_eq(inspected, cases[i].expected);
        }
}
END_TEST

START_TEST(events_are_told_apart) {
        static const struct {
                const char *line;
                EngineEvent event;
        } cases[] = {
                { "{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"aa\",\"Attributes\":{\"name\":"
                  "\"web\"}}}",
                  { .kind = ENGINE_STARTED, .id = "aa", .name = "web" } },
                { "{\"Type\":\"container\",\"Action\":\"kill\",\"Actor\":{\"ID\":\"aa\",\"Attributes\":{\"signal\":"
                  "\"15\"}}}",
                  { .kind = ENGINE_SIGNALLED, .id = "aa", .signal = "15" } },
                { "{\"Type\":\"container\",\"Action\":\"kill\",\"Actor\":{\"ID\":\"aa\",\"Attributes\":{\"signal\":"
                  "\"0123456789012345\"}}}",
                  { .kind = ENGINE_SIGNALLED, .id = "aa" } },
                { "{\"Type\":\"container\",\"Action\":\"health_status: healthy\",\"Actor\":{\"ID\":\"aa\"}}",
                  { .kind = ENGINE_HEALTH, .id = "aa", .health = HEALTH_HEALTHY } },
                { "{\"Type\":\"container\",\"Action\":\"rename\",\"Actor\":{\"ID\":\"aa\",\"Attributes\":{\"name\":"
                  "\"a/../b\"}}}",
                  { .kind = ENGINE_RENAMED, .id = "aa" } },
                { "{\"Type\":\"network\",\"Action\":\"connect\",\"Actor\":{\"ID\":\"ff\",\"Attributes\":{"
                  "\"container\":\"aa\","
                  "\"name\":\"bridge\"}}}",
                  { .kind = ENGINE_NETWORK, .id = "aa" } },
                { "{\"Type\":\"network\",\"Action\":\"create\",\"Actor\":{\"ID\":\"ff\"}}", { .kind = ENGINE_OTHER } },
                { "{\"Type\":\"volume\",\"Action\":\"start\",\"Actor\":{\"ID\":\"aa\"}}", { .kind = ENGINE_OTHER } },
                { "{\"Type\":\"container\",\"Action\":\"exec_die\",\"Actor\":{\"ID\":\"aa\"}}",
                  { .kind = ENGINE_OTHER } },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                EngineEvent event;
                ck_assert_int_eq(engine_event_decode(cases[i].line, strlen(cases[i].line), &event), 0);
                ck_assert_int_eq(event.kind, cases[i].event.kind);
                ck_assert_str_eq(event.id, cases[i].event.id);
                ck_assert_str_eq(event.name, cases[i].event.name);
                ck_assert_str_eq(event.signal, cases[i].event.signal);
                ck_assert_int_eq(event.health, cases[i].event.health);
        }
}
END_TEST

START_TEST(a_list_is_cut_where_the_caller_wants) {
        static const char bytes[] = "[{\"Id\":\"aa\"},{\"Id\":\"bb\"},{\"Id\":\"cc\"}]";
        static const struct {
                size_t max, count;
                bool cut;
        } cases[] = { { 2, 2, true }, { 3, 3, false }, { 0, 0, true } };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_engine_list_ EngineList list = { 0 };
                ck_assert_int_eq(engine_list_decode(bytes, strlen(bytes), cases[i].max, &list), 0);
                ck_assert_uint_eq(list.count, cases[i].count);
                ck_assert(list.cut == cases[i].cut);
        }
}
END_TEST

TEST_MAIN("engine-message", a_list_and_an_inspect_tell_the_same_place_alike, events_are_told_apart,
          a_list_is_cut_where_the_caller_wants)
