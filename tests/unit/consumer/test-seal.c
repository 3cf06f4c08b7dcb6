/* What is sealed can be read by who has the key, at its own place, and by nobody else. */
#include "consumer/certs/seal.h"

#include "common/memory.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define FILE_TEXT "0123456789abcdef0123456789abcdef"

static SealKey key_of(const char *file) {
        SealKey key;

        ck_assert_int_eq(seal_key_from_bytes(&key, file, strlen(file)), 0);
        return key;
}

static void assert_unsealed(const SealKey *key, const char *place, const char *sealed, const char *expected) {
        _cleanup_free_ char *text = NULL;
        size_t size = 0;

        ck_assert_int_eq(unseal(key, place, sealed, &text, &size), 0);
        ck_assert_str_eq(text, expected);
        ck_assert_uint_eq(size, strlen(expected));
}

static void assert_refused(const SealKey *key, const char *place, const char *sealed) {
        char *text = NULL;
        size_t size = 7;

        ck_assert_msg(unseal(key, place, sealed, &text, &size) == -EBADMSG, "%s", sealed);
        ck_assert_ptr_null(text);
        ck_assert_uint_eq(size, 7);
}

START_TEST(what_was_sealed_comes_back) {
        const SealKey key = key_of(FILE_TEXT);
        char bytes[300];

        for (size_t i = 0; i < sizeof bytes; i++)
                bytes[i] = (char)(i * 7);
        for (size_t n = 0; n <= sizeof bytes; n++) {
                _cleanup_free_ char *sealed = seal(&key, "place", bytes, n), *text = NULL;
                size_t size;
                ck_assert_int_eq(unseal(&key, "place", sealed, &text, &size), 0);
                ck_assert_uint_eq(size, n);
                ck_assert_int_eq(memcmp(text, bytes, n), 0);
                ck_assert_int_eq(text[n], '\0');
        }
}
END_TEST

START_TEST(what_another_library_sealed_is_read_and_named_alike) {
        const SealKey key = key_of(FILE_TEXT);
        _cleanup_free_ char *name = seal_name(&key, "pair a.org");

        assert_unsealed(&key, "pair a.org", "1.AAECAwQFBgcICQoL2OsE83mdw6XE9wQaDU18_5kYjqqDTIVuaqp70nEG",
                        "what is sealed");
        ck_assert_str_eq(name, "0182b83a8a6a285dff980211edfd217a");
}
END_TEST

START_TEST(another_key_or_place_or_a_changed_character_is_refused) {
        const SealKey key = key_of(FILE_TEXT), other = key_of(FILE_TEXT "0");
        _cleanup_free_ char *sealed = seal(&key, "pair a.org", "secret", 6);

        assert_unsealed(&key, "pair a.org", sealed, "secret");
        assert_refused(&other, "pair a.org", sealed);
        assert_refused(&key, "pair b.org", sealed);
        assert_refused(&key, "", sealed);
        for (char *c = sealed; *c; c++) {
                char before = *c;
                *c = before == 'A' ? 'Q' : 'A';
                assert_refused(&key, "pair a.org", sealed);
                *c = before;
        }
        for (size_t length = strlen(sealed); length-- > 0;) {
                sealed[length] = '\0';
                assert_refused(&key, "pair a.org", sealed);
        }
}
END_TEST

START_TEST(what_is_no_sealed_value_is_refused) {
        static const char *const cases[] = { "",
                                             "1",
                                             "1.",
                                             "1.AAAA",
                                             "2.AAECAwQFBgcICQoL2OsE83mdw6XE9wQaDU18_5kYjqqDTIVuaqp70nEG",
                                             "1.AAECAwQFBgcICQoL2OsE83mdw6XE9wQaDU18_5kYjqqDTIVuaqp70nEG=",
                                             "1.AAECAwQFBgcICQoL2OsE83mdw6XE9wQaDU18_5kYjqqDTIVuaqp70nEG\n",
                                             " 1.AAECAwQFBgcICQoL2OsE83mdw6XE9wQaDU18_5kYjqqDTIVuaqp70nEG",
                                             "{\"plain\":true}" };
        const SealKey key = key_of(FILE_TEXT);

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                assert_refused(&key, "pair a.org", cases[i]);
}
END_TEST

START_TEST(a_sealed_value_tells_nothing_and_is_another_each_time) {
        const SealKey key = key_of(FILE_TEXT);
        _cleanup_free_ char *one = seal(&key, "place", "secret", 6), *other = seal(&key, "place", "secret", 6);
        _cleanup_free_ char *name = seal_name(&key, "place"), *again = seal_name(&key, "place"),
                            *elsewhere = seal_name(&key, "places");

        ck_assert_str_ne(one, other);
        ck_assert_ptr_null(strstr(one, "secret"));
        ck_assert_str_eq(name, again);
        ck_assert_str_ne(name, elsewhere);
        ck_assert_uint_eq(strspn(name, "0123456789abcdef"), 32);
        for (const char *c = one; *c; c++)
                ck_assert(*c > ' ' && *c < 0x7f);
}
END_TEST

START_TEST(a_key_file_is_long_enough_and_may_end_in_a_newline) {
        static const struct {
                const char *text;
                size_t size;
                bool is_good;
        } cases[] = {
                { FILE_TEXT, 32, true },
                { FILE_TEXT "\r\n", 34, true },
                { "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 32, true }, /* bytes are bytes */
                { "0123456789abcdef0123456789abcde\n", 32, true }, /* as one of 43 files of random bytes ends */
                { "0123456789abcdef01234567        ", 32, true },
                { "0123456789abcdef0123456         ", 32, false },
                { "0123456789abcdef0123456789abcde", 31, false },
                { "secret\n                               \n", 39, false },
                { "", 0, false },
        };
        _cleanup_free_ char *large = xcalloc(SEAL_FILE_MAX + 2, 1);
        SealKey key, plain = key_of(FILE_TEXT), newline = key_of(FILE_TEXT "\n");

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                ck_assert_int_eq(seal_key_from_bytes(&key, cases[i].text, cases[i].size),
                                 cases[i].is_good ? 0 : -EINVAL);
        memset(large, 'x', SEAL_FILE_MAX + 1);
        ck_assert_int_eq(seal_key_from_bytes(&key, large, SEAL_FILE_MAX), 0);
        ck_assert_int_eq(seal_key_from_bytes(&key, large, SEAL_FILE_MAX + 1), -EINVAL);
        ck_assert_int_eq(memcmp(&plain, &newline, sizeof plain), 0);
}
END_TEST

TEST_MAIN("seal", what_was_sealed_comes_back, what_another_library_sealed_is_read_and_named_alike,
          another_key_or_place_or_a_changed_character_is_refused, what_is_no_sealed_value_is_refused,
          a_sealed_value_tells_nothing_and_is_another_each_time, a_key_file_is_long_enough_and_may_end_in_a_newline)
