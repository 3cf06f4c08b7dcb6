/* What people are told who ask for /nginx-proxy-debug. */
#include "common/location-path.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/rendering.h"

START_TEST(who_asks_is_told_what_a_site_came_to) {
        _cleanup_test_site_ TestSite t;

        test_site(&t, "~^a\\.(\"b'|$)");
        t.site.kind = SERVER_NAME_REGEX;
        (void)test_add_location(&t, "~^/x$");
        _cleanup_free_ char *without = test_text(&t, &test_policy);
        test_choose(&t, EDGE_DEBUG_ENDPOINT, "true");
        _cleanup_free_ char *http = test_server(&t, &test_policy, false);

        ck_assert(!contains(without, "nginx-proxy-debug"));
        ck_assert_msg(contains(http, "    location = /nginx-proxy-debug {\n        default_type application/json;\n"
                                     "        return 200 '{\"host\":\"~^a?.(?b?|?)\",\"over_http\":\"the site\","
                                     "\"over_https\":\"the site\",\"ssl_policy\":\"Mozilla-Intermediate\","),
                      "%s", http);
        ck_assert_msg(contains(http, ",\"paths\":{\"/\":{\"proto\":\"http\",\"upstream\":\"~"), "%s", http);
        ck_assert_msg(contains(http, ",\"~^/x?\":{"), "%s", http);
        ck_assert_msg(contains(http, ",\"state\":\"live\",\"endpoints\":2,\"loadbalance\":\"round_robin\","), "%s",
                      http);
        ck_assert_msg(contains(http, "}},\"paths_left_out\":0}';\n    }\n"), "%s", http);
}
END_TEST

static void assert_told_within_a_word(size_t length) {
        enum { PATHS = 100 };
        Location locations[PATHS];
        EdgeSettings settings[PATHS] = { 0 };
        char paths[PATHS][LOCATION_PATH_MAX + 1];
        _cleanup_test_site_ TestSite t;

        test_site(&t, "a.org");
        test_choose(&t, EDGE_DEBUG_ENDPOINT, "true");
        for (size_t i = 0; i < PATHS; i++) {
                memset(paths[i], 'x', length);
                paths[i][0] = '/';
                paths[i][1] = (char)('0' + i / 10);
                paths[i][2] = (char)('0' + i % 10);
                paths[i][length] = '\0';
                locations[i] = t.locations[0];
                locations[i].path = paths[i];
        }
        t.site.locations = locations;
        t.site.n_locations = PATHS;
        t.vhost.location_settings = settings;
        t.vhost.overrides = NULL;
        _cleanup_free_ char *http = test_server(&t, &test_policy, false);
        const char *word = strstr(http, "return 200 '") + strlen("return 200 '"), *end = strchr(word, '\'');
        ck_assert_int_lt(end - word, 4096);
        ck_assert(contains(word, "},\"paths_left_out\":"));
        ck_assert(!contains(word, "\"paths_left_out\":0"));
}

START_TEST(what_is_told_stays_within_a_word_of_nginx) {
        static const size_t lengths[] = { 10, 254, 900, LOCATION_PATH_MAX };

        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
                assert_told_within_a_word(lengths[i]);
}
END_TEST

TEST_MAIN("render-debug", who_asks_is_told_what_a_site_came_to, what_is_told_stays_within_a_word_of_nginx)
