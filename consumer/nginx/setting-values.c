/* The kinds of text that the settings of nginx are made of, parsed. Pure. */
#include "consumer/nginx/setting-values.h"

#include "common/hostname.h"
#include "common/network.h"

#include <errno.h>
#include <string.h>

static const char *port_of(const char *listen) {
        const char *colon = strrchr(listen, ':');

        return colon ? colon + 1 : listen;
}

char *listen_address(const char *listen) {
        const char *port = port_of(listen);

        return xstrndup(listen, port > listen ? (size_t)(port - listen) - 1 : 0);
}

uint16_t listen_port(const char *listen) {
        uint16_t port = 0;

        (void)parse_port(port_of(listen), &port);
        return port;
}

/* "[::1]" as "::1"; NULL where it is no IPv6 address in brackets. */
static char *without_brackets(const char *text) {
        size_t length = strlen(text);
        _cleanup_free_ char *inner =
                length > 2 && *text == '[' && text[length - 1] == ']' ? xstrndup(text + 1, length - 2) : NULL;

        return inner && address_is_ipv6(inner) ? TAKE_PTR(inner) : NULL;
}

static bool bracketed_host_is_valid(const char *host) {
        _cleanup_free_ char *ipv6 = without_brackets(host);

        return ipv6 || (!strchr(host, ':') && endpoint_host_is_valid(host));
}

bool listen_is_valid(const char *text) {
        _cleanup_free_ char *address = listen_address(text);

        return listen_port(text) > 0 && (port_of(text) == text || bracketed_host_is_valid(address));
}

int network_parse(const char *text, char **ret) {
        Network network;

        if (network_from_text(text, &network) < 0)
                return -EINVAL;
        *ret = network_text(&network);
        return 0;
}

int resolver_parse(const char *text, char **ret) {
        if (address_is_ipv6(text)) {
                *ret = xasprintf("[%s]", text);
                return 0;
        }
        if (!bracketed_host_is_valid(text) && (port_of(text) == text || !listen_is_valid(text)))
                return -EINVAL;
        *ret = xstrdup(text);
        return 0;
}

int port_range_parse(const char *text, PortRange *ret) {
        const char *dash = strchr(text, '-');
        _cleanup_free_ char *first = dash ? xstrndup(text, (size_t)(dash - text)) : xstrdup(text);
        PortRange range;

        if (parse_port(first, &range.first) < 0 || parse_port(dash ? dash + 1 : first, &range.last) < 0 ||
            range.first > range.last)
                return -EINVAL;
        *ret = range;
        return 0;
}
