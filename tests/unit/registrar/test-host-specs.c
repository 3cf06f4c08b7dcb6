/* Hosts and paths in their one form. */
#include "registrar/host-specs.h"

#include "tests/unit/check-main.h"

#include <errno.h>

START_TEST(hosts_are_read_as_people_write_them) {
        static const struct {
                const char *text, *domain;
                ServerNameKind kind;
        } cases[] = {
                { "A.org.", "a.org", SERVER_NAME_EXACT },
                { "B\xc3\x9c.org", "xn--b-eha.org", SERVER_NAME_EXACT },
                { "*.b\xc3\xbc.org", "*.xn--b-eha.org", SERVER_NAME_WILDCARD },
                { "~^A\\.org$", "~^A\\.org$", SERVER_NAME_REGEX },
                { "192.0.2.1", "192.0.2.1", SERVER_NAME_ADDRESS },
                { "[FD00::0:1]", "[fd00::1]", SERVER_NAME_ADDRESS },
                { "", NULL, 0 },
                { "a b", NULL, 0 },
                { "\xff.org", NULL, 0 },
                { "~\xc3\xbc", NULL, 0 },
                { "~", NULL, 0 },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *domain = NULL, *reason = NULL;
                ServerNameKind kind = 0;
                int r = host_name_read(cases[i].text, &domain, &kind, &reason);
                ck_assert_int_eq(r, cases[i].domain ? 0 : -EINVAL);
                ck_assert((r < 0) == (reason != NULL));
                ck_assert(streq_or_null(domain, cases[i].domain));
                ck_assert_int_eq(kind, cases[i].kind);
        }
}
END_TEST

START_TEST(a_comma_list_gives_its_items_trimmed) {
        static const char *const items[] = { "a", "b c", "d" };
        const char *cursor = " a ,, b c,\t,d";

        for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
                _cleanup_free_ char *item = host_list_next(&cursor);
                ck_assert_str_eq(item, items[i]);
        }
        ck_assert_ptr_null(host_list_next(&cursor));
}
END_TEST

START_TEST(the_parts_of_a_path_come_to_one_form) {
        static const struct {
                const char *path, *dest, *proto;
                const char *expected_path, *expected_dest;
                bool ignored, refused;
        } cases[] = {
                { NULL, NULL, NULL, NULL, NULL, false, false },     { "/", "/", NULL, NULL, NULL, false, false },
                { "/", "/x", NULL, "/", "/x", false, false },       { NULL, "/x", "https", "/", "/x", false, false },
                { "/a", "/", NULL, "/a", "/", false, false },       { "/a", "/x", "grpc", "/a", NULL, true, false },
                { NULL, "/x", "fastcgi", NULL, NULL, true, false }, { "~a", NULL, NULL, "~a", NULL, false, false },
                { "~a", "/x", "uwsgi", "~a", NULL, true, false },   { "~a", "/x", NULL, NULL, NULL, false, true },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                const char *const texts[] = { cases[i].path, cases[i].dest, cases[i].proto };
                _cleanup_(path_spec_done) PathSpec p = { 0 };
                bool ignored = false;
                char *reason = NULL;
                for (PathPart part = 0; part < PATH_PART_PORT; part++)
                        ck_assert(!texts[part] || path_spec_set(&p, part, texts[part], &reason) == 0);
                ck_assert((path_spec_settle(&p, &ignored) != NULL) == cases[i].refused);
                if (cases[i].refused)
                        continue;
                ck_assert(streq_or_null(p.path, cases[i].expected_path));
                ck_assert(streq_or_null(p.dest, cases[i].expected_dest));
                ck_assert(ignored == cases[i].ignored);
        }
}
END_TEST

START_TEST(a_part_that_is_wrong_changes_nothing) {
        static const char *const wrong[_PATH_PART_COUNT] = { "a", "~a", "ftp", "65536" };
        PathSpec p = { 0 };

        for (PathPart part = 0; part < _PATH_PART_COUNT; part++) {
                _cleanup_free_ char *reason = NULL;
                ck_assert_int_eq(path_spec_set(&p, part, wrong[part], &reason), -EINVAL);
                ck_assert_ptr_nonnull(reason);
        }
        ck_assert(!p.path && !p.dest && p.proto == PROTOCOL_HTTP && p.port == 0);
}
END_TEST

TEST_MAIN("host-specs", hosts_are_read_as_people_write_them, a_comma_list_gives_its_items_trimmed,
          the_parts_of_a_path_come_to_one_form, a_part_that_is_wrong_changes_nothing)
