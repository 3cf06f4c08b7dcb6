/* An Engine that says what a test wrote down, on a unix socket and on TCP, in a thread of the test. */
#pragma once

#include "common/memory.h"
#include "common/text.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
        ENGINE_CONNECTIONS_MAX = 64,
        ENGINE_REQUEST_MAX = 4096,
};

typedef enum Then {
        THEN_KEEP,  /* the next request may come */
        THEN_CLOSE, /* the connection ends */
        THEN_HANG,  /* nothing more is said on it */
        THEN_WAIT,  /* before anything is said, for engine_release() */
} Then;

/* An answer to the first request whose target begins with `target` that no earlier answer was for; `always`: to every
 * one from then on. */
typedef struct Answer {
        const char *target;
        const char *bytes;
        size_t filling;   /* so many times "x" … */
        const char *rest; /* … and this */
        Then then;
        bool always, used;
} Answer;

typedef struct Connection {
        int fd;
        char request[ENGINE_REQUEST_MAX];
        size_t size;
        const Answer *waiting;
} Connection;

typedef struct Engine {
        char directory[32];
        char *unix_url, *tcp_url;
        Answer *answers;
        pthread_t thread;
        pthread_mutex_t lock; /* of `targets` */
        StringList targets;   /* of the requests, in order */
        int listeners[2], wake;
        atomic_bool stop, released;
        atomic_int accepted, requests, waiting, most_waiting;
        Connection connections[ENGINE_CONNECTIONS_MAX];
        size_t n_connections;
} Engine;

static inline void engine_write(int fd, const char *bytes, size_t size) {
        while (size > 0) {
                ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);
                if (n <= 0)
                        return; /* the client gave up, as some tests want */
                bytes += n;
                size -= (size_t)n;
        }
}

static inline void engine_say(int fd, const Answer *a) {
        static const char filling[65536] = { [0 ... 65535] = 'x' };

        engine_write(fd, a->bytes, strlen(a->bytes));
        for (size_t left = a->filling; left > 0;) {
                size_t n = left < sizeof filling ? left : sizeof filling;
                engine_write(fd, filling, n);
                left -= n;
        }
        if (a->rest)
                engine_write(fd, a->rest, strlen(a->rest));
}

static inline Answer *engine_find_answer(Engine *e, const char *target) {
        for (Answer *a = e->answers; a->target; a++)
                if (!a->used && has_prefix(target, a->target)) {
                        a->used = !a->always;
                        return a;
                }
        return NULL;
}

static inline void engine_end(Connection *c) {
        (void)close(c->fd);
        c->fd = -1;
}

static inline void engine_answer(Engine *e, Connection *c, const Answer *a) {
        engine_say(c->fd, a);
        if (a->then == THEN_CLOSE)
                engine_end(c);
        (void)e;
}

