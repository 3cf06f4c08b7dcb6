/* The consumer's figures, and those of the nodes. */
#include "consumer/status/status-metrics.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/status-ground.h"

static void expect_lines(const Scene *s, const char *const *lines, size_t count) {
        _cleanup_free_ char *text = status_metrics(&s->view);

        for (size_t i = 0; i < count; i++) {
                _cleanup_free_ char *line = xasprintf("\n%s\n", lines[i]);
                ck_assert_msg(strstr(text, line), "no %s in:\n%s", lines[i], text);
        }
}

#define EXPECT_LINES(s, ...)                                                                                          \
        do {                                                                                                          \
                const char *const _lines[] = { __VA_ARGS__ };                                                         \
                expect_lines(s, _lines, sizeof _lines / sizeof *_lines);                                              \
        } while (0)

static void expect_none(const Scene *s, const char *words) {
        _cleanup_free_ char *text = status_metrics(&s->view);

        ck_assert_msg(!strstr(text, words), "%s is in:\n%s", words, text);
}

START_TEST(registrations_sites_and_leases_are_counted) {
        Scene s;

        scene_begin(&s);
        scene_register(&s, "a@n1", ROUTE("a.org", HTTP("10.0.0.1", 80)), 42);
        scene_register(&s, "b@n1", ROUTE("b.org", HTTP("10.0.0.2", 80)), 17);
        scene_register(&s, "held@n1", ROUTE("held.org", HTTP("10.0.0.3", 80)), 5);
        scene_register(&s, "gone@n1", ROUTE("gone.org", HTTP("10.0.0.4", 80)), 5);
        scene_register(&s, "odd@n1", ROUTE("odd.org", REQUIRING("\"teleport\"", "10.0.0.1", 80)), 42);
        scene_register(&s, "bad@n1", "{", 42);
        scene_leave(&s, "held@n1", false);
        scene_leave(&s, "gone@n1", true);
        scene_settle(&s);
        s.view.changes = 12;
        EXPECT_LINES(&s, "beachhead_build_info{version=\"" BEACHHEAD_VERSION "\"} 1", "beachhead_healthy 1",
                     "beachhead_registrations{state=\"live\"} 4", "beachhead_registrations{state=\"missing\"} 1",
                     "beachhead_registrations{state=\"gone\"} 1", "beachhead_registrations_left_out 0",
                     "beachhead_lease_left_seconds 17", "beachhead_ready 1", "beachhead_sites{state=\"live\"} 2",
                     "beachhead_sites{state=\"held\"} 1", "beachhead_sites{state=\"lingering\"} 1",
                     "beachhead_routes_set_aside 2", "beachhead_changes_total 12", "beachhead_redis_up 1");
        expect_none(&s, "beachhead_redis_error_info");
        s.view.monotonic_usec += 100 * SECOND; /* they were due a while ago: Redis is away */
        EXPECT_LINES(&s, "beachhead_lease_left_seconds 0");
        scene_end(&s);
}
END_TEST

START_TEST(what_is_not_known_has_no_figure) {
        Scene s;

        scene_begin(&s);
        s.view.redis_error = "say \"no\"\n";
        s.view.ailment = "nginx does not run";
        EXPECT_LINES(&s, "beachhead_ready 0", "beachhead_healthy 0", "beachhead_redis_up 0",
                     "beachhead_redis_error_info{error=\"say \\\"no\\\"\\\\x0a\"} 1");
        expect_none(&s, "beachhead_sites");
        expect_none(&s, "beachhead_lease_left_seconds");
        expect_none(&s, "beachhead_node_");
        scene_end(&s);
}
END_TEST

START_TEST(outputs_tell_their_state_and_their_own_figures) {
        Scene s;

        scene_begin(&s);
        s.fake.state = OUTPUT_FAILED;
        scene_settle(&s);
        EXPECT_LINES(&s, "beachhead_output_state{output=\"fake\",state=\"failed\"} 1",
                     "beachhead_output_state{output=\"fake\",state=\"done\"} 0", "beachhead_fake_figure 7");
        scene_end(&s);
}
END_TEST

START_TEST(nodes_tell_what_their_manifests_say) {
        Scene s;

        scene_begin(&s);
        scene_register(&s, "web@n1", ROUTE("a.org", HTTP("10.0.0.1", 80)), 42);
        scene_register(&s, "web@n3", ROUTE("a.org", HTTP("10.0.0.2", 80)), 42);
        scene_add_node(&s, "n1",
                       MANIFEST("connected", ",\"containers\":5,\"event_to_publish\":{\"le\":[0.1,1],"
                                             "\"counts\":[3,1,0],\"sum\":0.5}"));
        scene_add_node(&s, "n2", MANIFEST("away", ",\"containers\":9"));
        scene_settle(&s);
        EXPECT_LINES(&s, "beachhead_node_up{node=\"n1\"} 1", "beachhead_node_up{node=\"n2\"} 1",
                     "beachhead_node_up{node=\"n3\"} 0", "beachhead_node_engine_up{node=\"n1\"} 1",
                     "beachhead_node_engine_up{node=\"n2\"} 0", "beachhead_node_containers{node=\"n1\"} 5",
                     "beachhead_node_registrations{node=\"n1\"} 1", "beachhead_node_registrations{node=\"n2\"} 0",
                     "beachhead_node_registrations_missing{node=\"n3\"} 0",
                     "beachhead_node_info{node=\"n1\",version=\"0.1.0\"} 1",
                     "beachhead_node_event_to_publish_seconds_bucket{node=\"n1\",le=\"0.1\"} 3",
                     "beachhead_node_event_to_publish_seconds_count{node=\"n1\"} 4");
        expect_none(&s, "beachhead_node_engine_up{node=\"n3\"}");
        expect_none(&s, "beachhead_node_event_to_publish_seconds_count{node=\"n2\"}");
        scene_end(&s);
}
END_TEST

TEST_MAIN("status-metrics", registrations_sites_and_leases_are_counted, what_is_not_known_has_no_figure,
          outputs_tell_their_state_and_their_own_figures, nodes_tell_what_their_manifests_say)
