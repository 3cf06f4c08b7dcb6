/* libcurl's multi interface on sd-event: a source a socket, one timer, and the messages of finished transfers. */
#include "common/curl-event.h"

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utlist.h>

enum { TIMER_ACCURACY_USEC = 1000 };

/* A socket that libcurl wants to hear of. */
typedef struct Watch {
        sd_event_source *source;
        struct Watch *prev, *next;
} Watch;

/* Whom to tell when a transfer is over; hangs on its easy handle as CURLOPT_PRIVATE. */
typedef struct Transfer {
        CurlDoneFunc *done;
        void *userdata;
} Transfer;

struct CurlEvent {
        sd_event *event;
        CURLM *multi;
        sd_event_source *timer;
        Watch *watches;
};

static Transfer *transfer_of(CURL *easy) {
        char *private = NULL;

        (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
        return (Transfer *)private;
}

/* Takes `easy` out and returns what hung on it, or NULL where it is in no multi handle of ours. */
static Transfer *detach(CurlEvent *c, CURL *easy) {
        Transfer *t = transfer_of(easy);

        if (!t)
                return NULL;
        (void)curl_multi_remove_handle(c->multi, easy);
        (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, NULL);
        return t;
}

/* Reads every message: libcurl does not announce the ones that were left. A callee may change `c->multi`. */
static void dispatch_messages(CurlEvent *c) {
        CURLMsg *message;
        int left;

        while ((message = curl_multi_info_read(c->multi, &left))) {
                if (message->msg != CURLMSG_DONE)
                        continue;
                CURL *easy = message->easy_handle;
                CURLcode result = message->data.result;
                _cleanup_free_ Transfer *t = detach(c, easy);
                if (t)
                        t->done(t->userdata, easy, result);
        }
}

static void act(CurlEvent *c, curl_socket_t fd, int events) {
        int running;

        (void)curl_multi_socket_action(c->multi, fd, events, &running);
        dispatch_messages(c);
}

/* An error or a hang-up shows in what the next read or write returns, with better words than libcurl's for
 * CURL_CSELECT_ERR. */
static int on_socket(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        int events = 0;

        (void)source;
        if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR))
                events |= CURL_CSELECT_IN;
        if (revents & EPOLLOUT)
                events |= CURL_CSELECT_OUT;
        act(userdata, fd, events);
        return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source;
        (void)usec;
        act(userdata, CURL_SOCKET_TIMEOUT, 0);
        return 0;
}

static void watch_free(CurlEvent *c, Watch *w) {
        DL_DELETE(c->watches, w);
        (void)sd_event_source_disable_unref(w->source);
        free(w);
}

static Watch *watch_new(CurlEvent *c, curl_socket_t fd) {
        Watch *w = new0(Watch);

        if (sd_event_add_io(c->event, &w->source, fd, 0, on_socket, c) < 0) {
                free(w);
                return NULL;
        }
        DL_APPEND(c->watches, w);
        (void)curl_multi_assign(c->multi, fd, w);
        return w;
}

/* A socket that cannot be watched is left to its transfer's time limit: a negative return would end the whole multi
 * handle for good. */
static int on_want_socket(CURL *easy, curl_socket_t fd, int what, void *userdata, void *socket_data) {
        CurlEvent *c = userdata;
        Watch *w = socket_data;
        uint32_t events = 0;

        (void)easy;
        if (what == CURL_POLL_REMOVE) {
                if (w)
                        watch_free(c, w);
                return 0;
        }
        if (!w && !(w = watch_new(c, fd)))
                return 0;
        if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
                events |= EPOLLIN;
        if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
                events |= EPOLLOUT;
        (void)sd_event_source_set_io_events(w->source, events);
        /* With an empty mask it would still report hang-ups, again and again. */
        (void)sd_event_source_set_enabled(w->source, events ? SD_EVENT_ON : SD_EVENT_OFF);
        return 0;
}

static int on_want_timer(CURLM *multi, long timeout_msec, void *userdata) {
        CurlEvent *c = userdata;

        (void)multi;
        if (timeout_msec >= 0)
                (void)sd_event_source_set_time_relative(c->timer, (uint64_t)timeout_msec * 1000);
        (void)sd_event_source_set_enabled(c->timer, timeout_msec >= 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
        return 0;
}

static CURLM *multi_new(CurlEvent *c) {
        CURLM *multi = curl_multi_init();

        if (!multi)
                return NULL;
        (void)curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_want_socket);
        (void)curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, c);
        (void)curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_want_timer);
        (void)curl_multi_setopt(multi, CURLMOPT_TIMERDATA, c);
        return multi;
}

/* libcurl's own sockets would be inherited by children. */
static curl_socket_t open_socket(void *userdata, curlsocktype purpose, struct curl_sockaddr *address) {
        (void)userdata;
        (void)purpose;
        return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* What fails here fails in the transfer, and is reported there. */
CURL *curl_event_get(const char *url, const char *agent, char *error) {
        CURL *easy = curl_easy_init();

        if (!easy)
                abort(); /* out of memory, as in common/memory.h */
        *error = '\0';
        (void)curl_easy_setopt(easy, CURLOPT_URL, url);
        (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
        (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, agent);
        (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
        (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
        /* The thread that resolves a name is not waited for when its request is given up. */
        (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        return easy;
}

int curl_event_new(CurlEvent **ret, sd_event *event) {
        _cleanup_(curl_event_freep) CurlEvent *c = new0(CurlEvent);

        c->event = sd_event_ref(event);
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(c->multi = multi_new(c)))
                return -ENOMEM;
        int r = sd_event_add_time_relative(event, &c->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_USEC, on_timer, c);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

int curl_event_add(CurlEvent *c, CURL *easy, CurlDoneFunc *done, void *userdata) {
        _cleanup_free_ Transfer *t = new0(Transfer);

        *t = (Transfer){ done, userdata };
        if (curl_easy_setopt(easy, CURLOPT_PRIVATE, t) != CURLE_OK)
                return -EIO;
        if (curl_multi_add_handle(c->multi, easy) != CURLM_OK) {
                (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, NULL);
                return -EIO;
        }
        (void)TAKE_PTR(t);
        return 0;
}

void curl_event_remove(CurlEvent *c, CURL *easy) {
        free(detach(c, easy));
}

/* Ends the multi handle with its connections, and every source that watched one. */
static void end_multi(CurlEvent *c, CURLM *multi) {
        Watch *w, *next;

        (void)curl_multi_cleanup(multi);
        DL_FOREACH_SAFE(c->watches, w, next) watch_free(c, w);
}

void curl_event_forget_connections(CurlEvent *c) {
        CURLM *fresh = multi_new(c);

        if (!fresh)
                return;
        end_multi(c, c->multi);
        c->multi = fresh;
}

CurlEvent *curl_event_free(CurlEvent *c) {
        if (!c)
                return NULL;
        if (c->multi)
                end_multi(c, c->multi);
        (void)sd_event_source_disable_unref(c->timer);
        (void)sd_event_unref(c->event);
        free(c);
        return NULL;
}
