/* --listen: where the status is served, to this host alone. Pure. */
#pragma once

#include "common/memory.h"

#include <sys/socket.h>

typedef struct ListenAddress {
        char *socket_path;               /* or NULL */
        struct sockaddr_storage address; /* its family is AF_UNIX with a socket path */
        socklen_t size;
} ListenAddress;

/* "unix:/path", or a port of a loopback address: "127.0.0.1:9110", "[::1]:9110". Returns 0, or -EINVAL with what it
 * has to be in *ret_rule ("must be …"; static). */
int listen_address_parse(const char *text, ListenAddress **ret, const char **ret_rule);
ListenAddress *listen_address_free(ListenAddress *a);
DEFINE_CLEANUP(ListenAddress *, listen_address_free);
