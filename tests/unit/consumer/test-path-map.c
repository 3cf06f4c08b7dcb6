/* A file is called as nginx, in its container, knows it; and back. */
#include "consumer/nginx/path-map.h"

#include "tests/unit/check-main.h"

#include <errno.h>

static void add(PathMaps *maps, const char *text) {
        ck_assert_msg(path_maps_add(maps, text) == 0, "%s is refused", text);
}

START_TEST(paths_are_translated_by_the_longest_match_both_ways) {
        static const struct {
                const char *here, *there;
        } cases[] = {
                { "/srv/edge/conf.d/beachhead.conf", "/etc/nginx/conf.d/beachhead.conf" },
                { "/srv/edge", "/etc/nginx" },
                { "/srv/edge/certs/a.crt", "/certs/a.crt" },
                { "/srv/edge/certs", "/certs" },
                { "/srv/edge/certs.old/a.crt", "/etc/nginx/certs.old/a.crt" },
                { "/srv/edges/a", "/srv/edges/a" },
                { "/usr/share/nginx/html", "/usr/share/nginx/html" },
        };
        _cleanup_path_maps_ PathMaps maps = { 0 };

        add(&maps, "/srv/edge:/etc/nginx/");
        add(&maps, "/srv/edge/certs/:/certs");
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *there = path_there(&maps, cases[i].here),
                                    *here = path_here(&maps, cases[i].there);
                ck_assert_str_eq(there, cases[i].there);
                ck_assert_str_eq(here, cases[i].here);
        }
}
END_TEST

START_TEST(without_a_map_a_path_stays) {
        const PathMaps none = { 0 };
        _cleanup_free_ char *there = path_there(&none, "/etc/nginx/a"), *here = path_here(&none, "/etc/nginx/a");

        ck_assert_str_eq(there, "/etc/nginx/a");
        ck_assert_str_eq(here, "/etc/nginx/a");
}
END_TEST

START_TEST(a_whole_file_system_can_be_mapped) {
        _cleanup_path_maps_ PathMaps maps = { 0 };

        add(&maps, "/srv/edge/:/");
        _cleanup_free_ char *there = path_there(&maps, "/srv/edge/etc/nginx"), *here = path_here(&maps, "/etc");
        ck_assert_str_eq(there, "/etc/nginx");
        ck_assert_str_eq(here, "/srv/edge/etc");
}
END_TEST

START_TEST(what_is_no_map_is_refused) {
        static const char *const cases[] = { "", ":", "/a", "/a:", ":/b", "a:/b", "/a:b", "/a:/b:/c", "/a:/b:ro" };
        PathMaps maps = { 0 };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                ck_assert_msg(path_maps_add(&maps, cases[i]) == -EINVAL, "\"%s\" is accepted", cases[i]);
        ck_assert_uint_eq(maps.count, 0);
}
END_TEST

TEST_MAIN("path-map", paths_are_translated_by_the_longest_match_both_ways, without_a_map_a_path_stays,
          a_whole_file_system_can_be_mapped, what_is_no_map_is_refused)
