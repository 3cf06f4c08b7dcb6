/* A Docker Engine out of memory, for measuring: the reply to every inspect is rendered before it is asked for.
 *
 * scripted-engine SOCKET REPLIES CONTAINERS [INSPECT-USEC [LIST-USEC]]: REPLIES is the directory of the texts. With
 * the last two it keeps a core busy so long for each inspect, and holds a list back. /bench/start starts one container
 * more and answers when its event went out, by the monotonic clock in microseconds. */
#include "common/file.h"
#include "common/text.h"
#include "common/timer.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <utlist.h>

enum {
        ID_DIGITS = 64,
        REQUEST_MAX = 8192,
        FORM_MAX = 64 * 1024,
        CONTAINERS_MAX = 1000000,
        DELAY_MAX = 10 * 1000 * 1000,
};

typedef struct Connection {
        int fd;
        bool listens; /* to the events */
        size_t size;
        char request[REQUEST_MAX];
        struct Connection *next; /* that listens */
} Connection;

typedef struct Engine {
        int listener, poll;
        uint64_t inspect_usec, list_usec;
        char *inspect_form, *listed_form, *event_form;
        StringList inspects; /* whole replies */
        Text list;           /* a body */
        Connection *listeners;
} Engine;

/* ---- what there is ---- */

/* The form with what is this container's; the caller owns it. */
static char *fill_in(const char *form, size_t number, const char *action) {
        Text t = { 0 };

        for (const char *mark; (mark = strchr(form, '@')); form = strchr(mark + 1, '@') + 1) {
                text_append_bytes(&t, form, (size_t)(mark - form));
                if (has_prefix(mark, "@ID@"))
                        text_appendf(&t, "%0*zu", ID_DIGITS, number);
                else if (has_prefix(mark, "@NAME@"))
                        text_appendf(&t, "c%zu", number);
                else if (has_prefix(mark, "@ADDRESS@"))
                        text_appendf(&t, "10.%zu.%zu.%zu", number >> 16 & 255, number >> 8 & 255, number & 255);
                else
                        text_append(&t, action);
        }
        text_append(&t, form);
        return text_take(&t);
}

static void add_container(Engine *e) {
        size_t number = e->inspects.count;
        _cleanup_free_ char *body = fill_in(e->inspect_form, number, ""),
                            *listed = fill_in(e->listed_form, number, "");

        string_list_addf(&e->inspects,
                         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                         strlen(body), body);
        text_truncate(&e->list, e->list.size - 1);
        text_appendf(&e->list, "%s%s]", number > 0 ? "," : "", listed);
}

/* ---- answers ---- */

/* A client that went away is no concern of ours. */
static void send_bytes(const Connection *c, const char *bytes, size_t size) {
        (void)file_write_all(c->fd, bytes, size);
}

static void answer(const Connection *c, const char *body, size_t size) {
        _cleanup_free_ char *head =
                xasprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", size);

        send_bytes(c, head, strlen(head));
        send_bytes(c, body, size);
}

