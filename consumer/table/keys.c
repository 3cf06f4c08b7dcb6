/* Keys: a letter, or an escape sequence of a VT220 or xterm. Pure. */
#include "consumer/table/keys.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

typedef struct Sent {
        const char *bytes;
        Key key;
} Sent;

static const Sent sequences[] = {
        { "\033[A", KEY_UP },    { "\033OA", KEY_UP },       { "\033[B", KEY_DOWN },
        { "\033OB", KEY_DOWN },  { "\033[H", KEY_HOME },     { "\033OH", KEY_HOME },
        { "\033[1~", KEY_HOME }, { "\033[F", KEY_END },      { "\033OF", KEY_END },
        { "\033[4~", KEY_END },  { "\033[5~", KEY_PAGE_UP }, { "\033[6~", KEY_PAGE_DOWN },
        { "q", KEY_QUIT },       { "Q", KEY_QUIT },          { "k", KEY_UP },
        { "j", KEY_DOWN },       { "b", KEY_PAGE_UP },       { " ", KEY_PAGE_DOWN },
        { "g", KEY_HOME },       { "G", KEY_END },
};

/* How many bytes are one key, known or not: an escape sequence ends at the first letter or "~" of its own. */
static size_t length_of(const char *bytes, size_t size) {
        size_t n = 1;

        if (bytes[0] != '\033' || size == 1 || (bytes[1] != '[' && bytes[1] != 'O'))
                return n;
        for (n = 2; n < size; n++)
                if (isalpha((unsigned char)bytes[n]) || bytes[n] == '~')
                        return n + 1;
        return n;
}

Key key_next(const char **bytes, size_t *size) {
        if (*size == 0)
                return KEY_NONE;
        const char *start = *bytes;
        size_t length = length_of(start, *size);

        *bytes += length;
        *size -= length;
        for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
                if (strlen(sequences[i].bytes) == length && memcmp(sequences[i].bytes, start, length) == 0)
                        return sequences[i].key;
        return KEY_OTHER;
}
