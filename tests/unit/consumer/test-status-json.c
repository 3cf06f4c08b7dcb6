/* What the page is told: every route with its state, and why. */
#include "common/json.h"
#include "consumer/status/status-json.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/status-ground.h"

/* The document, which must be one; owned by the caller. */
static cJSON *status_of(const Scene *s) {
        _cleanup_free_ char *text = status_json(&s->view);
        cJSON *json = json_parse(text, strlen(text));

        ck_assert_msg(json, "no JSON: %s", text);
        return json;
}

static const cJSON *at(const cJSON *array, int index) {
        const cJSON *item = cJSON_GetArrayItem(array, index);

        ck_assert_ptr_nonnull(item);
        return item;
}

/* The row of a domain and path. */
static const cJSON *row_of(const cJSON *status, const char *domain, const char *path) {
        const cJSON *row;

        cJSON_ArrayForEach (row, json_member(status, "routes"))
                if (strcmp(json_string(row, "domain", 300), domain) == 0 &&
                    strcmp(json_string(row, "path", 300), path) == 0)
                        return row;
        ck_abort_msg("no row for %s%s", domain, path);
}

static void expect_text(const cJSON *object, const char *name, const char *text) {
        ck_assert_msg(json_member(object, name), "no %s", name);
        ck_assert_str_eq(json_string(object, name, 5000), text);
}

static void expect_number(const cJSON *object, const char *name, int64_t number) {
        ck_assert_int_eq(json_integer(object, name, -1), number);
}

START_TEST(a_live_route_says_where_it_leads_and_how_long_its_leases_last) {
        Scene s;

        scene_begin(&s);
        scene_register(&s, "web@n1", ROUTE("a.org", HTTP("10.0.0.1", 8080) IMPLIED("10.0.0.1")), 42);
        scene_register(&s, "web@n2", ROUTE("a.org", HTTP("fd00::2", 80) IMPLIED("fd00::2")), 50);
        s.fake.certificate_not_after = 1800000000;
        string_list_add(&s.fake.notes, "something to know");
        scene_settle(&s);
        _cleanup_json_ cJSON *status = status_of(&s);
        const cJSON *row = row_of(status, "a.org", "/"), *by = json_member(row, "by");
        expect_text(row, "state", "live");
        expect_text(row, "link", "https://a.org/");
        expect_number(row, "certificate", 1800000000);
        expect_number(row, "endpoints", 2);
        expect_number(row, "publishers", 2);
        ck_assert_str_eq(at(json_member(row, "to"), 0)->valuestring, "http://10.0.0.1:8080");
        ck_assert_str_eq(at(json_member(row, "to"), 1)->valuestring, "http://[fd00::2]:80");
        ck_assert_str_eq(at(json_member(row, "notes"), 0)->valuestring, "something to know");
        expect_text(at(by, 0), "instance", "web@n1");
        expect_text(at(by, 0), "state", "live");
        expect_number(at(by, 0), "until", (int64_t)NOW_SECONDS + 42);
        expect_number(at(by, 1), "until", (int64_t)NOW_SECONDS + 50);
        ck_assert_ptr_null(json_member(row, "since"));
        ck_assert_ptr_null(json_member(row, "why"));
        scene_end(&s);
}
END_TEST

START_TEST(what_is_held_or_lingers_says_since_when) {
        Scene s;

        scene_begin(&s);
        scene_register(&s, "held@n1", ROUTE("held.org", HTTP("10.0.0.1", 80)), 42);
        scene_register(&s, "gone@n1", ROUTE("gone.org", HTTP("10.0.0.2", 80)), 42);
        scene_register(&s, "one@n1", ROUTE("half.org", HTTP("10.0.0.3", 80)), 42);
        scene_register(&s, "two@n1", ROUTE("half.org", HTTP("10.0.0.4", 80)), 42);
        scene_leave(&s, "held@n1", false);
        scene_leave(&s, "gone@n1", true);
        scene_leave(&s, "one@n1", false);
        scene_settle(&s);
        _cleanup_json_ cJSON *status = status_of(&s);
        expect_text(row_of(status, "held.org", "/"), "state", "held");
        expect_number(row_of(status, "held.org", "/"), "since", (int64_t)NOW_SECONDS - 60);
        expect_text(row_of(status, "gone.org", "/"), "state", "lingering");
        expect_number(row_of(status, "gone.org", "/"), "since", (int64_t)NOW_SECONDS - 60);
        expect_number(row_of(status, "gone.org", "/"), "endpoints", 0);
        const cJSON *half = row_of(status, "half.org", "/");
        expect_text(half, "state", "live");
        expect_number(half, "endpoints", 1);
        expect_text(at(json_member(half, "by"), 0), "state", "missing");
        ck_assert_ptr_null(json_member(half, "since"));
        expect_number(json_member(status, "registrations"), "live", 1);
        expect_number(json_member(status, "registrations"), "missing", 2);
        scene_end(&s);
}
END_TEST

