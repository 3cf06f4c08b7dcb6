/* Allocation that cannot fail. */
#include "common/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void *checked(void *pointer) {
        if (!pointer) {
                static const char message[] = "out of memory\n";
                (void)!write(STDERR_FILENO, message, sizeof message - 1);
                abort();
        }
        return pointer;
}

void *xcalloc(size_t count, size_t size) {
        return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *pointer, size_t count, size_t size) {
        return checked(reallocarray(pointer, count ? count : 1, size ? size : 1));
}

char *xstrdup(const char *text) {
        return checked(strdup(text));
}

char *xstrndup(const char *text, size_t size) {
        return checked(strndup(text, size));
}

char *xasprintf(const char *format, ...) {
        char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        return checked(text);
}
