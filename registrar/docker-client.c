/* Requests to the Engine, each with a time limit and a cap: one list, some inspects at once, the others in a queue. */
#include "registrar/docker-client.h"

#include "common/curl-event.h"
#include "common/log.h"
#include "common/text.h"
#include "registrar/docker-endpoint.h"
#include "registrar/docker-stream.h"
#include "registrar/engine-message.h"

#include <utlist.h>

/* A list (`id` is NULL) or an inspect. */
typedef struct Request {
        DockerClient *client;
        char *id;
        DockerReplyFunc *done;
        void *userdata;
        CURL *easy;               /* NULL: it waits, or could not be started */
        sd_event_source *failure; /* it could not be started: the loop will say so */
        char error[CURL_ERROR_SIZE];
        Text body;
        size_t max; /* bytes of the body */
        bool too_large;
        struct Request *prev, *next;
} Request;

struct DockerClient {
        sd_event *event;
        DockerEndpoint *endpoint;
        CurlEvent *curl;
        DockerStream *stream;
        bool listening;
        uint64_t reply_limit_msec;
        Request *list;
        Request *waiting, *started; /* inspects */
        size_t n_started;
};

static Request *request_new(DockerClient *d, const char *id, size_t max, DockerReplyFunc *done, void *userdata) {
        Request *r = new0(Request);

        r->client = d;
        r->id = id ? xstrdup(id) : NULL;
        r->max = max;
        r->done = done;
        r->userdata = userdata;
        return r;
}

/* Back to where it was before it was started. */
static void request_stop(Request *r) {
        if (r->easy) {
                curl_event_remove(r->client->curl, r->easy);
                curl_easy_cleanup(TAKE_PTR(r->easy));
        }
        r->failure = sd_event_source_disable_unref(r->failure);
        text_done(&r->body);
}

static Request *request_free(Request *r) {
        if (!r)
                return NULL;
        request_stop(r);
        free(r->id);
        free(r);
        return NULL;
}
DEFINE_CLEANUP(Request *, request_free);

static void start_waiting(DockerClient *d);

/* Takes the request out of the client, lets the next one start, and only then tells: a handler finds all in order. */
static void finish(Request *request, long status, const char *error) {
        _cleanup_(request_freep) Request *r = request;
        DockerClient *d = r->client;

        if (r == d->list) {
                d->list = NULL;
        } else {
                DL_DELETE(d->started, r);
                d->n_started--;
                start_waiting(d);
        }
        r->done(r->userdata, r->id, status, status > 0 && r->body.data ? r->body.data : "",
                status > 0 ? r->body.size : 0, status > 0 ? NULL : error);
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *userdata) {
        Request *r = userdata;

        size *= count;
        r->too_large = size > r->max - r->body.size;
        if (r->too_large)
                return 0;
        text_append_bytes(&r->body, bytes, size);
        return size;
}

static void on_done(void *userdata, CURL *easy, CURLcode result) {
        Request *r = userdata;
        long status = 0;

        if (result == CURLE_OK)
                (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        _cleanup_free_ char *error = r->too_large ? xstrdup("the reply is too large")
                                                  : docker_transfer_error(r->client->endpoint, easy, result, r->error);
        curl_easy_cleanup(TAKE_PTR(r->easy));
        finish(r, status, error);
}

static int on_failure(sd_event_source *source, void *userdata) {
        (void)source;
        finish(userdata, 0, "the request cannot be sent");
        return 0;
}

/* What cannot be asked fails from the loop, as all else does. */
static void fail_soon(Request *r) {
        if (sd_event_add_defer(r->client->event, &r->failure, on_failure, r) < 0)
                abort(); /* out of memory, as in common/memory.h */
}

static void request_start(Request *r, const char *path) {
        DockerClient *d = r->client;

        r->easy = docker_endpoint_get(d->endpoint, path, r->error);
        (void)curl_easy_setopt(r->easy, CURLOPT_TIMEOUT_MS, (long)d->reply_limit_msec);
        (void)curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, on_bytes);
        (void)curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
        if (curl_event_add(d->curl, r->easy, on_done, r) == 0)
                return;
        curl_easy_cleanup(TAKE_PTR(r->easy));
        fail_soon(r);
}

static void start_waiting(DockerClient *d) {
        while (d->waiting && d->n_started < DOCKER_INSPECTS_AT_ONCE) {
                Request *r = d->waiting;
                DL_DELETE(d->waiting, r);
                DL_APPEND(d->started, r);
                d->n_started++;
                if (container_id_is_valid(r->id)) {
                        _cleanup_free_ char *path = xasprintf("/containers/%s/json", r->id);
                        request_start(r, path);
                } else {
                        fail_soon(r);
                }
        }
}

void docker_client_list(DockerClient *d, DockerReplyFunc *done, void *userdata) {
        (void)request_free(TAKE_PTR(d->list));
        d->list = request_new(d, NULL, DOCKER_LIST_MAX, done, userdata);
        request_start(d->list, "/containers/json");
}

void docker_client_inspect(DockerClient *d, const char *id, DockerReplyFunc *done, void *userdata) {
        Request *r = request_new(d, id, CONTAINER_REPLY_MAX, done, userdata);

        DL_APPEND(d->waiting, r);
        start_waiting(d);
}

void docker_client_listen(DockerClient *d) {
        d->listening = true;
        docker_stream_open(d->stream);
}

/* Inspects that were under way are the first to be asked for again, in their order. */
void docker_client_restart(DockerClient *d, const char *why) {
        Request *r;

        log_warning("the connections to the Engine are given up and opened anew: %s", why);
        docker_stream_close(d->stream, d->listening);
        d->list = request_free(d->list);
        DL_FOREACH (d->started, r)
                request_stop(r);
        DL_CONCAT(d->started, d->waiting);
        d->waiting = TAKE_PTR(d->started);
        d->n_started = 0;
        curl_event_forget_connections(d->curl);
        start_waiting(d);
}

void docker_client_set_reply_limit(DockerClient *d, uint64_t limit_msec) {
        d->reply_limit_msec = limit_msec;
        docker_stream_set_reply_limit(d->stream, limit_msec);
}

int docker_client_new(DockerClient **ret, sd_event *event, const char *url, const DockerTls *tls,
                      DockerHandlers handlers, char **ret_message) {
        _cleanup_(docker_client_freep) DockerClient *d = new0(DockerClient);

        d->event = sd_event_ref(event);
        d->reply_limit_msec = DOCKER_REPLY_SECONDS * 1000;
        int r = docker_endpoint_parse(url, tls, &d->endpoint, ret_message);
        if (r < 0)
                return r;
        r = curl_event_new(&d->curl, event);
        if (r < 0)
                return r;
        r = docker_stream_new(&d->stream, event, d->curl, d->endpoint, handlers);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

static void free_requests(Request *list) {
        Request *r, *next;

        DL_FOREACH_SAFE(list, r, next)(void) request_free(r);
}

DockerClient *docker_client_free(DockerClient *d) {
        if (!d)
                return NULL;
        (void)docker_stream_free(d->stream);
        (void)request_free(d->list);
        free_requests(d->waiting);
        free_requests(d->started);
        (void)curl_event_free(d->curl);
        (void)docker_endpoint_free(d->endpoint);
        (void)sd_event_unref(d->event);
        free(d);
        return NULL;
}
