/* What may stand as a domain, and what as the host of an endpoint. */
#include "common/hostname.h"

#include "common/memory.h"
#include "common/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static bool is_label_character(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool labels_are_valid(const char *name) {
        size_t length = 0;

        for (const char *c = name;; c++) {
                if (*c == '.' || *c == '\0') {
                        if (length == 0 || length > HOSTNAME_LABEL_MAX || c[-1] == '-')
                                return false;
                        if (*c == '\0')
                                return true;
                        length = 0;
                } else if (!is_label_character(*c) || (*c == '-' && length == 0)) {
                        return false;
                } else {
                        length++;
                }
        }
}

int hostname_normalize(const char *text, char **ret) {
        size_t length = strlen(text);

        if (length == 0 || length > HOSTNAME_MAX + 1)
                return -EINVAL;
        _cleanup_free_ char *name = lower_case(text);
        if (name[length - 1] == '.')
                name[--length] = '\0';
        if (length > HOSTNAME_MAX || !labels_are_valid(name))
                return -EINVAL;
        *ret = TAKE_PTR(name);
        return 0;
}

int hostname_pattern_normalize(const char *text, char **ret, bool *ret_wildcard) {
        size_t length = strlen(text);
        _cleanup_free_ char *fixed = NULL, *name = NULL;
        bool leading = has_prefix(text, "*."), trailing = length > 2 && strcmp(text + length - 2, ".*") == 0;

        if (leading && trailing)
                return -EINVAL;
        fixed = leading ? xstrdup(text + 2) : trailing ? xstrndup(text, length - 2) : xstrdup(text);
        int r = hostname_normalize(fixed, &name);
        if (r < 0)
                return r;
        if (strlen(name) + 2 > HOSTNAME_MAX && (leading || trailing))
                return -EINVAL;
        *ret = leading ? xasprintf("*.%s", name) : trailing ? xasprintf("%s.*", name) : TAKE_PTR(name);
        *ret_wildcard = leading || trailing;
        return 0;
}

bool address_is_ipv6(const char *host) {
        struct in6_addr address;

        return inet_pton(AF_INET6, host, &address) == 1;
}

bool endpoint_host_is_valid(const char *host) {
        _cleanup_free_ char *name = NULL;

        return address_is_ipv6(host) || hostname_normalize(host, &name) == 0;
}
