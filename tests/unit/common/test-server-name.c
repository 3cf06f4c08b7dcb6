/* What a site may be called, and in which one form each name is known. */
#include "common/memory.h"
#include "common/server-name.h"
#include "common/text.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

START_TEST(each_kind_of_name_has_one_form) {
        static const struct {
                const char *text, *name;
                ServerNameKind kind;
        } cases[] = {
                { "WWW.Example.org.", "www.example.org", SERVER_NAME_EXACT },
                { "app", "app", SERVER_NAME_EXACT },
                { "xn--bcher-kva.example", "xn--bcher-kva.example", SERVER_NAME_EXACT },
                { "7.example.org", "7.example.org", SERVER_NAME_EXACT },
                { "1.2.3.4.5", "1.2.3.4.5", SERVER_NAME_EXACT },
                { "*.Example.org", "*.example.org", SERVER_NAME_WILDCARD },
                { "www.Example.*", "www.example.*", SERVER_NAME_WILDCARD },
                { "192.0.2.1", "192.0.2.1", SERVER_NAME_ADDRESS },
                { "[2001:DB8:0:0::1]", "[2001:db8::1]", SERVER_NAME_ADDRESS },
                { "[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]", SERVER_NAME_ADDRESS },
                { "[FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:255.255.255.255]", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]",
                  SERVER_NAME_ADDRESS },
                { "~^(www|App)\\.example\\.org$", "~^(www|App)\\.example\\.org$", SERVER_NAME_REGEX },
                { "~x", "~x", SERVER_NAME_REGEX },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *name = NULL, *reason = NULL;
                ServerNameKind kind;
                ck_assert_msg(server_name_normalize(cases[i].text, &name, &kind, &reason) == 0, "%s %s", cases[i].text,
                              reason);
                ck_assert_str_eq(name, cases[i].name);
                ck_assert_int_eq(kind, cases[i].kind);
                ck_assert_int_eq(server_name_kind(name), cases[i].kind);
        }
}
END_TEST

START_TEST(what_is_no_name_is_refused) {
        static const char *const bad[] = {
                "",
                ".",
                "*",
                "*.",
                "*.*",
                "a.*.b",
                "*a.org",
                "a b",
                "a;b",
                "-a.org",
                "a..org",
                "b\303\274cher.example",
                "[]",
                "[",
                "[::1",
                "[::1]]",
                "[::1]:80",
                "[::1%eth0]",
                "[192.0.2.1]",
                "2001:db8::1",
                "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255:ffff:ffff:ffff:ffff]",
                "~",
                "~(",
                "~a b",
                "~*example",
        };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                _cleanup_free_ char *name = NULL, *reason = NULL;
                ServerNameKind kind;
                ck_assert_msg(server_name_normalize(bad[i], &name, &kind, &reason) == -EINVAL, "%s was taken", bad[i]);
                ck_assert(has_prefix(reason, "is "));
                ck_assert_int_eq(server_name_normalize(bad[i], &name, &kind, NULL), -EINVAL);
                ck_assert_ptr_null(name);
        }
}
END_TEST

START_TEST(people_may_write_names_in_their_own_script) {
        static const struct {
                const char *text, *ascii;
        } cases[] = {
                { "www.example.org", "www.example.org" },
                { "WWW.example.org.", "WWW.example.org." },
                { "not a name;", "not a name;" },
                { "b\u00fccher.example", "xn--bcher-kva.example" },
                { "B\u00dcCHER.example", "xn--bcher-kva.example" },
                { "bu\u0308cher.example", "xn--bcher-kva.example" },
                { "stra\u00dfe.example", "xn--strae-oqa.example" },
                { "*.b\u00fccher.example", "*.xn--bcher-kva.example" },
                { "www.b\u00fccher.*", "www.xn--bcher-kva.*" },
                { "\u4f8b\u3048.\u30c6\u30b9\u30c8", "xn--r8jz45g.xn--zckzah" },
                { "\u4f8b\u3048\u3002jp", "xn--r8jz45g.jp" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                _cleanup_free_ char *ascii = NULL;
                ck_assert_msg(server_name_to_ascii(cases[i].text, &ascii) == 0, "%s", cases[i].text);
                ck_assert_str_eq(ascii, cases[i].ascii);
        }
}
END_TEST

START_TEST(what_no_registry_would_take_is_refused) {
        _cleanup_free_ char *much = xcalloc(65536, 1);
        memset(much, '\xc3', 65535);
        const char *const bad[] = {
                "\xff\xfe.example",      /* no UTF-8 */
                "b\xc3.example",         /* a character cut short */
                "\u2028.example",        /* a line separator */
                "~^b\u00fccher$",        /* regular expressions are ASCII */
                "\u0627a\u0628.example", /* both directions in one label */
                much,
        };

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                _cleanup_free_ char *ascii = NULL;
                ck_assert_msg(server_name_to_ascii(bad[i], &ascii) == -EINVAL, "%s came out as %s", bad[i], ascii);
                ck_assert_ptr_null(ascii);
        }
}
END_TEST

/* Full-width forms and ligatures come out as ASCII that may mean something else: the rule for names is asked again. */
START_TEST(a_look_alike_of_syntax_does_not_survive) {
        static const char *const texts[] = { "a\uff1b.example", "a\uff0fb.example", "a\u2100b.example" };

        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
                _cleanup_free_ char *ascii = NULL, *name = NULL;
                ServerNameKind kind;
                if (server_name_to_ascii(texts[i], &ascii) == 0)
                        ck_assert_int_eq(server_name_normalize(ascii, &name, &kind, NULL), -EINVAL);
        }
}
END_TEST

TEST_MAIN("server-name", each_kind_of_name_has_one_form, what_is_no_name_is_refused,
          people_may_write_names_in_their_own_script, what_no_registry_would_take_is_refused,
          a_look_alike_of_syntax_does_not_survive)
