/* The status over HTTP. Nothing here waits for a client: every connection has limits in number, bytes and time, all
 * sources come after those of others, and no request makes the consumer do anything but tell. */
#include "consumer/status/server.h"

#include "common/text.h"
#include "common/timer.h"
#include "consumer/status/listen-address.h"
#include "consumer/status/listen-socket.h"

#include <errno.h>
#include <string.h>
#include <utlist.h>

#define LIFE_USEC (UINT64_C(1000000) * SERVER_LIFE_SECONDS)

typedef struct Connection {
        int fd;
        uint64_t began_usec;
        struct Connection *prev, *next;
} Connection;

struct StatusServer {
        sd_event *event;
        char *listen;
        ListenSocket *socket;
        struct MHD_Daemon *daemon;
        Answers *answers;
        Connection *connections; /* the oldest first */
        bool has_closed;         /* one, in this run of the daemon */
        sd_event_source *io, *timer, *life;
};

/* ---- requests ---- */

static enum MHD_Result answer_words(struct MHD_Connection *connection, unsigned status, const char *words,
                                    const char *header, const char *value) {
        struct MHD_Response *r = MHD_create_response_from_buffer(strlen(words), (char *)words, MHD_RESPMEM_PERSISTENT);

        if (!r)
                return MHD_NO;
        (void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8");
        (void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
        if (header)
                (void)MHD_add_response_header(r, header, value);
        enum MHD_Result result = MHD_queue_response(connection, status, r);
        MHD_destroy_response(r);
        return result;
}

static const char *header_of(struct MHD_Connection *connection, const char *name) {
        return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* At the first call the headers are there; a body is of no interest. */
static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload, size_t *upload_size,
                                  void **request) {
        StatusServer *s = userdata;
        Answer answer;

        (void)version, (void)upload, (void)upload_size, (void)request;
        if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
                return answer_words(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD alone\n",
                                    MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
        if (!listen_socket_is_unix(s->socket) && !status_host_is_ours(header_of(connection, MHD_HTTP_HEADER_HOST)))
                return answer_words(connection, MHD_HTTP_FORBIDDEN, "ask for the address, or for localhost\n", NULL,
                                    NULL);
        if (!answers_find(s->answers, url, &answer))
                return answer_words(connection, MHD_HTTP_NOT_FOUND, "there is /, /status.json, /metrics, /healthz\n",
                                    NULL, NULL);
        const char *known = header_of(connection, MHD_HTTP_HEADER_IF_NONE_MATCH);
        if (known && answer.status == MHD_HTTP_OK && strstr(known, answer.etag))
                return answer_words(connection, MHD_HTTP_NOT_MODIFIED, "", MHD_HTTP_HEADER_ETAG, answer.etag);
        return MHD_queue_response(connection, answer.status, answer.response);
}

/* ---- connections ---- */

static int on_life(sd_event_source *timer, uint64_t usec, void *userdata);

static void arm_life(StatusServer *s) {
        uint64_t now = now_usec();

        if (!s->connections)
                return timer_stop(s->life);
        uint64_t end = s->connections->began_usec + LIFE_USEC;
        timer_arm(&s->life, s->event, end > now ? end - now : 0, on_life, s);
}

/* libmicrohttpd closes them when it sees the end. */
static int on_life(sd_event_source *timer, uint64_t usec, void *userdata) {
        StatusServer *s = userdata;
        uint64_t now = now_usec();
        Connection *c;

        (void)timer, (void)usec;
        DL_FOREACH (s->connections, c) {
                if (c->began_usec + LIFE_USEC > now)
                        break;
                (void)shutdown(c->fd, SHUT_RDWR);
        }
        return 0;
}

static void on_connection(void *userdata, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code) {
        StatusServer *s = userdata;
        Connection *c = *socket_context;

        if (code == MHD_CONNECTION_NOTIFY_STARTED) {
                const union MHD_ConnectionInfo *info =
                        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
                *socket_context = c = new0(Connection);
                *c = (Connection){ .fd = info->connect_fd, .began_usec = now_usec() };
                DL_APPEND(s->connections, c);
        } else {
                DL_DELETE(s->connections, c);
                free(c);
                s->has_closed = true;
        }
        arm_life(s);
}

/* ---- the loop ---- */

static int on_due(sd_event_source *timer, uint64_t usec, void *userdata);

/* Comes after everything that is not about the status. */
static void put_last(sd_event_source *source) {
        (void)sd_event_source_set_priority(source, SD_EVENT_PRIORITY_IDLE);
}

/* At the limit of connections the daemon stops listening, and begins again only in a run after the one in which some
 * were closed: nothing else may ever ask for that run. */
static void work(StatusServer *s) {
        unsigned long long due_msec = 0;

        s->has_closed = false;
        (void)MHD_run(s->daemon);
        if (!s->has_closed && MHD_get_timeout(s->daemon, &due_msec) != MHD_YES)
                return timer_stop(s->timer);
        timer_arm(&s->timer, s->event, due_msec * 1000, on_due, s);
        put_last(s->timer);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        (void)source, (void)fd, (void)revents;
        work(userdata);
        return 0;
}

static int on_due(sd_event_source *timer, uint64_t usec, void *userdata) {
        (void)timer, (void)usec;
        work(userdata);
        return 0;
}

/* ---- life ---- */

static int start(StatusServer *s) {
        s->daemon = MHD_start_daemon(
                MHD_USE_EPOLL, 0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET,
                listen_socket_take_fd(s->socket), MHD_OPTION_CONNECTION_LIMIT, (unsigned)SERVER_CONNECTIONS_MAX,
                MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVER_CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
                (unsigned)SERVER_IDLE_SECONDS, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_END);
        if (!s->daemon)
                return -EIO;
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
        int r = sd_event_add_io(s->event, &s->io, info->epoll_fd, EPOLLIN, on_io, s);
        if (r >= 0)
                put_last(s->io);
        return r;
}

int status_server_new(StatusServer **ret, sd_event *event, const char *listen, char **ret_message) {
        _cleanup_(status_server_freep) StatusServer *s = new0(StatusServer);
        _cleanup_(listen_address_freep) ListenAddress *address = NULL;
        const char *rule = NULL;
        int r = listen_address_parse(listen, &address, &rule);

        s->event = sd_event_ref(event);
        s->listen = xstrdup(listen);
        s->answers = answers_new();
        if (r >= 0)
                r = listen_socket_open(&s->socket, address);
        if (r >= 0)
                r = start(s);
        if (r < 0) {
                *ret_message = xasprintf("the status cannot be served at --listen=%s: %s", listen,
                                         rule ? rule : strerror(-r));
                return r;
        }
        *ret = TAKE_PTR(s);
        return 0;
}

const char *status_server_listens_at(const StatusServer *s) {
        return s->listen;
}

void status_server_show(StatusServer *s, StatusViewFunc *view, void *userdata) {
        answers_show(s->answers, view, userdata);
}

void status_server_outdate(StatusServer *s) {
        if (s)
                answers_outdate(s->answers);
}

StatusServer *status_server_free(StatusServer *s) {
        if (!s)
                return NULL;
        s->io = sd_event_source_disable_unref(s->io);
        if (s->daemon)
                MHD_stop_daemon(s->daemon); /* closes what is open, the listening socket included */
        s->socket = listen_socket_free(s->socket);
        s->timer = sd_event_source_disable_unref(s->timer);
        s->life = sd_event_source_disable_unref(s->life);
        (void)answers_free(s->answers);
        sd_event_unref(s->event);
        free(s->listen);
        free(s);
        return NULL;
}
