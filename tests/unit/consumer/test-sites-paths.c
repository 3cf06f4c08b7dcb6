/* The paths of a site: whose requests they get, what becomes of them when containers go, who decides. */
#include "tests/unit/check-main.h"
#include "tests/unit/consumer/sites-ground.h"

START_TEST(each_path_of_a_domain_has_its_own_containers) {
        static const Value values[] = {
                { "web", ROUTE("a.org", HTTP("10.0.0.1", 80) METHOD("redirect")) },
                { "api1", ROUTE("a.org", PATH("/api", "10.0.0.2", 80) METHOD("redirect")) },
                { "api2", ROUTE("a.org", PATH("/api", "10.0.0.3", 80) METHOD("redirect")) },
                { "api3", ROUTE("a.org", PATH("/api", "10.0.0.2", 80) METHOD("redirect")) },
                { "admin", ROUTE("a.org", PATH("/admin", "10.0.0.4", 80) DEST("/") METHOD("redirect")) },
                { "images", ROUTE("a.org", PATH("~[.]png$", "10.0.0.5", 80) METHOD("redirect")) },
        };

        EXPECT_OF(values, "a.org: live redirect-or-serve https at / live clear[10.0.0.1:80] tls[] "
                          "at /admin live dest / clear[10.0.0.4:80] tls[] "
                          "at /api live clear[10.0.0.2:80 10.0.0.3:80] tls[] "
                          "at ~[.]png$ live clear[10.0.0.5:80] tls[] from(admin, api1, api2, api3, images, web)\n");
}
END_TEST

START_TEST(one_container_may_have_several_paths) {
        static const Value values[] = {
                { "a",
                  "[{\"domain\":\"a.org\"," PATH(
                          "/b", "10.0.0.1", 81) "},"
                                                "{\"domain\":\"a.org\"," PATH("/a", "10.0.0.1",
                                                                              82) "},"
                                                                                  "{\"domain\":\"a.org\"," PATH(
                                                                                          "/b", "10.0.0.1", 83) "}]" },
        };

        EXPECT_OF(values, "a.org: live redirect-or-serve https at /a live clear[10.0.0.1:82] tls[] "
                          "at /b live clear[10.0.0.1:81 10.0.0.1:83] tls[] from(a)\n");
}
END_TEST

START_TEST(each_path_is_held_and_lingers_by_itself) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "web", ROUTE("a.org", HTTP("10.0.0.1", 80) METHOD("redirect")));
        present(t, "api1", ROUTE("a.org", PATH("/api", "10.0.0.2", 80) METHOD("redirect")));
        present(t, "api2", ROUTE("a.org", PATH("/api", "10.0.0.3", 80) METHOD("redirect")));
        absent(t, "api1", false);
        expect(t, "a.org: live redirect-or-serve https at / live clear[10.0.0.1:80] tls[] "
                  "at /api live clear[10.0.0.3:80] tls[] from(api2, web)\n");
        absent(t, "api2", false);
        expect(t, "a.org: live redirect-or-serve https at / live clear[10.0.0.1:80] tls[] "
                  "at /api held clear[10.0.0.2:80 10.0.0.3:80] tls[] from(api1, api2, web)\n");
        absent(t, "web", true);
        expect(t, "a.org: held redirect-or-serve https at / lingering clear[] tls[] "
                  "at /api held clear[10.0.0.2:80 10.0.0.3:80] tls[] from(api1, api2, web)\n");
        absent(t, "api1", true);
        absent(t, "api2", true);
        expect(t, "a.org: lingering redirect-or-serve https at / lingering clear[] tls[] "
                  "at /api lingering clear[] tls[] from(api1, api2, web)\n");
        present(t, "web", ROUTE("a.org", HTTP("10.0.0.9", 80) METHOD("redirect")));
        table_expire(t, 100 + LINGER);
        expect(t, "a.org: live redirect-or-serve https clear[10.0.0.9:80] tls[] from(web)\n");
}
END_TEST

START_TEST(a_path_that_a_container_gave_up_for_another_does_not_linger) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "a", ROUTE("a.org", PATH("~^/", "10.0.0.1", 80)));
        present(t, "b", ROUTE("a.org", PATH("/b", "10.0.0.2", 80)));
        present(t, "b", ROUTE("b.org", PATH("/b", "10.0.0.2", 80)));
        present(t, "a", ROUTE("a.org", PATH("/new", "10.0.0.1", 80)));
        expect(t, "a.org: live redirect-or-serve https at /b lingering clear[] tls[] "
                  "at /new live clear[10.0.0.1:80] tls[] from(a, b)\n"
                  "b.org: live redirect-or-serve https at /b live clear[10.0.0.2:80] tls[] from(b)\n");
}
END_TEST

