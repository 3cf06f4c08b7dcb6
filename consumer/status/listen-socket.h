/* The socket behind --listen. */
#pragma once

#include "consumer/status/listen-address.h"

#include <stdbool.h>

typedef struct ListenSocket ListenSocket;

/* Listens. A socket file that a process that was killed left behind is replaced; one that somebody listens at is not:
 * -EADDRINUSE. The file is for its owner and group alone. Returns 0 or -errno. */
int listen_socket_open(ListenSocket **ret, const ListenAddress *address);
bool listen_socket_is_unix(const ListenSocket *s);
/* The descriptor is somebody else's to close from now on. */
int listen_socket_take_fd(ListenSocket *s);
/* Removes the file too. */
ListenSocket *listen_socket_free(ListenSocket *s);
DEFINE_CLEANUP(ListenSocket *, listen_socket_free);
