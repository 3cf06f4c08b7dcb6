/* Where the status is served. */
#include "consumer/status/listen-address.h"

#include "common/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/un.h>

static const char *const rule = "must be 127.0.0.1:PORT, [::1]:PORT or unix:/PATH; for other hosts, put a server that "
                                "checks who asks before it";

static bool parse_socket(const char *path, ListenAddress *a) {
        struct sockaddr_un *un = (struct sockaddr_un *)&a->address;

        if (*path != '/' || strlen(path) >= sizeof un->sun_path)
                return false;
        un->sun_family = AF_UNIX;
        memcpy(un->sun_path, path, strlen(path) + 1);
        a->size = sizeof *un;
        a->socket_path = xstrdup(path);
        return true;
}

static bool parse_v6(const char *host, uint16_t port, ListenAddress *a) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a->address;

        if (inet_pton(AF_INET6, host, &in6->sin6_addr) != 1 || !IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr))
                return false;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(port);
        a->size = sizeof *in6;
        return true;
}

static bool parse_v4(const char *host, uint16_t port, ListenAddress *a) {
        struct sockaddr_in *in = (struct sockaddr_in *)&a->address;

        if (inet_pton(AF_INET, host, &in->sin_addr) != 1 || ntohl(in->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
                return false;
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        a->size = sizeof *in;
        return true;
}

static bool parse_host_and_port(const char *text, ListenAddress *a) {
        const char *colon = strrchr(text, ':');
        uint16_t port;

        if (!colon || parse_port(colon + 1, &port) < 0)
                return false;
        if (*text == '[' && colon > text + 1 && colon[-1] == ']') {
                _cleanup_free_ char *host = xstrndup(text + 1, (size_t)(colon - text) - 2);
                return parse_v6(host, port, a);
        }
        _cleanup_free_ char *host = xstrndup(text, (size_t)(colon - text));
        return parse_v4(host, port, a);
}

int listen_address_parse(const char *text, ListenAddress **ret, const char **ret_rule) {
        _cleanup_(listen_address_freep) ListenAddress *a = new0(ListenAddress);

        if (!(has_prefix(text, "unix:") ? parse_socket(text + strlen("unix:"), a) : parse_host_and_port(text, a))) {
                *ret_rule = rule;
                return -EINVAL;
        }
        *ret = TAKE_PTR(a);
        return 0;
}

ListenAddress *listen_address_free(ListenAddress *a) {
        if (!a)
                return NULL;
        free(a->socket_path);
        free(a);
        return NULL;
}
