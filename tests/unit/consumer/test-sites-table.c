/* The table for people: who is served where, until when, and why not, in the columns that a window has. */
#include "consumer/table/keys.h"
#include "consumer/table/page.h"
#include "consumer/table/rows.h"
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/sites-ground.h"

#define SEC UINT64_C(1000000)

enum { NOW = 100 }; /* as in present(); leases end at 160 */

/* The table `later_usec` after everything was registered; the caller owns it. */
static char *page(Table *t, size_t width, uint64_t later_usec, const char *trouble) {
        _cleanup_(sites_freep) Sites *s = sites_from_table(t, NULL);
        _cleanup_string_list_ StringList lines = { 0 };
        View view = { s, t, "localhost:6379", trouble, NOW + later_usec, NOW + later_usec };

        page_make(&view, width, &lines);
        return string_list_join(&lines, "\n");
}

static void expect_page(Table *t, size_t width, const char *wanted) {
        _cleanup_free_ char *text = page(t, width, 2 * SEC, NULL);

        ck_assert_str_eq(text, wanted);
}

static void present_for(Table *t, const char *instance, const char *value, uint64_t lease_usec) {
        _cleanup_free_ char *key = xasprintf("/beachhead/%s", instance);

        (void)table_present(t, key, value, strlen(value),
                            lease_usec == UINT64_MAX ? UINT64_MAX : NOW + 2 * SEC + lease_usec, NOW);
}

START_TEST(every_path_has_a_row) {
        _cleanup_(table_freep) Table *t = new_table();

        present_for(t, "web", ROUTE("a.org", HTTP("10.0.0.1", 80) METHOD("redirect")), 41 * SEC);
        present_for(t, "api",
                    ROUTE("a.org", REQUIRING("\"path\",\"internal\"", "2001:db8::1",
                                             81) ",\"path\":\"/api\"" DEST("/v1") METHOD("redirect")),
                    UINT64_MAX);
        present_for(t, "both", ROUTE("b.org", HTTP("10.0.0.2", 80) "," HTTPS("10.0.0.2", 443)), 7300 * SEC);
        present_for(t, "gone", ROUTE("c.org", HTTP("10.0.0.3", 80)), 41 * SEC);
        present_for(t, "lost", ROUTE("d.org", HTTPS("10.0.0.4", 443)), 41 * SEC);
        present_for(t, "rpc", ROUTE("e.org", PROTO("grpc", "10.0.0.5", 80)), 0);
        present_for(t, "new", ROUTE("f.org", "\"requires\":[\"teleport\"]"), 41 * SEC);
        present_for(t, "none", ROUTE("g.org", NO_ENDPOINT("\"http\"")), 200 * SEC);
        absent(t, "gone", true);
        absent(t, "lost", false);
        expect_page(t, 0,
                    "6 sites, 1 held, 1 set aside in localhost:6379\n"
                    "DOMAIN  PATH         ENDPOINTS                         TLS       LEASE    STATE\n"
                    "a.org   /            10.0.0.1:80                       redirect  41s      live\n"
                    "a.org   /api -> /v1  [2001:db8::1]:81                  redirect  endless  live, internal\n"
                    "b.org   /            10.0.0.2:80 https://10.0.0.2:443  redirect  2h       live\n"
                    "c.org   /            none                              no        -        lingering for 2s\n"
                    "d.org   /            https://10.0.0.4:443              only      -        held for 2s\n"
                    "e.org   /            grpc://10.0.0.5:80                redirect  0s       live\n"
                    "g.org   /            none                              no        3m       live\n"
                    "f.org                                                                     set aside, as "
                    "published in /beachhead/new: requires \"teleport\", which this version does not know");
}
END_TEST

START_TEST(what_disagrees_or_is_partly_missing_is_said) {
        _cleanup_(table_freep) Table *t = new_table();

        present_for(t, "old", ROUTE("a.org", HTTP("10.0.0.1", 80) METHOD("nohttps") CREATED(1)), 41 * SEC);
        present_for(t, "new", ROUTE("a.org", HTTP("10.0.0.2", 80) METHOD("redirect") CREATED(2)), 41 * SEC);
        present_for(t, "lost", ROUTE("a.org", HTTP("10.0.0.3", 80) METHOD("nohttps") CREATED(3)), 41 * SEC);
        absent(t, "lost", false);
        expect_page(t, 0,
                    "1 site, 0 held, 0 set aside in localhost:6379\n"
                    "DOMAIN  PATH  ENDPOINTS                TLS  LEASE  STATE\n"
                    "a.org   /     10.0.0.1:80 10.0.0.2:80  no   41s    live, 1 missing\n"
                    "                                                   old asks for HTTPS_METHOD=nohttps and new for "
                    "HTTPS_METHOD=redirect: old was created first and decides");
}
END_TEST