START_TEST(what_is_set_aside_says_why) {
        Scene s;

        scene_begin(&s);
        scene_register(&s, "odd@n1", ROUTE("odd.org", REQUIRING("\"teleport\"", "10.0.0.1", 80)), 42);
        scene_register(&s, "bad@n1", ROUTE("bad.org", HTTP("10.0.0.2", 80)), 42);
        s.fake.set_aside_domain = "bad.org";
        s.fake.set_aside = "unknown directive \"x\"";
        scene_settle(&s);
        _cleanup_json_ cJSON *status = status_of(&s);
        const cJSON *odd = row_of(status, "odd.org", "");
        expect_text(odd, "state", "aside");
        ck_assert_ptr_nonnull(strstr(json_string(odd, "why", 300), "teleport"));
        expect_text(at(json_member(odd, "by"), 0), "instance", "odd@n1");
        expect_text(row_of(status, "bad.org", "/"), "state", "aside");
        expect_text(row_of(status, "bad.org", "/"), "why", "unknown directive \"x\"");
        scene_end(&s);
}
END_TEST

START_TEST(what_cannot_be_read_is_set_aside_too) {
        Scene s;

        scene_begin(&s);
        scene_register(&s, "web@n1", "[{\"domain\":\"<b>\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}]", 42);
        scene_register(&s, "bad@n1", "{", 42);
        scene_settle(&s);
        _cleanup_json_ cJSON *status = status_of(&s);
        const cJSON *rows = json_member(status, "routes");
        ck_assert_int_eq(cJSON_GetArraySize(rows), 2);
        expect_text(at(rows, 0), "why", "the value is no JSON array");
        expect_text(at(json_member(at(rows, 0), "by"), 0), "instance", "bad@n1");
        expect_text(at(rows, 1), "state", "aside");
        ck_assert_ptr_nonnull(strstr(json_string(at(rows, 1), "why", 300), "<b>"));
        scene_end(&s);
}
END_TEST

START_TEST(each_path_has_a_row_with_its_own_publishers) {
        Scene s;

        scene_begin(&s);
        scene_register(&s, "front@n1", ROUTE("a.org", HTTP("10.0.0.1", 80)), 42);
        scene_register(&s, "api@n1", ROUTE("a.org", PATH("/api/", "10.0.0.2", 80) DEST("/v1/")), 42);
        scene_settle(&s);
        _cleanup_json_ cJSON *status = status_of(&s);
        expect_text(at(json_member(row_of(status, "a.org", "/"), "by"), 0), "instance", "front@n1");
        const cJSON *api = row_of(status, "a.org", "/api/");
        expect_number(api, "publishers", 1);
        expect_text(api, "dest", "/v1/");
        expect_text(at(json_member(api, "by"), 0), "instance", "api@n1");
        scene_end(&s);
}
END_TEST

START_TEST(only_what_a_browser_can_open_has_a_link) {
        static const struct {
                const char *value, *domain, *link;
        } cases[] = {
                { ROUTE("a.org", HTTP("10.0.0.1", 80)), "a.org", "http://a.org/" },
                { ROUTE("*.a.org", REQUIRING("\"wildcard\"", "10.0.0.1", 80)), "*.a.org", NULL },
                { ROUTE("~^a", REQUIRING("\"regex\"", "10.0.0.1", 80)), "~^a", NULL },
                { ROUTE("a.org", REQUIRING("\"ports\"", "10.0.0.1", 80) SETTINGS(SETTING("external_http_port", "81"))),
                  "a.org", NULL },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Scene s;
                scene_begin(&s);
                scene_register(&s, "web", cases[i].value, 42);
                scene_settle(&s);
                _cleanup_json_ cJSON *status = status_of(&s);
                const cJSON *row = row_of(status, cases[i].domain, "/");
                if (cases[i].link)
                        expect_text(row, "link", cases[i].link);
                else
                        ck_assert_msg(!json_member(row, "link"), "%s", cases[i].value);
                scene_end(&s);
        }
}
END_TEST