static void answer_inspect(Engine *e, const Connection *c, const char *id) {
        char digits[ID_DIGITS + 1] = "";
        uint64_t number, until = now_usec() + e->inspect_usec;

        memcpy(digits, id, strnlen(id, ID_DIGITS));
        if (parse_unsigned(digits, 0, e->inspects.count - 1, &number) < 0) {
                static const char missing[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
                return send_bytes(c, missing, sizeof missing - 1);
        }
        while (e->inspect_usec > 0 && now_usec() < until)
                continue;
        send_bytes(c, e->inspects.items[number], strlen(e->inspects.items[number]));
}

static void answer_list(Engine *e, const Connection *c) {
        if (e->list_usec > 0)
                (void)usleep((useconds_t)e->list_usec);
        answer(c, e->list.data, e->list.size);
}

static void begin_events(Engine *e, Connection *c) {
        static const char head[] =
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

        c->listens = true;
        LL_PREPEND(e->listeners, c);
        send_bytes(c, head, sizeof head - 1);
}

static void emit(const Engine *e, size_t number, const char *action) {
        _cleanup_free_ char *line = fill_in(e->event_form, number, action),
                            *chunk = xasprintf("%zx\r\n%s\r\n", strlen(line), line);
        const Connection *c;

        LL_FOREACH(e->listeners, c)
        send_bytes(c, chunk, strlen(chunk));
}

static void answer_start(Engine *e, const Connection *c) {
        size_t number = e->inspects.count;

        add_container(e);
        uint64_t before = now_usec();
        emit(e, number, "start");
        _cleanup_free_ char *told = xasprintf("{\"number\":%zu,\"usec\":%" PRIu64 "}", number, before);
        answer(c, told, strlen(told));
}

/* The path without the version that clients may put before it. */
static const char *request_path(const char *request) {
        const char *path = strchr(request, '/');

        if (path && has_prefix(path, "/v1."))
                path = strchr(path + 1, '/');
        return path ? path : "/";
}

static void answer_request(Engine *e, Connection *c) {
        const char *path = request_path(c->request);

        if (has_prefix(path, "/containers/json"))
                answer_list(e, c);
        else if (has_prefix(path, "/containers/"))
                answer_inspect(e, c, path + strlen("/containers/"));
        else if (has_prefix(path, "/events"))
                begin_events(e, c);
        else if (has_prefix(path, "/bench/start"))
                answer_start(e, c);
        else if (has_prefix(path, "/_ping"))
                answer(c, "OK", 2);
        else
                answer(c, "{}", 2); /* /info and /version, which some clients ask for */
}

/* ---- connections ---- */

static void connection_close(Engine *e, Connection *c) {
        if (c->listens)
                LL_DELETE(e->listeners, c);
        (void)close(c->fd);
        free(c);
}

/* Requests that have come whole are answered; HTTP/1.0 has one a connection. Returns false where that is over. */
static bool take_requests(Engine *e, Connection *c) {
        char *end;

        while ((end = strstr(c->request, "\r\n\r\n"))) {
                *end = '\0';
                answer_request(e, c);
                if (strstr(c->request, " HTTP/1.0"))
                        return false;
                size_t used = (size_t)(end + 4 - c->request);
                c->size -= used;
                memmove(c->request, c->request + used, c->size + 1);
        }
        return c->size < REQUEST_MAX - 1;
}

static void connection_read(Engine *e, Connection *c) {
        ssize_t n = read(c->fd, c->request + c->size, REQUEST_MAX - 1 - c->size);

        if (n > 0) {
                c->size += (size_t)n;
                c->request[c->size] = '\0';
        }
        if (n <= 0 || !take_requests(e, c))
                connection_close(e, c);
}

static void connection_accept(Engine *e) {
        Connection *c = new0(Connection);
        struct epoll_event readable = { .events = EPOLLIN, .data.ptr = c };

        c->fd = accept4(e->listener, NULL, NULL, SOCK_CLOEXEC);
        if (c->fd < 0 || epoll_ctl(e->poll, EPOLL_CTL_ADD, c->fd, &readable) < 0)
                connection_close(e, c);
}

static int serve(Engine *e) {
        struct epoll_event happened;

        for (;;) {
                if (epoll_wait(e->poll, &happened, 1, -1) < 0 && errno != EINTR)
                        return -errno;
                if (happened.data.ptr)
                        connection_read(e, happened.data.ptr);
                else
                        connection_accept(e);
        }
}

static int engine_listen(Engine *e, const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        struct epoll_event acceptable = { .events = EPOLLIN };

        if (strlen(path) >= sizeof address.sun_path)
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, strlen(path) + 1);
        e->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        e->poll = epoll_create1(EPOLL_CLOEXEC);
        if (e->listener < 0 || e->poll < 0 || bind(e->listener, (struct sockaddr *)&address, sizeof address) < 0 ||
            listen(e->listener, SOMAXCONN) < 0 || epoll_ctl(e->poll, EPOLL_CTL_ADD, e->listener, &acceptable) < 0)
                return -errno;
        return 0;
}

static int read_form(const char *directory, const char *name, char **ret) {
        _cleanup_free_ char *path = xasprintf("%s/%s.json", directory, name);
        size_t size;

        return file_read(path, FORM_MAX, ret, &size);
}

static int run(Engine *e, const char *socket, const char *replies, uint64_t containers) {
        int r;

        if ((r = read_form(replies, "inspect", &e->inspect_form)) < 0 ||
            (r = read_form(replies, "listed", &e->listed_form)) < 0 ||
            (r = read_form(replies, "event", &e->event_form)) < 0)
                return r;
        text_append(&e->list, "[]");
        while (e->inspects.count < containers)
                add_container(e);
        r = engine_listen(e, socket);
        return r < 0 ? r : serve(e);
}

int main(int argc, char *argv[]) {
        static Engine e; /* to the end of the process, like all that it owns */
        uint64_t containers;

        if (argc < 4 || argc > 6 || parse_unsigned(argv[3], 0, CONTAINERS_MAX, &containers) < 0 ||
            (argc > 4 && parse_unsigned(argv[4], 0, DELAY_MAX, &e.inspect_usec) < 0) ||
            (argc > 5 && parse_unsigned(argv[5], 0, DELAY_MAX, &e.list_usec) < 0)) {
                (void)fprintf(stderr, "usage: scripted-engine SOCKET REPLIES CONTAINERS [INSPECT-USEC [LIST-USEC]]\n");
                return 2;
        }
        (void)signal(SIGPIPE, SIG_IGN);
        int r = run(&e, argv[1], argv[2], containers);
        (void)fprintf(stderr, "scripted-engine: %s\n", strerror(-r));
        return EXIT_FAILURE;
}
