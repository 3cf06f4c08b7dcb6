/* Bytes as text that may stand in a URL, a file's name, a value. */
#include "consumer/certs/base64url.h"

#include "common/memory.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *base64url_encode(const unsigned char *bytes, size_t size) {
        char *text = xcalloc(size / 3 * 4 + 5, 1), *to = text;
        uint32_t held = 0;
        unsigned bits = 0;

        for (size_t i = 0; i < size; i++) {
                held = held << 8 | bytes[i];
                for (bits += 8; bits >= 6; bits -= 6)
                        *to++ = digits[held >> (bits - 6) & 63];
        }
        if (bits > 0)
                *to++ = digits[held << (6 - bits) & 63];
        return text;
}

int base64url_decode(const char *text, unsigned char **ret, size_t *ret_size) {
        size_t length = strlen(text), size = 0;
        _cleanup_free_ unsigned char *bytes = xcalloc(length / 4 * 3 + 4, 1);
        uint32_t held = 0;
        unsigned bits = 0;

        for (size_t i = 0; i < length; i++) {
                const char *digit = strchr(digits, text[i]);
                if (!digit)
                        return -EINVAL;
                held = held << 6 | (uint32_t)(digit - digits);
                bits += 6;
                if (bits >= 8)
                        bytes[size++] = (unsigned char)(held >> (bits -= 8));
        }
        if (length % 4 == 1 || (held & ((1U << bits) - 1)) != 0)
                return -EINVAL;
        *ret = TAKE_PTR(bytes);
        *ret_size = size;
        return 0;
}
