/* Regular expressions from outside, checked by the library that nginx uses. Pure. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "common/regex.h"

#include "common/memory.h"
#include "common/text.h"

#include <errno.h>
#include <pcre2.h>
#include <string.h>

enum { ERROR_MAX = 120 }; /* bytes of PCRE2's messages, which are shorter */

static bool is_plain(const char *text) {
        for (; *text; text++)
                if (*text <= ' ' || *text >= 0x7f)
                        return false;
        return true;
}

/* PCRE2's own limits bound what compiling costs: 64 KiB of code, 250 levels of parentheses. */
static int check_compiles(const char *expression, char **ret_reason) {
        char message[ERROR_MAX] = "";
        int error;
        size_t at;
        pcre2_code *code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);

        if (code) {
                pcre2_code_free(code);
                return 0;
        }
        (void)pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
        *ret_reason = xasprintf("is no regular expression: %s at character %zu", message, at + 1);
        return -EINVAL;
}

/* What may follow "(?": groups that only match, look around or ignore case. Not named groups, callouts, conditions,
 * comments, recursion or other settings. */
static bool group_is_harmless(const char *after) {
        static const char *const harmless[] = { ":", "=", "!", ">", "|", "<=", "<!", "i)", "i:" };

        for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
                if (has_prefix(after, harmless[i]))
                        return true;
        return false;
}

/* Looks at the bytes alone, also where they are escaped or in a class: it can refuse too much, but overlook nothing.
 */
static const char *forbidden_construct(const char *expression) {
        static const char *const forbidden[] = { "(*", "\\g", "\\k", "\\C" };

        for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
                if (strstr(expression, forbidden[i]))
                        return strstr(expression, forbidden[i]);
        for (const char *c = expression; (c = strstr(c, "(?")); c += 2)
                if (!group_is_harmless(c + 2))
                        return c;
        return NULL;
}

int regex_check(const char *expression, char **ret_reason) {
        size_t length = strlen(expression);

        if (length == 0 || length > REGEX_MAX) {
                *ret_reason = xasprintf("is a regular expression of %zu bytes, not of 1 to %d", length, REGEX_MAX);
                return -EINVAL;
        }
        if (!is_plain(expression)) {
                *ret_reason = xstrdup("is a regular expression with white space or characters other than ASCII");
                return -EINVAL;
        }
        const char *forbidden = forbidden_construct(expression);
        if (forbidden) {
                *ret_reason = xasprintf("is a regular expression with \"%.3s\", which is not allowed", forbidden);
                return -EINVAL;
        }
        return check_compiles(expression, ret_reason);
}