START_TEST(tls_to_the_backend_is_decided_for_each_path) {
        static const Value values[] = {
                { "a", ROUTE("a.org", HTTP("10.0.0.1", 80) "," HTTPS("10.0.0.1", 443) CREATED(1)) },
                { "b", ROUTE("a.org", PATH("/b", "10.0.0.2", 80) CREATED(2)) },
        };

        EXPECT_OF(values, "a.org: live redirect-or-serve https at / live tls-to-backend clear[10.0.0.1:80] "
                          "tls[10.0.0.1:443] at /b live clear[10.0.0.2:80] tls[] from(a, b)\n");
}
END_TEST

START_TEST(what_cannot_be_reached_as_the_site_is_gets_nothing_at_its_path) {
        static const Value values[] = {
                { "a", ROUTE("a.org", HTTP("10.0.0.1", 80) CREATED(1)) },
                { "b", ROUTE("a.org",
                             "\"https\":" AT("10.0.0.2", 443) ",\"path\":\"/b\",\"requires\":[\"path\"]" CREATED(2)) },
        };

        EXPECT_OF(values,
                  "a.org: live serve at / live clear[10.0.0.1:80] tls[] at /b live clear[] tls[] from(a, b) "
                  "note: a asks for http alone and b for https alone: a was created first and decides "
                  "note: at /b: nothing is sent to b, which can only be reached by TLS: a decides for clear\n");
}
END_TEST

START_TEST(what_speaks_another_protocol_is_left_out_and_named) {
        static const Value values[] = {
                { "a", ROUTE("a.org", "\"schemes\":[\"http\",\"https\"],\"requires\":[\"no-endpoint\"]" CREATED(1)) },
                { "b", ROUTE("a.org", PROTO("grpc", "10.0.0.2", 80) CREATED(2)) },
                { "c", ROUTE("a.org", HTTP("10.0.0.3", 80) IMPLIED("10.0.0.3") CREATED(3)) },
                { "d", ROUTE("a.org", PROTO("fastcgi", "10.0.0.4", 80) CREATED(4)) },
                { "e", ROUTE("a.org", PROTO("grpc", "10.0.0.5", 80) CREATED(5)) },
        };

        EXPECT_OF(values, "a.org: live redirect-or-serve https grpc-backend clear[10.0.0.2:80 10.0.0.5:80] tls[] "
                          "from(a, b, c, d, e) "
                          "note: nothing is sent to c (and 1 more), which speaks http: b decides for grpc\n");
}
END_TEST

START_TEST(the_first_that_is_reachable_decides_on_the_destination) {
        static const Value values[] = {
                { "a", ROUTE("a.org", "\"schemes\":[\"http\",\"https\"],\"requires\":[\"no-endpoint\",\"path\"],"
                                      "\"path\":\"/x\"" DEST("/none") CREATED(1)) },
                { "b", ROUTE("a.org", PATH("/x", "10.0.0.2", 80) DEST("/b") CREATED(2)) },
                { "c", ROUTE("a.org", PATH("/x", "10.0.0.3", 80) CREATED(3)) },
                { "d", ROUTE("a.org", PATH("/x", "10.0.0.4", 80) DEST("/d") CREATED(4)) },
        };

        EXPECT_OF(values, "a.org: live redirect-or-serve https at /x live dest /b "
                          "clear[10.0.0.2:80 10.0.0.3:80 10.0.0.4:80] tls[] from(a, b, c, d) "
                          "note: at /x: b asks for the destination /b and c (and 1 more) for no destination of its "
                          "own: b was created first and decides\n");
}
END_TEST

#define INTERNAL(host) REQUIRING("\"internal\"", host, 80)

