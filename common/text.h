/* Strings that grow, lists of strings, and the one place where text becomes a number. */
#pragma once

#include "common/memory.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A buffer of bytes with a NUL behind them; {0} is an empty one. `data` is NULL until something was appended. */
typedef struct Text {
        char *data;
        size_t size, capacity;
} Text;

void text_append(Text *t, const char *string);
void text_append_bytes(Text *t, const void *bytes, size_t size);
/* Several strings, one behind the other; and a number in decimal digits. Where all sites are written, printf's formats
 * take longer than all else. */
#define text_append_all(t, ...) text_append_strings(t, (const char *const[]){ __VA_ARGS__, NULL })
void text_append_strings(Text *t, const char *const *strings);
void text_append_unsigned(Text *t, uint64_t number);
void text_appendf(Text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_appendv(Text *t, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
/* Takes away what stands behind the first `size` bytes, of which there are as many at least. */
void text_truncate(Text *t, size_t size);
/* What was gathered ("" where nothing was), owned by the caller; the text is empty afterwards. */
char *text_take(Text *t);
void text_done(Text *t);
#define _cleanup_text_ _cleanup_(text_done)

/* A list that owns its strings; {0} is an empty one. */
typedef struct StringList {
        char **items;
        size_t count;
} StringList;

void string_list_add(StringList *l, const char *string);
/* The list owns `string` from now on. */
void string_list_take(StringList *l, char *string);
void string_list_addf(StringList *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool string_list_contains(const StringList *l, const char *string);
/* The same, of a list that is sorted. */
bool string_list_contains_sorted(const StringList *l, const char *string);
void string_list_sort(StringList *l);
/* All of them with `separator` between; the caller owns the result. */
char *string_list_join(const StringList *l, const char *separator);
void string_list_clear(StringList *l);
#define _cleanup_string_list_ _cleanup_(string_list_clear)

/* Decimal digits only, without sign or white space. Returns 0, -EINVAL, or -ERANGE; *ret is untouched on error. */
int parse_unsigned(const char *text, uint64_t min, uint64_t max, uint64_t *ret);
/* 1 to 65535. */
int parse_port(const char *text, uint16_t *ret);

/* The next word of *cursor that is delimited by any of `separators`; *cursor moves behind it. Returns NULL at the end,
 * otherwise a string that the caller owns. Runs of separators count as one. */
char *next_word(const char **cursor, const char *separators);

char *lower_case(const char *text);
/* A copy without white space at either end. */
char *trimmed(const char *text);
bool has_prefix(const char *text, const char *prefix);
bool has_suffix(const char *text, const char *suffix);
bool streq_or_null(const char *a, const char *b);
/* The place of `name` among `count` names, some of which may be NULL; -EINVAL where it is none of them. */
int name_find(const char *const *names, int count, const char *name);

/* For log lines about hostile values: printable ASCII stays, everything else becomes \xNN, cut after `max` bytes with
 * an ellipsis. The caller owns the result. */
char *printable(const char *bytes, size_t size, size_t max);
/* Whether all of it is printable ASCII: one line that needs none of that. */
bool is_printable(const char *text);
