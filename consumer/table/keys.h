/* Keys, out of what a terminal sends for them. Pure. */
#pragma once

#include <stddef.h>

typedef enum Key {
        KEY_NONE, /* there is nothing more */
        KEY_OTHER,
        KEY_QUIT,
        KEY_UP,
        KEY_DOWN,
        KEY_PAGE_UP,
        KEY_PAGE_DOWN,
        KEY_HOME,
        KEY_END,
} Key;

/* The next one of the `*size` bytes at `*bytes`, which both move behind it. A sequence that is cut off is KEY_OTHER.
 */
Key key_next(const char **bytes, size_t *size);