START_TEST(a_narrow_window_cuts_what_is_longest) {
        static const struct {
                size_t width;
                const char *wanted;
        } cases[] = {
                { 100,
                  "DOMAIN                            PATH           ENDPOINTS    TLS  LEASE  STATE\n"
                  "a.rather.long.domain.example.org  /quite/a/path  10.0.0.1:80  no   41s    live\n"
                  "short.org                                                                 set aside, as published "
                  "i…" },
                { 72, "DOMAIN      PATH        ENDPOINTS   TLS  LEASE  STATE\n"
                      "a.rather.…  /quite/a/…  10.0.0.1:…  no   41s    live\n"
                      "short.org                                       set aside, as published…" },
                { 50, "DOMAIN     PATH       ENDPOINTS  TLS  LEASE  STATE\n"
                      "a.rather…  /quite/a…  10.0.0.1…  no   41s    live\n"
                      "short.org                                    set …" },
                { 10, "DOMAIN     PATH       ENDPOINTS  TLS  LEASE\n"
                      "a.rather…  /quite/a…  10.0.0.1…  no   41s\n"
                      "short.org" },
        };
        _cleanup_(table_freep) Table *t = new_table();

        present_for(t, "web",
                    ROUTE("a.rather.long.domain.example.org",
                          "\"endpoint\":" AT("10.0.0.1", 80) ",\"schemes\":[\"http\"],\"requires\":[\"schemes\","
                                                             "\"path\"],\"path\":\"/quite/a/path\""),
                    41 * SEC);
        present_for(t, "new", ROUTE("short.org", "\"requires\":[\"teleport\"]"), 41 * SEC);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *text = page(t, cases[i].width, 2 * SEC, NULL);
                ck_assert_str_eq(strchr(text, '\n') + 1, cases[i].wanted);
        }
}
END_TEST

START_TEST(of_many_endpoints_a_window_shows_the_first) {
        _cleanup_(table_freep) Table *t = new_table();

        for (int i = 1; i <= 5; i++) {
                _cleanup_free_ char *instance = xasprintf("web%d", i);
                _cleanup_free_ char *value =
                        xasprintf(ROUTE("a.org", "\"http\":{\"host\":\"10.0.0.%d\",\"port\":80}"), i);
                present_for(t, instance, value, 41 * SEC);
        }
        _cleanup_free_ char *cut = page(t, 100, 0, NULL), *all = page(t, 0, 0, NULL);
        ck_assert_ptr_nonnull(strstr(cut, " 10.0.0.1:80 10.0.0.2:80 10.0.0.3:80 +2 "));
        ck_assert_ptr_nonnull(strstr(all, " 10.0.0.4:80 10.0.0.5:80 "));
}
END_TEST

START_TEST(how_redis_is_stands_above) {
        _cleanup_(table_freep) Table *t = new_table();
        _cleanup_string_list_ StringList lines = { 0 };
        View waiting = { NULL, t, "localhost:6379", "connection \033refused", 0, 0 };
        _cleanup_free_ char *away = page(t, 0, 0, "connection refused");

        ck_assert(has_prefix(away, "0 sites, 0 held, 0 set aside; Redis is away: connection refused\n"));
        page_make(&waiting, 0, &lines);
        ck_assert_str_eq(lines.items[0], "waiting for Redis: connection \\x1brefused");
        ck_assert_uint_eq(lines.count, PAGE_HEAD);
}
END_TEST

START_TEST(a_duration_is_told_at_a_glance) {
        static const struct {
                uint64_t seconds;
                const char *words;
        } cases[] = {
                { 0, "0s" },
                { 99, "99s" },
                { 100, "1m" },
                { 3600, "60m" },
                { 5999, "99m" },
                { 6000, "1h" },
                { 48 * 3600 - 1, "47h" },
                { 48 * 3600, "2d" },
                { 86400000, "1000d" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *words = duration_words(cases[i].seconds * SEC);
                ck_assert_str_eq(words, cases[i].words);
        }
}
END_TEST

START_TEST(keys_are_told_from_what_a_terminal_sends) {
        static const struct {
                const char *bytes;
                Key keys[4];
        } cases[] = {
                { "", { KEY_NONE } },
                { "q", { KEY_QUIT } },
                { "jk", { KEY_DOWN, KEY_UP } },
                { "\033[A\033[B", { KEY_UP, KEY_DOWN } },
                { "\033OA\033[5~q", { KEY_UP, KEY_PAGE_UP, KEY_QUIT } },
                { "\033[6~ \033[1~", { KEY_PAGE_DOWN, KEY_PAGE_DOWN, KEY_HOME } },
                { "\033[H\033[FG", { KEY_HOME, KEY_END, KEY_END } },
                { "\033[1;5Bq", { KEY_OTHER, KEY_QUIT } },
                { "\033", { KEY_OTHER } },
                { "\033[", { KEY_OTHER } },
                { "\033[5", { KEY_OTHER } },
                { "\033q", { KEY_OTHER, KEY_QUIT } },
                { "x\001", { KEY_OTHER, KEY_OTHER } },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                const char *bytes = cases[i].bytes;
                size_t size = strlen(bytes);
                for (size_t k = 0; k == 0 || cases[i].keys[k - 1] != KEY_NONE; k++)
                        ck_assert_int_eq(key_next(&bytes, &size), cases[i].keys[k]);
        }
}
END_TEST

TEST_MAIN("sites-table", every_path_has_a_row, what_disagrees_or_is_partly_missing_is_said,
          a_narrow_window_cuts_what_is_longest, of_many_endpoints_a_window_shows_the_first, how_redis_is_stands_above,
          a_duration_is_told_at_a_glance, keys_are_told_from_what_a_terminal_sends)
