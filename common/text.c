/* Strings that grow, lists of strings, numbers. */
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void text_reserve(Text *t, size_t more) {
        size_t needed = t->size + more + 1;

        if (needed <= t->capacity)
                return;
        t->capacity = needed < 64 ? 64 : needed + needed / 2;
        t->data = xrealloc(t->data, t->capacity, 1);
}

void text_append_bytes(Text *t, const void *bytes, size_t size) {
        text_reserve(t, size);
        if (size > 0)
                memcpy(t->data + t->size, bytes, size);
        t->size += size;
        t->data[t->size] = '\0';
}

void text_append(Text *t, const char *string) {
        text_append_bytes(t, string, strlen(string));
}

void text_append_strings(Text *t, const char *const *strings) {
        for (; *strings; strings++)
                text_append(t, *strings);
}

void text_append_unsigned(Text *t, uint64_t number) {
        char digits[20], *first = digits + sizeof digits; /* as many as UINT64_MAX has */

        do {
                *--first = (char)('0' + number % 10);
                number /= 10;
        } while (number > 0);
        text_append_bytes(t, first, (size_t)(digits + sizeof digits - first));
}

void text_appendv(Text *t, const char *format, va_list arguments) {
        va_list again;

        text_reserve(t, 0);
        va_copy(again, arguments);
        size_t room = t->capacity - t->size;
        size_t length = (size_t)vsnprintf(t->data + t->size, room, format, arguments);
        if (length >= room) {
                text_reserve(t, length);
                (void)vsnprintf(t->data + t->size, length + 1, format, again);
        }
        t->size += length;
        va_end(again);
}

void text_appendf(Text *t, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        text_appendv(t, format, arguments);
        va_end(arguments);
}

void text_truncate(Text *t, size_t size) {
        if (!t->data)
                return;
        t->size = size;
        t->data[size] = '\0';
}

char *text_take(Text *t) {
        char *data = t->data ? TAKE_PTR(t->data) : xstrdup("");

        *t = (Text){ 0 };
        return data;
}

void text_done(Text *t) {
        free(t->data);
        *t = (Text){ 0 };
}

void string_list_take(StringList *l, char *string) {
        array_grow(l->items, l->count);
        l->items[l->count++] = string;
}

void string_list_add(StringList *l, const char *string) {
        string_list_take(l, xstrdup(string));
}

void string_list_addf(StringList *l, const char *format, ...) {
        _cleanup_free_ char *string = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&string, format, arguments) < 0)
                abort();
        va_end(arguments);
        string_list_take(l, TAKE_PTR(string));
}

bool string_list_contains(const StringList *l, const char *string) {
        for (size_t i = 0; i < l->count; i++)
                if (strcmp(l->items[i], string) == 0)
                        return true;
        return false;
}

static int compare_strings(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

void string_list_sort(StringList *l) {
        if (l->count > 1)
                qsort(l->items, l->count, sizeof *l->items, compare_strings);
}

bool string_list_contains_sorted(const StringList *l, const char *string) {
        return l->count > 0 && bsearch(&string, l->items, l->count, sizeof *l->items, compare_strings);
}

char *string_list_join(const StringList *l, const char *separator) {
        Text t = { 0 };

        for (size_t i = 0; i < l->count; i++) {
                if (i > 0)
                        text_append(&t, separator);
                text_append(&t, l->items[i]);
        }
        return text_take(&t);
}

void string_list_clear(StringList *l) {
        for (size_t i = 0; i < l->count; i++)
                free(l->items[i]);
        free(l->items);
        *l = (StringList){ 0 };
}

int parse_unsigned(const char *text, uint64_t min, uint64_t max, uint64_t *ret) {
        uint64_t value = 0;

        if (!*text)
                return -EINVAL;
        for (const char *c = text; *c; c++) {
                if (*c < '0' || *c > '9')
                        return -EINVAL;
                if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *c - '0', &value))
                        return -ERANGE;
        }
        if (value < min || value > max)
                return -ERANGE;
        *ret = value;
        return 0;
}

int parse_port(const char *text, uint16_t *ret) {
        uint64_t port;
        int r = parse_unsigned(text, 1, 65535, &port);

        if (r < 0)
                return r;
        *ret = (uint16_t)port;
        return 0;
}

char *next_word(const char **cursor, const char *separators) {
        const char *start = *cursor + strspn(*cursor, separators);
        size_t length = strcspn(start, separators);

        *cursor = start + length;
        return length > 0 ? xstrndup(start, length) : NULL;
}

char *lower_case(const char *text) {
        char *copy = xstrdup(text);

        for (char *c = copy; *c; c++)
                *c = (char)tolower((unsigned char)*c);
        return copy;
}

char *trimmed(const char *text) {
        const char *start = text + strspn(text, " \t\r\n\v\f");
        size_t length = strlen(start);

        while (length > 0 && strchr(" \t\r\n\v\f", start[length - 1]))
                length--;
        return xstrndup(start, length);
}

bool has_prefix(const char *text, const char *prefix) {
        return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool has_suffix(const char *text, const char *suffix) {
        size_t length = strlen(text), tail = strlen(suffix);

        return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

bool streq_or_null(const char *a, const char *b) {
        return a && b ? strcmp(a, b) == 0 : a == b;
}

int name_find(const char *const *names, int count, const char *name) {
        for (int i = 0; i < count; i++)
                if (names[i] && strcmp(names[i], name) == 0)
                        return i;
        return -EINVAL;
}

static bool stays_as_it_is(char c) {
        return c >= ' ' && c < 0x7f && c != '\\';
}

/* Nearly everything that is shown is harmless. */
char *printable(const char *bytes, size_t size, size_t max) {
        size_t plain = 0;
        Text t = { 0 };

        while (plain < size && stays_as_it_is(bytes[plain]))
                plain++;
        if (plain == size && size <= max)
                return xstrndup(bytes, size);
        for (size_t i = 0; i < size && i < max; i++)
                if (stays_as_it_is(bytes[i]))
                        text_append_bytes(&t, &bytes[i], 1);
                else
                        text_appendf(&t, "\\x%02x", (unsigned char)bytes[i]);
        if (size > max)
                text_append(&t, "...");
        return text_take(&t);
}

bool is_printable(const char *text) {
        for (const char *c = text; *c; c++)
                if (*c < ' ' || *c >= 0x7f)
                        return false;
        return true;
}
