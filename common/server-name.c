/* What a site may be called: a name, a pattern, a regular expression or an address. Pure. */
#include "common/server-name.h"

#include "common/hostname.h"
#include "common/memory.h"
#include "common/regex.h"
#include "common/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <idn2.h>
#include <string.h>

enum { NATIVE_MAX = 4 * HOSTNAME_MAX }; /* bytes of a name in its own script: UTF-8 takes up to four a character */

static bool is_ipv4(const char *text) {
        struct in_addr address;

        return inet_pton(AF_INET, text, &address) == 1;
}

/* "[2001:DB8:0::1]" into "[2001:db8::1]". */
static int normalize_ipv6(const char *text, char **ret) {
        size_t length = strlen(text);
        char normal[INET6_ADDRSTRLEN];
        struct in6_addr address;

        if (length < 2 || length > sizeof normal + 1 || text[length - 1] != ']')
                return -EINVAL;
        _cleanup_free_ char *bare = xstrndup(text + 1, length - 2);
        if (inet_pton(AF_INET6, bare, &address) != 1 || !inet_ntop(AF_INET6, &address, normal, sizeof normal))
                return -EINVAL;
        *ret = xasprintf("[%s]", normal);
        return 0;
}

static int normalize_regex(const char *text, char **ret, char **ret_reason) {
        int r = regex_check(text + 1, ret_reason);

        if (r < 0)
                return r;
        *ret = xstrdup(text);
        return 0;
}

int server_name_normalize(const char *text, char **ret, ServerNameKind *ret_kind, char **ret_reason) {
        _cleanup_free_ char *name = NULL, *reason = NULL;
        bool wildcard = false;
        int r;

        if (*text == '~')
                r = normalize_regex(text, &name, &reason);
        else if (*text == '[')
                r = normalize_ipv6(text, &name);
        else
                r = hostname_pattern_normalize(text, &name, &wildcard);
        if (r < 0) {
                if (ret_reason)
                        *ret_reason = reason ? TAKE_PTR(reason) : xstrdup("is no domain");
                return r;
        }
        *ret_kind = server_name_kind(name);
        *ret = TAKE_PTR(name);
        return 0;
}

ServerNameKind server_name_kind(const char *name) {
        if (*name == '~')
                return SERVER_NAME_REGEX;
        if (*name == '[' || (isdigit((unsigned char)*name) && is_ipv4(name)))
                return SERVER_NAME_ADDRESS;
        return strchr(name, '*') ? SERVER_NAME_WILDCARD : SERVER_NAME_EXACT;
}

static bool is_ascii(const char *text) {
        for (; *text; text++)
                if ((unsigned char)*text >= 0x80)
                        return false;
        return true;
}

int server_name_to_ascii(const char *text, char **ret) {
        size_t length = strlen(text);
        char *ascii = NULL;

        if (is_ascii(text)) {
                *ret = xstrdup(text);
                return 0;
        }
        if (length > NATIVE_MAX || *text == '~')
                return -EINVAL;
        size_t before = has_prefix(text, "*.") ? 2 : 0;
        size_t after = length > 2 && strcmp(text + length - 2, ".*") == 0 ? 2 : 0;
        _cleanup_free_ char *fixed = xstrndup(text + before, length - before - after);
        if (idn2_to_ascii_8z(fixed, &ascii, IDN2_NONTRANSITIONAL) != IDN2_OK)
                return -EINVAL;
        *ret = xasprintf("%.*s%s%s", (int)before, text, ascii, text + length - after);
        idn2_free(ascii);
        return 0;
}
