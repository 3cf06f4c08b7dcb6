/* Bytes become text and come back; text that nobody made of bytes is refused. */
#include "consumer/certs/base64url.h"

#include "common/memory.h"
#include "tests/unit/check-main.h"

#include <errno.h>
#include <string.h>

START_TEST(bytes_become_text_and_come_back) {
        static const struct {
                const char *bytes, *text; /* RFC 4648, section 10, without padding */
        } cases[] = {
                { "", "" },           { "f", "Zg" },          { "fo", "Zm8" },          { "foo", "Zm9v" },
                { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" }, { "\xfb\xff\xfe", "-__-" },
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                size_t size = strlen(cases[i].bytes), got_size = 99;
                _cleanup_free_ char *text = base64url_encode((const unsigned char *)cases[i].bytes, size);
                _cleanup_free_ unsigned char *got = NULL;
                ck_assert_str_eq(text, cases[i].text);
                ck_assert_int_eq(base64url_decode(cases[i].text, &got, &got_size), 0);
                ck_assert_uint_eq(got_size, size);
                ck_assert_str_eq((const char *)got, cases[i].bytes);
        }
}
END_TEST

START_TEST(every_size_comes_back) {
        unsigned char bytes[256];

        for (size_t i = 0; i < sizeof bytes; i++)
                bytes[i] = (unsigned char)(i * 151);
        for (size_t size = 0; size <= sizeof bytes; size++) {
                _cleanup_free_ char *text = base64url_encode(bytes, size);
                _cleanup_free_ unsigned char *got = NULL;
                size_t got_size;
                ck_assert_int_eq(base64url_decode(text, &got, &got_size), 0);
                ck_assert_uint_eq(got_size, size);
                ck_assert_int_eq(memcmp(got, bytes, size), 0);
        }
}
END_TEST

START_TEST(other_text_is_refused) {
        static const char *const cases[] = { "Z",    "Zm9vY", "Zg==", "Zm9v\n", " Zm9v", "Zm+v",
                                             "Zm/v", "Zm.v",  "Zh",   "Zm9",    "\xff",  "Zm9v\x01" };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                unsigned char *bytes = NULL;
                size_t size = 7;
                ck_assert_int_eq(base64url_decode(cases[i], &bytes, &size), -EINVAL);
                ck_assert_ptr_null(bytes);
                ck_assert_uint_eq(size, 7);
        }
}
END_TEST

TEST_MAIN("base64url", bytes_become_text_and_come_back, every_size_comes_back, other_text_is_refused)
