/* What may stand as a domain, and what as the host of an endpoint (RFC 1123, with "_" as containers' names and
 * service labels use it). */
#pragma once

#include <stdbool.h>

enum {
        HOSTNAME_MAX = 253, /* bytes of a domain */
        HOSTNAME_LABEL_MAX = 63,
};

/* The domain in its one form: lower case, last dot dropped. Returns 0 and a string that the caller owns, or -EINVAL.
 */
int hostname_normalize(const char *text, char **ret);

/* As above, and also "*.example.org" and "www.example.*": `*ret_wildcard` says whether it is one. */
int hostname_pattern_normalize(const char *text, char **ret, bool *ret_wildcard);

/* An IPv4 address, an IPv6 address without brackets, or a name as above. */
bool endpoint_host_is_valid(const char *host);
bool address_is_ipv6(const char *host);