static inline void engine_take_request(Engine *e, Connection *c) {
        static const Answer unknown = { .bytes = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" };
        char target[256] = "";

        ck_assert_int_eq(sscanf(c->request, "GET %255s HTTP/1.1", target), 1);
        c->size = 0;
        (void)pthread_mutex_lock(&e->lock);
        string_list_add(&e->targets, target);
        (void)pthread_mutex_unlock(&e->lock);
        const Answer *a = engine_find_answer(e, target);
        atomic_fetch_add(&e->requests, 1);
        if (!a) {
                engine_answer(e, c, &unknown);
        } else if (a->then == THEN_WAIT && !e->released) {
                c->waiting = a;
                int waiting = atomic_fetch_add(&e->waiting, 1) + 1;
                if (waiting > e->most_waiting)
                        e->most_waiting = waiting;
        } else {
                engine_answer(e, c, a);
        }
}

static inline void engine_read(Engine *e, Connection *c) {
        ssize_t n = recv(c->fd, c->request + c->size, sizeof c->request - 1 - c->size, 0);

        if (n <= 0) {
                e->waiting -= c->waiting != NULL;
                engine_end(c);
                return;
        }
        c->size += (size_t)n;
        c->request[c->size] = '\0';
        if (strstr(c->request, "\r\n\r\n"))
                engine_take_request(e, c);
}

static inline void engine_release_waiting(Engine *e) {
        for (size_t i = 0; i < e->n_connections; i++) {
                Connection *c = &e->connections[i];
                if (c->fd < 0 || !c->waiting)
                        continue;
                e->waiting--;
                engine_answer(e, c, TAKE_PTR(c->waiting));
        }
}

static inline void engine_accept(Engine *e, int listener) {
        ck_assert_uint_lt(e->n_connections, ENGINE_CONNECTIONS_MAX);
        e->connections[e->n_connections++].fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        atomic_fetch_add(&e->accepted, 1);
}

static inline void *engine_run(void *userdata) {
        Engine *e = userdata;

        while (!e->stop) {
                struct pollfd fds[ENGINE_CONNECTIONS_MAX + 3] = {
                        { .fd = e->wake, .events = POLLIN },
                        { .fd = e->listeners[0], .events = POLLIN },
                        { .fd = e->listeners[1], .events = POLLIN },
                };
                size_t n = e->n_connections;
                for (size_t i = 0; i < n; i++)
                        fds[i + 3] = (struct pollfd){ .fd = e->connections[i].fd, .events = POLLIN };
                (void)poll(fds, n + 3, -1);
                if (fds[0].revents) {
                        eventfd_t value;
                        (void)eventfd_read(e->wake, &value);
                        if (e->released)
                                engine_release_waiting(e);
                }
                for (size_t i = 0; i < 2; i++)
                        if (fds[i + 1].revents)
                                engine_accept(e, e->listeners[i]);
                for (size_t i = 0; i < n; i++)
                        if (e->connections[i].fd >= 0 && fds[i + 3].revents)
                                engine_read(e, &e->connections[i]);
        }
        return NULL;
}

static inline int engine_listen(int family, const void *address, socklen_t size) {
        int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(bind(fd, address, size), 0);
        ck_assert_int_eq(listen(fd, 64), 0);
        return fd;
}

/* `answers` ends with an empty one and must outlive the Engine. */
static inline Engine *engine_new(Answer *answers) {
        Engine *e = new0(Engine);
        struct sockaddr_un path = { .sun_family = AF_UNIX };
        struct sockaddr_in tcp = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof tcp;

        e->answers = answers;
        (void)snprintf(e->directory, sizeof e->directory, "/tmp/engine.XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(e->directory));
        (void)snprintf(path.sun_path, sizeof path.sun_path, "%s/socket", e->directory);
        e->unix_url = xasprintf("unix://%s", path.sun_path);
        e->listeners[0] = engine_listen(AF_UNIX, &path, sizeof path);
        e->listeners[1] = engine_listen(AF_INET, &tcp, sizeof tcp);
        ck_assert_int_eq(getsockname(e->listeners[1], (struct sockaddr *)&tcp, &size), 0);
        e->tcp_url = xasprintf("tcp://localhost:%u", ntohs(tcp.sin_port));
        e->wake = eventfd(0, EFD_CLOEXEC);
        ck_assert_int_eq(pthread_mutex_init(&e->lock, NULL), 0);
        ck_assert_int_eq(pthread_create(&e->thread, NULL, engine_run, e), 0);
        return e;
}

/* Lets the answers that wait be said, and all later ones at once. */
static inline void engine_release(Engine *e) {
        e->released = true;
        (void)eventfd_write(e->wake, 1);
}

static inline Engine *engine_free(Engine *e) {
        _cleanup_free_ char *path = xasprintf("%s/socket", e->directory);

        e->stop = true;
        (void)eventfd_write(e->wake, 1);
        (void)pthread_join(e->thread, NULL);
        for (size_t i = 0; i < e->n_connections; i++)
                if (e->connections[i].fd >= 0)
                        (void)close(e->connections[i].fd);
        (void)close(e->listeners[0]);
        (void)close(e->listeners[1]);
        (void)close(e->wake);
        (void)unlink(path);
        (void)rmdir(e->directory);
        (void)pthread_mutex_destroy(&e->lock);
        string_list_clear(&e->targets);
        free(e->unix_url);
        free(e->tcp_url);
        free(e);
        return NULL;
}
DEFINE_CLEANUP(Engine *, engine_free);
