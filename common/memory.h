/* Allocation that cannot fail, and clean-up at the end of a scope.
 *
 * A process out of memory cannot keep its promises: it aborts, systemd starts it again, and what is on disk and in
 * Redis stands meanwhile. Everything that grows with outside input has a cap, so that input cannot bring this about.
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *pointer, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull, nonnull));
char *xstrndup(const char *text, size_t size) __attribute__((malloc, returns_nonnull, nonnull));
char *xasprintf(const char *format, ...) __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

#define new0(type) ((type *)xcalloc(1, sizeof(type)))

/* Room for one element more in an array that has `count` of them; grows by doubling at powers of two. */
#define array_grow(array, count)                                                                                      \
        do {                                                                                                          \
                if (((count) & ((count)-1)) == 0)                                                                     \
                        (array) = xrealloc((array), (count) ? (count)*2 : 1, sizeof *(array));                        \
        } while (0)

#define TAKE_PTR(pointer)                                                                                             \
        ({                                                                                                            \
                __typeof__(pointer) _taken = (pointer);                                                               \
                (pointer) = NULL;                                                                                     \
                _taken;                                                                                               \
        })

/* Frees what `pointer` owns and lets it own `value` instead. */
#define REPLACE_PTR(pointer, value)                                                                                   \
        do {                                                                                                          \
                __typeof__(pointer) _value = (value);                                                                 \
                free(pointer);                                                                                        \
                (pointer) = _value;                                                                                   \
        } while (0)

#define _cleanup_(function) __attribute__((cleanup(function)))

/* Defines foo_freep for a destructor foo_free, which takes NULL. */
#define DEFINE_CLEANUP(type, function)                                                                                \
        static inline void function##p(type *pointer) {                                                               \
                if (*pointer)                                                                                         \
                        (void)function(*pointer);                                                                     \
        }                                                                                                             \
        struct _cleanup_needs_a_semicolon

static inline void freep(void *pointer) {
        free(*(void **)pointer);
}
static inline void closep(int *fd) {
        if (*fd >= 0)
                (void)close(*fd);
}

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)
