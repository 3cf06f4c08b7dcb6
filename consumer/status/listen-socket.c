/* The socket behind --listen. */
#include "consumer/status/listen-socket.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 128, FILE_MODE = 0660 };

struct ListenSocket {
        int fd;
        char *path; /* of the file that is ours; NULL: there is none */
};

static int new_socket(const ListenAddress *a) {
        int fd = socket(a->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        return fd < 0 ? -errno : fd;
}

static int bind_to(int fd, const ListenAddress *a) {
        return bind(fd, (const struct sockaddr *)&a->address, a->size) < 0 ? -errno : 0;
}

/* Nobody listens at a socket file that refuses connections. */
static bool is_left_behind(const ListenAddress *a) {
        struct stat st;
        _cleanup_close_ int fd = new_socket(a);

        return fd >= 0 && lstat(a->socket_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
               connect(fd, (const struct sockaddr *)&a->address, a->size) < 0 && errno == ECONNREFUSED;
}

static int bind_file(int fd, const ListenAddress *a) {
        int r = bind_to(fd, a);

        if (r == -EADDRINUSE && is_left_behind(a) && unlink(a->socket_path) == 0)
                r = bind_to(fd, a);
        return r;
}

/* Who connects a moment after the end of another process is not refused for what lingers of its connections. */
static int bind_port(int fd, const ListenAddress *a) {
        int yes = 1;

        if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
                return -errno;
        return bind_to(fd, a);
}

int listen_socket_open(ListenSocket **ret, const ListenAddress *address) {
        _cleanup_(listen_socket_freep) ListenSocket *s = new0(ListenSocket);
        int r;

        s->fd = new_socket(address);
        if (s->fd < 0)
                return s->fd;
        r = address->socket_path ? bind_file(s->fd, address) : bind_port(s->fd, address);
        if (r < 0)
                return r;
        s->path = address->socket_path ? xstrdup(address->socket_path) : NULL;
        if ((s->path && chmod(s->path, FILE_MODE) < 0) || listen(s->fd, BACKLOG) < 0)
                return -errno;
        *ret = TAKE_PTR(s);
        return 0;
}

bool listen_socket_is_unix(const ListenSocket *s) {
        return s->path;
}

int listen_socket_take_fd(ListenSocket *s) {
        int fd = s->fd;

        s->fd = -1;
        return fd;
}

ListenSocket *listen_socket_free(ListenSocket *s) {
        if (!s)
                return NULL;
        closep(&s->fd);
        if (s->path)
                (void)unlink(s->path);
        free(s->path);
        free(s);
        return NULL;
}