START_TEST(hostile_words_stay_words) {
        static const char hostile[] = "</script><script>alert(1)</script>\"\\\n\x01\xff\xfe \xe2\x80\xae";
        Scene s;

        scene_begin(&s);
        scene_register(&s, "web", ROUTE("a.org", HTTP("10.0.0.1", 80)), 42);
        s.fake.set_aside_domain = "a.org";
        s.fake.set_aside = hostile;
        s.fake.says = hostile;
        s.view.redis_error = hostile;
        s.view.ailment = hostile;
        string_list_add(&s.fake.notes, hostile);
        scene_settle(&s);
        _cleanup_free_ char *text = status_json(&s.view);
        for (const char *c = text; *c; c++)
                ck_assert_msg((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f, "byte %02x", (unsigned char)*c);
        _cleanup_json_ cJSON *status = status_of(&s);
        ck_assert_ptr_nonnull(strstr(json_string(status, "ailment", 300), "</script><script>alert(1)</script>\""));
        scene_end(&s);
}
END_TEST

START_TEST(very_much_is_cut_and_counted) {
        char long_words[10000];
        Scene s;

        memset(long_words, 'x', sizeof long_words - 1);
        long_words[sizeof long_words - 1] = '\0';
        scene_begin(&s);
        for (int i = 0; i < STATUS_PUBLISHERS_MAX + 5; i++) {
                _cleanup_free_ char *instance = xasprintf("web%d", i);
                _cleanup_free_ char *value =
                        xasprintf("[{\"domain\":\"a.org\",\"http\":{\"host\":\"10.0.0.%d\",\"port\":80}}]", i + 1);
                scene_register(&s, instance, value, 42);
        }
        s.fake.says = long_words;
        scene_settle(&s);
        _cleanup_json_ cJSON *status = status_of(&s);
        const cJSON *row = row_of(status, "a.org", "/");
        ck_assert_int_eq(cJSON_GetArraySize(json_member(row, "by")), STATUS_PUBLISHERS_MAX);
        ck_assert_int_eq(cJSON_GetArraySize(json_member(row, "to")), STATUS_ENDPOINTS_MAX);
        expect_number(row, "publishers", STATUS_PUBLISHERS_MAX + 5);
        expect_number(row, "endpoints", STATUS_PUBLISHERS_MAX + 5);
        ck_assert_ptr_nonnull(json_string(at(json_member(status, "outputs"), 0), "says", STATUS_WORDS_MAX + 3));
        scene_end(&s);
}
END_TEST

START_TEST(more_rows_than_a_page_can_bear_are_counted) {
        enum { MORE = 3 };
        Scene s;

        scene_begin(&s);
        for (int i = 0; i < STATUS_ROUTES_MAX / 1000 + 1; i++) {
                _cleanup_text_ Text value = { 0 };
                _cleanup_free_ char *instance = xasprintf("web%d", i);
                int count = i < STATUS_ROUTES_MAX / 1000 ? 1000 : MORE;
                for (int k = 0; k < count; k++)
                        text_appendf(&value,
                                     "%s{\"domain\":\"d%d-%d.org\",\"http\":{\"host\":\"10.0.0.1\",\"port\":80}}",
                                     k > 0 ? "," : "[", i, k);
                text_append(&value, "]");
                scene_register(&s, instance, value.data, 42);
        }
        scene_settle(&s);
        _cleanup_json_ cJSON *status = status_of(&s);
        ck_assert_int_eq(cJSON_GetArraySize(json_member(status, "routes")), STATUS_ROUTES_MAX);
        expect_number(status, "more", MORE);
        scene_end(&s);
}
END_TEST

START_TEST(nodes_are_there_also_without_their_manifest) {
        Scene s;

        scene_begin(&s);
        scene_register(&s, "web@n1", ROUTE("a.org", HTTP("10.0.0.1", 80)), 42);
        scene_register(&s, "web@n2", ROUTE("a.org", HTTP("10.0.0.2", 80)), 42);
        scene_register(&s, "foreign", ROUTE("a.org", HTTP("10.0.0.3", 80)), 42); /* its writer keeps no manifest */
        scene_leave(&s, "web@n2", false);
        scene_add_node(&s, "idle", MANIFEST("away", ",\"containers\":3"));
        scene_add_node(&s, "n1", MANIFEST("connected", ",\"containers\":5"));
        scene_settle(&s);
        _cleanup_json_ cJSON *status = status_of(&s);
        const cJSON *nodes = json_member(status, "nodes");
        ck_assert_int_eq(cJSON_GetArraySize(nodes), 3);
        expect_text(at(nodes, 0), "name", "idle");
        expect_text(at(nodes, 0), "engine", "away");
        expect_number(at(nodes, 0), "live", 0);
        expect_text(at(nodes, 1), "name", "n1");
        expect_number(at(nodes, 1), "containers", 5);
        expect_number(at(nodes, 1), "live", 1);
        expect_text(at(nodes, 2), "name", "n2");
        ck_assert(cJSON_IsFalse(json_member(at(nodes, 2), "up")));
        expect_number(at(nodes, 2), "missing", 1);
        scene_end(&s);
}
END_TEST

START_TEST(before_the_first_reading_nothing_is_known) {
        Scene s;

        scene_begin(&s);
        s.view.redis_error = "Connection refused";
        _cleanup_json_ cJSON *status = status_of(&s);
        ck_assert(cJSON_IsFalse(json_member(status, "read")));
        ck_assert(cJSON_IsFalse(json_member(json_member(status, "redis"), "up")));
        expect_text(json_member(status, "redis"), "error", "Connection refused");
        expect_text(at(json_member(status, "outputs"), 0), "state", "done");
        ck_assert_int_eq(cJSON_GetArraySize(json_member(status, "routes")), 0);
        scene_end(&s);
}
END_TEST

START_TEST(the_same_state_is_the_same_text_at_another_time) {
        Scene s;

        scene_begin(&s);
        scene_register(&s, "web@n1", ROUTE("a.org", HTTP("10.0.0.1", 80)), 42);
        scene_settle(&s);
        _cleanup_free_ char *before = status_json(&s.view), *after = NULL;
        s.view.realtime_usec += 7 * SECOND;
        s.view.monotonic_usec += 7 * SECOND;
        after = status_json(&s.view);
        ck_assert_str_eq(before, after);
        scene_end(&s);
}
END_TEST

START_TEST(with_several_prefixes_names_carry_theirs) {
        Scene s;

        scene_begin(&s);
        s.view.n_keyspaces = 2;
        (void)table_present(s.table, "/edge/web@n1", ROUTE("a.org", HTTP("10.0.0.1", 80)),
                            strlen(ROUTE("a.org", HTTP("10.0.0.1", 80))), UINT64_MAX, 0);
        scene_register(&s, "web@n1", ROUTE("b.org", HTTP("10.0.0.1", 80)), 42);
        scene_settle(&s);
        _cleanup_json_ cJSON *status = status_of(&s);
        const cJSON *nodes = json_member(status, "nodes");
        const cJSON *by = at(json_member(row_of(status, "a.org", "/"), "by"), 0);
        ck_assert_int_eq(cJSON_GetArraySize(nodes), 2);
        expect_text(at(nodes, 0), "name", "/beachhead-nodes/n1");
        expect_text(at(nodes, 1), "name", "/edge-nodes/n1");
        expect_text(by, "instance", "/edge/web@n1");
        ck_assert_ptr_null(json_member(by, "until")); /* it does not expire */
        scene_end(&s);
}
END_TEST

TEST_MAIN("status-json", a_live_route_says_where_it_leads_and_how_long_its_leases_last,
          what_is_held_or_lingers_says_since_when, what_is_set_aside_says_why, what_cannot_be_read_is_set_aside_too,
          each_path_has_a_row_with_its_own_publishers, only_what_a_browser_can_open_has_a_link,
          hostile_words_stay_words, very_much_is_cut_and_counted, more_rows_than_a_page_can_bear_are_counted,
          nodes_are_there_also_without_their_manifest, before_the_first_reading_nothing_is_known,
          the_same_state_is_the_same_text_at_another_time, with_several_prefixes_names_carry_theirs)
