/* The names in Redis, and the manifest. */
#include "beachhead/keyspace.h"
#include "beachhead/manifest.h"
#include "common/text.h"
#include "tests/unit/check-main.h"
#include "tests/unit/golden.h"

#include <errno.h>
#include <string.h>

START_TEST(all_names_follow_from_the_prefix) {
        static const char *const spellings[] = { "/beachhead", "/beachhead/" };

        for (size_t i = 0; i < 2; i++) {
                Keyspace k = { 0 };
                ck_assert_int_eq(keyspace_init(&k, spellings[i]), 0);
                ck_assert_str_eq(k.registrations, "/beachhead/");
                ck_assert_str_eq(k.nodes, "/beachhead-nodes/");
                ck_assert_str_eq(k.changes, "/beachhead-changes");
                ck_assert_str_eq(k.fences, "/beachhead-fences");
                _cleanup_free_ char *key = keyspace_registration_key(&k, "web@n1");
                _cleanup_free_ char *lock = keyspace_lock_key(&k, "certs");
                _cleanup_free_ char *value = keyspace_certificate_key(&k, "revision");
                ck_assert_str_eq(key, "/beachhead/web@n1");
                ck_assert_str_eq(lock, "/beachhead-locks/certs");
                ck_assert_str_eq(value, "/beachhead-certs/revision");
                keyspace_done(&k);
        }
}
END_TEST

START_TEST(prefixes_that_would_match_other_keys_are_refused) {
        static const char *const bad[] = { "", "a*", "a?", "[a]", "a b", "a\nb", "a\\" };
        Keyspace k = { 0 };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                ck_assert_int_eq(keyspace_init(&k, bad[i]), -EINVAL);
}
END_TEST

START_TEST(only_one_level_below_the_prefix_is_an_instance) {
        static const char *const bad[] = { "/beachhead/",        "/beachhead/a/b", "/other/a",
                                           "/beachhead-nodes/a", "/beachhead/a b", "/beachhead/a@",
                                           "/beachhead/a@b@c",   "/beachhead/\"" };
        Keyspace k = { 0 };

        ck_assert_int_eq(keyspace_init(&k, KEYSPACE_DEFAULT_PREFIX), 0);
        ck_assert_str_eq(keyspace_instance(&k, "/beachhead/web_1.x-y@node.1"), "web_1.x-y@node.1");
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                ck_assert_msg(!keyspace_instance(&k, bad[i]), "%s was taken", bad[i]);
        ck_assert_str_eq(keyspace_node("web@n1"), "n1");
        ck_assert_ptr_null(keyspace_node("web"));
        keyspace_done(&k);
}
END_TEST

START_TEST(a_manifest_survives_a_round_trip) {
        static const char *const kinds[] = { "manifests/plain", "manifests/figures" };

        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
                _cleanup_free_ char *value = golden_read(kinds[i]);
                Manifest *m = NULL;
                ck_assert_int_eq(manifest_decode(&m, value, strlen(value)), 0);
                ck_assert_uint_eq(m->containers, 12);
                ck_assert(manifest_lists(m, "shop@web1"));
                ck_assert(!manifest_lists(m, "c@web1"));
                _cleanup_free_ char *again = manifest_encode(m);
                ck_assert_str_eq(again, value);
                (void)manifest_free(m);
        }
}
END_TEST

#define WITH(histogram) "{\"machine\":\"m\",\"instances\":[\"a\"],\"event_to_publish\":" histogram "}"

START_TEST(a_histogram_of_a_manifest_is_taken_as_a_whole_or_not_at_all) {
        static const struct {
                const char *value;
                size_t n_bounds;
        } cases[] = {
                { WITH("{\"le\":[0.5],\"counts\":[1,2],\"sum\":3}"), 1 },
                { WITH("{\"le\":[0.5,0.5],\"counts\":[1,2,3],\"sum\":3}"), 0 },
                { WITH("{\"le\":[1,0.5],\"counts\":[1,2,3],\"sum\":3}"), 0 },
                { WITH("{\"le\":[0.5,0.50000000001],\"counts\":[1,2,3],\"sum\":3}"), 0 },
                { WITH("{\"le\":[-1],\"counts\":[1,2],\"sum\":3}"), 0 },
                { WITH("{\"le\":[0.5],\"counts\":[1],\"sum\":3}"), 0 },
                { WITH("{\"le\":[0.5],\"counts\":[1,2,3],\"sum\":3}"), 0 },
                { WITH("{\"le\":[0.5],\"counts\":[1,-2],\"sum\":3}"), 0 },
                { WITH("{\"le\":[0.5],\"counts\":[1,1e300],\"sum\":3}"), 0 },
                { WITH("{\"le\":[0.5],\"counts\":[1,\"2\"],\"sum\":3}"), 0 },
                { WITH("{\"le\":[0.5],\"counts\":[1,2],\"sum\":-1}"), 0 },
                { WITH("{\"le\":[0.5],\"counts\":[1,2],\"sum\":1e999}"), 0 },
                { WITH("{\"le\":[0.5],\"counts\":[1,2]}"), 0 },
                { WITH("{\"le\":[1e999],\"counts\":[1,2],\"sum\":3}"), 0 },
                { WITH("{\"le\":[],\"counts\":[1],\"sum\":3}"), 0 },
                { WITH("[]"), 0 },
                { WITH("7"), 0 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                Manifest *m = NULL;
                ck_assert_int_eq(manifest_decode(&m, cases[i].value, strlen(cases[i].value)), 0);
                ck_assert_msg(m->event_to_publish.n_bounds == cases[i].n_bounds, "%s", cases[i].value);
                ck_assert(manifest_lists(m, "a"));
                (void)manifest_free(m);
        }
}
END_TEST

START_TEST(a_histogram_of_more_buckets_than_there_is_room_for_is_left_out) {
        _cleanup_text_ Text value = { 0 };
        Manifest *m = NULL;

        text_append(&value, "{\"machine\":\"m\",\"instances\":[],\"event_to_publish\":{\"sum\":0,\"le\":[");
        for (int i = 1; i <= HISTOGRAM_BOUNDS_MAX + 1; i++)
                text_appendf(&value, "%s%d", i > 1 ? "," : "", i);
        text_append(&value, "],\"counts\":[0");
        for (int i = 1; i <= HISTOGRAM_BOUNDS_MAX + 1; i++)
                text_append(&value, ",0");
        text_append(&value, "]}}");
        ck_assert_int_eq(manifest_decode(&m, value.data, value.size), 0);
        ck_assert_uint_eq(m->event_to_publish.n_bounds, 0);
        (void)manifest_free(m);
}
END_TEST

START_TEST(what_is_no_manifest_is_refused) {
        static const char *const bad[] = { "",
                                           "[]",
                                           "{}",
                                           "{\"instances\":[]}",
                                           "{\"machine\":\"m\",\"instances\":[7]}",
                                           "{\"machine\":\"m\",\"instances\":[\"a/b\"]}",
                                           "{\"machine\":7,\"instances\":[]}" };
        Manifest *m = NULL;

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
                ck_assert_msg(manifest_decode(&m, bad[i], strlen(bad[i])) == -EBADMSG, "%s was taken", bad[i]);
}
END_TEST

TEST_MAIN("keyspace", all_names_follow_from_the_prefix, prefixes_that_would_match_other_keys_are_refused,
          only_one_level_below_the_prefix_is_an_instance, a_manifest_survives_a_round_trip,
          a_histogram_of_a_manifest_is_taken_as_a_whole_or_not_at_all,
          a_histogram_of_more_buckets_than_there_is_room_for_is_left_out, what_is_no_manifest_is_refused)
