/* --explain: who publishes a domain, what each of its paths is, who else was heard, in words. */
#include "consumer/explain.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/sites-ground.h"

enum { NOW = 100 }; /* as in present() */
#define SEC UINT64_C(1000000)

static char *explained(Table *t, const char *domain, uint64_t later_usec) {
        _cleanup_(sites_freep) Sites *s = sites_from_table(t, NULL);
        _cleanup_string_list_ StringList lines = { 0 };

        explain_domain(t, s, domain, NOW + later_usec, NOW + later_usec, &lines);
        return string_list_join(&lines, "\n");
}

START_TEST(every_path_is_explained_with_its_endpoints) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "web",
                ROUTE("a.org", HTTP("10.0.0.1", 80) METHOD("redirect") ",\"container\":\"web\"" SETTINGS(
                                       SETTING("hsts", "off") "," SETTING("keepalive", "4"))));
        present(t, "api",
                ROUTE("a.org",
                      REQUIRING("\"path\",\"proto\",\"internal\"", "10.0.0.2",
                                81) ",\"path\":\"/api\",\"proto\":\"grpc\",\"dest\":\"/v1\"" METHOD("noredirect")));
        present(t, "old", ROUTE("a.org", PATH("/old", "10.0.0.3", 80) METHOD("redirect")));
        absent(t, "old", true);
        present(t, "none",
                ROUTE("a.org", "\"schemes\":[\"http\"],\"requires\":[\"no-endpoint\",\"path\"],"
                               "\"path\":\"/none\"" METHOD("redirect")));
        _cleanup_free_ char *text = explained(t, "a.org", 2 * SEC);
        ck_assert_str_eq(text,
                         "published in /beachhead/api by an unnamed writer: 0 s left unless it is refreshed\n"
                         "published in /beachhead/none by an unnamed writer: 0 s left unless it is refreshed\n"
                         "published in /beachhead/old by an unnamed writer: left on purpose 2 s ago\n"
                         "published in /beachhead/web by web: 0 s left unless it is refreshed\n"
                         "the site is live: served over HTTP; over HTTPS with a certificate\n"
                         "setting hsts=off\n"
                         "path / is live\n"
                         "setting keepalive=4\n"
                         "endpoint 10.0.0.1 port 80, reached in clear\n"
                         "path /api is live, for internal networks alone, at the backend /v1\n"
                         "endpoint 10.0.0.2 port 81, reached by gRPC\n"
                         "path /none is live\n"
                         "no reachable endpoint: answered 502\n"
                         "path /old is lingering\n"
                         "no endpoint: answered 503\n"
                         "note: api asks for HTTPS_METHOD=noredirect and none (and 1 more) for HTTPS_METHOD=redirect: "
                         "api was created first and decides");
}
END_TEST

START_TEST(a_method_that_nobody_chose_is_explained_as_such) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "web", ROUTE("a.org", HTTP("10.0.0.1", 80) METHOD("redirect") ",\"https_method_implied\":true"));
        _cleanup_free_ char *text = explained(t, "a.org", 0);
        ck_assert_ptr_nonnull(strstr(text, "(no HTTPS_METHOD is asked for: an edge may have another)"));
}
END_TEST

START_TEST(what_is_set_aside_or_unknown_is_explained) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "web", "[{\"domain\":\"a.org\",\"requires\":[\"quantum\"]}]");
        _cleanup_free_ char *aside = explained(t, "a.org", 0), *unknown = explained(t, "b.org", 0);
        ck_assert_str_eq(aside, "published in /beachhead/web by an unnamed writer: 0 s left unless it is refreshed\n"
                                "set aside, as published in /beachhead/web: requires \"quantum\", "
                                "which this version does not know");
        ck_assert_str_eq(unknown,
                         "nobody publishes b.org: see what beachhead-registrar --dry-run says of its container");
}
END_TEST

TEST_MAIN("explain", every_path_is_explained_with_its_endpoints, a_method_that_nobody_chose_is_explained_as_such,
          what_is_set_aside_or_unknown_is_explained)