START_TEST(a_path_for_internal_networks_stays_so) {
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "a", ROUTE("a.org", HTTP("10.0.0.1", 80) IMPLIED("10.0.0.1") CREATED(1)));
        present(t, "b", ROUTE("a.org", INTERNAL("10.0.0.2") CREATED(2)));
        present(t, "c", ROUTE("a.org", PATH("/c", "10.0.0.3", 80) CREATED(3)));
        expect(t, "a.org: live redirect-or-serve https at / live internal clear[10.0.0.1:80 10.0.0.2:80] tls[] "
                  "at /c live clear[10.0.0.3:80] tls[] from(a, b, c) "
                  "note: b is for internal networks alone and a is not: the stricter one holds\n");
        /* Nothing becomes public because a key could not be read. */
        absent(t, "b", false);
        expect(t, "a.org: live redirect-or-serve https at / live internal clear[10.0.0.1:80] tls[] "
                  "at /c live clear[10.0.0.3:80] tls[] from(a, c) "
                  "note: b is for internal networks alone and a is not: the stricter one holds\n");
        absent(t, "b", true);
        expect(t, "a.org: live redirect-or-serve https at / live clear[10.0.0.1:80] tls[] "
                  "at /c live clear[10.0.0.3:80] tls[] from(a, c)\n");
}
END_TEST

START_TEST(a_late_container_with_many_paths_takes_nobodys_place) {
        enum { LATE = SITE_LOCATIONS_MAX / 2, INSTANCES = 3 };
        _cleanup_(table_freep) Table *t = new_table();

        present(t, "web", ROUTE("a.org", HTTP("10.0.0.1", 80) METHOD("redirect") CREATED(1)));
        present(t, "zzz", ROUTE("a.org", PATH("/z", "10.0.0.2", 80) METHOD("redirect") CREATED(2)));
        for (int k = 0; k < INSTANCES; k++) {
                _cleanup_free_ char *instance = xasprintf("late%d", k);
                _cleanup_text_ Text value = { 0 };
                for (int i = 0; i < LATE; i++)
                        text_appendf(&value, "%s{\"domain\":\"a.org\"," PATH("/a%d-%d", "10.0.0.3", 80) CREATED(3) "}",
                                     i ? "," : "[", k, i);
                text_append(&value, "]");
                present(t, instance, value.data);
        }
        _cleanup_(sites_freep) Sites *s = sites_from_table(t, NULL);
        const Site *site = s->items[0];
        ck_assert_uint_eq(site->n_locations, SITE_LOCATIONS_MAX);
        ck_assert_str_eq(site->locations[0].path, "/");
        ck_assert_str_eq(site->locations[SITE_LOCATIONS_MAX - 1].path, "/z");
        for (size_t i = 1; i < site->n_locations; i++)
                ck_assert_int_lt(strcmp(site->locations[i - 1].path, site->locations[i].path), 0);
        ck_assert_uint_eq(site->notes.count, 1);
        ck_assert_str_eq(site->notes.items[0],
                         "there are 1502 paths, of which the 1000 that were created first are served");
}
END_TEST

START_TEST(more_disagreements_than_anybody_reads_are_counted) {
        enum { PATHS = SITE_NOTES_MAX + 7 };
        _cleanup_(table_freep) Table *t = new_table();

        for (int k = 0; k < 2; k++) {
                _cleanup_text_ Text value = { 0 };
                for (int i = 0; i < PATHS; i++)
                        text_appendf(&value, "%s{\"domain\":\"a.org\"," PATH("/%03d", "10.0.0.1", 80) DEST("/%d") "}",
                                     i ? "," : "[", i, k);
                text_append(&value, "]");
                present(t, k ? "b" : "a", value.data);
        }
        _cleanup_(sites_freep) Sites *s = sites_from_table(t, NULL);
        const StringList *notes = &s->items[0]->notes;
        ck_assert_uint_eq(notes->count, SITE_NOTES_MAX + 1);
        ck_assert_str_eq(notes->items[SITE_NOTES_MAX], "and 7 disagreements more");
}
END_TEST

TEST_MAIN("sites-paths", each_path_of_a_domain_has_its_own_containers, one_container_may_have_several_paths,
          each_path_is_held_and_lingers_by_itself, a_path_that_a_container_gave_up_for_another_does_not_linger,
          tls_to_the_backend_is_decided_for_each_path, what_cannot_be_reached_as_the_site_is_gets_nothing_at_its_path,
          what_speaks_another_protocol_is_left_out_and_named, the_first_that_is_reachable_decides_on_the_destination,
          a_path_for_internal_networks_stays_so, a_late_container_with_many_paths_takes_nobodys_place,
          more_disagreements_than_anybody_reads_are_counted)
