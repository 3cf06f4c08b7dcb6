/* The names in Redis, and the manifest. */
#include "beachhead/keyspace.h"
#include "beachhead/manifest.h"
#include "common/memory.h"
#include "tests/unit/check-main.h"

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
                ck_assert_str_eq(key, "/beachhead/web@n1");
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
        static const char value[] =
                "{\"machine\":\"m1\",\"version\":\"0.1.0\",\"engine\":\"connected\",\"containers\":7,"
                "\"instances\":[\"a@n\",\"b@n\"]}";
        Manifest *m = NULL;

        ck_assert_int_eq(manifest_decode(&m, value, strlen(value)), 0);
        ck_assert_uint_eq(m->containers, 7);
        ck_assert(manifest_lists(m, "b@n"));
        ck_assert(!manifest_lists(m, "c@n"));
        _cleanup_free_ char *again = manifest_encode(m);
        ck_assert_str_eq(again, value);
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
          what_is_no_manifest_is_refused)
