/* The event stream. What libcurl hands over is only gathered in its calls; the handlers hear of it from the loop. */
#include "registrar/docker-stream.h"

#include "common/backoff.h"
#include "common/log.h"
#include "common/text.h"

#include <string.h>

/* filters={"type":["container","network"]} */
#define EVENTS_PATH "/events?filters=%7B%22type%22%3A%5B%22container%22%2C%22network%22%5D%7D"

enum {
        RETRY_FIRST_USEC = 100 * 1000,
        RETRY_LIMIT_USEC = 10 * 1000 * 1000, /* also: a stream that lived that long was a good one */
        COMPLAINT_MAX = 200,                 /* bytes of a refusal's body that are quoted */
        TIMER_ACCURACY_USEC = 1000,
};

struct DockerStream {
        sd_event *event;
        CurlEvent *curl;
        const DockerEndpoint *endpoint;
        DockerHandlers handlers;
        uint64_t reply_limit_msec;
        CURL *easy; /* NULL: waiting for the next try, or closed */
        char error[CURL_ERROR_SIZE];
        Text text;      /* what has come and is not delivered; of a refusal, its words */
        bool accepted;  /* the headers have come, with status 200 … */
        bool connected; /* … and the handler has heard of it */
        bool skipping;  /* up to the end of a line that was too long */
        uint64_t connected_usec;
        unsigned life; /* counts opening and closing, so that a handler's own doing is noticed */
        Backoff backoff;
        sd_event_source *deliver;
        sd_event_source *timer; /* with `easy`: the answer is due; without: the next try */
};

static void set_timer(DockerStream *s, uint64_t usec) {
        (void)sd_event_source_set_time_relative(s->timer, usec);
        (void)sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
}

/* ---- in libcurl's calls ---- */

static size_t on_header(char *bytes, size_t size, size_t count, void *userdata) {
        DockerStream *s = userdata;
        long status = 0;

        (void)curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
        if (status == 200 && !s->accepted && size * count <= 2 && *bytes == '\r') {
                s->accepted = true;
                (void)sd_event_source_set_enabled(s->deliver, SD_EVENT_ONESHOT);
        }
        return size * count;
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *userdata) {
        DockerStream *s = userdata;

        size *= count;
        if (!s->accepted && s->text.size >= COMPLAINT_MAX)
                return 0;
        text_append_bytes(&s->text, bytes, size);
        if (s->accepted)
                (void)sd_event_source_set_enabled(s->deliver, SD_EVENT_ONESHOT);
        return size;
}

/* ---- in the loop ---- */

static bool is_too_long(const DockerStream *s, size_t size) {
        if (size <= DOCKER_EVENT_MAX)
                return false;
        if (!s->skipping)
                log_warning("an event of more than %d bytes is skipped; the next list makes up for it",
                            DOCKER_EVENT_MAX);
        return true;
}

static void deliver_line(DockerStream *s, const char *line, size_t size) {
        bool skip = is_too_long(s, size) || s->skipping;

        s->skipping = false;
        if (!skip && size > 0)
                s->handlers.event(s->handlers.userdata, line, size);
}

/* Tells of the connection, then of each whole line; the rest waits for its end. A handler may close the stream. */
static void deliver(DockerStream *s) {
        unsigned life = s->life;

        if (s->accepted && !s->connected) {
                s->connected = true;
                (void)sd_event_now(s->event, CLOCK_MONOTONIC, &s->connected_usec);
                (void)sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
                s->handlers.connected(s->handlers.userdata);
        }
        if (!s->connected || s->life != life || s->text.size == 0)
                return;
        _cleanup_text_ Text text = s->text;
        s->text = (Text){ 0 };
        const char *line = text.data, *end = text.data + text.size, *newline;
        while (line < end && (newline = memchr(line, '\n', (size_t)(end - line)))) {
                deliver_line(s, line, (size_t)(newline - line));
                if (s->life != life)
                        return;
                line = newline + 1;
        }
        s->skipping |= is_too_long(s, (size_t)(end - line));
        if (line < end && !s->skipping)
                text_append_bytes(&s->text, line, (size_t)(end - line));
}

static int on_deliver(sd_event_source *source, void *userdata) {
        (void)source;
        deliver(userdata);
        return 0;
}

void docker_stream_close(DockerStream *s, bool reopen) {
        if (s->easy) {
                curl_event_remove(s->curl, s->easy);
                curl_easy_cleanup(TAKE_PTR(s->easy));
        }
        s->life++;
        s->accepted = s->connected = s->skipping = false;
        text_done(&s->text);
        (void)sd_event_source_set_enabled(s->deliver, SD_EVENT_OFF);
        (void)sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
        if (reopen)
                set_timer(s, backoff_next(&s->backoff));
}

/* It ended by itself: a try that never got as far as a good stream makes the next one wait longer. */
static void lose(DockerStream *s, const char *why) {
        uint64_t now_usec = 0;

        (void)sd_event_now(s->event, CLOCK_MONOTONIC, &now_usec);
        if (s->connected && now_usec - s->connected_usec >= RETRY_LIMIT_USEC)
                backoff_reset(&s->backoff);
        docker_stream_close(s, true);
        s->handlers.disconnected(s->handlers.userdata, why);
}

/* In its own words, where it refused. */
static char *describe_end(const DockerStream *s, CURL *easy, CURLcode result) {
        const char *words = s->text.data ? s->text.data : "";
        long status = 0;

        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        if (status == 0 || status == 200)
                return result == CURLE_OK ? xstrdup("the Engine ended the event stream")
                                          : docker_transfer_error(s->endpoint, easy, result, s->error);
        _cleanup_free_ char *quoted = printable(words, strcspn(words, "\r\n"), COMPLAINT_MAX);
        return xasprintf("the Engine answered %ld to the request for events: %s", status, quoted);
}

static void on_done(void *userdata, CURL *easy, CURLcode result) {
        DockerStream *s = userdata;
        _cleanup_free_ char *why = describe_end(s, easy, result);

        curl_easy_cleanup(TAKE_PTR(s->easy));
        unsigned life = s->life;
        deliver(s);
        if (s->life == life)
                lose(s, why);
}

void docker_stream_open(DockerStream *s) {
        if (s->easy)
                return;
        s->life++;
        s->easy = docker_endpoint_get(s->endpoint, EVENTS_PATH, s->error);
        (void)curl_easy_setopt(s->easy, CURLOPT_HEADERFUNCTION, on_header);
        (void)curl_easy_setopt(s->easy, CURLOPT_HEADERDATA, s);
        (void)curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_bytes);
        (void)curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
        if (curl_event_add(s->curl, s->easy, on_done, s) < 0)
                docker_stream_close(s, true);
        else
                set_timer(s, s->reply_limit_msec * 1000);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        DockerStream *s = userdata;

        (void)source;
        (void)usec;
        if (s->easy)
                lose(s, "the Engine does not answer the request for events");
        else
                docker_stream_open(s);
        return 0;
}

void docker_stream_set_reply_limit(DockerStream *s, uint64_t limit_msec) {
        s->reply_limit_msec = limit_msec;
}

/* Delivery comes before the next bytes are read, so that what has gathered stays small. */
static int add_sources(DockerStream *s) {
        int r = sd_event_add_defer(s->event, &s->deliver, on_deliver, s);

        if (r >= 0)
                r = sd_event_source_set_priority(s->deliver, SD_EVENT_PRIORITY_IMPORTANT);
        if (r >= 0)
                r = sd_event_source_set_enabled(s->deliver, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time_relative(s->event, &s->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_USEC, on_timer,
                                               s);
        if (r >= 0)
                r = sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
        return r;
}

int docker_stream_new(DockerStream **ret, sd_event *event, CurlEvent *curl, const DockerEndpoint *endpoint,
                      DockerHandlers handlers) {
        _cleanup_(docker_stream_freep) DockerStream *s = new0(DockerStream);

        *s = (DockerStream){
                .event = sd_event_ref(event),
                .curl = curl,
                .endpoint = endpoint,
                .handlers = handlers,
                .reply_limit_msec = DOCKER_REPLY_SECONDS * 1000,
                .backoff = { .first_usec = RETRY_FIRST_USEC, .limit_usec = RETRY_LIMIT_USEC },
        };
        int r = add_sources(s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

DockerStream *docker_stream_free(DockerStream *s) {
        if (!s)
                return NULL;
        docker_stream_close(s, false);
        (void)sd_event_source_disable_unref(s->deliver);
        (void)sd_event_source_disable_unref(s->timer);
        (void)sd_event_unref(s->event);
        free(s);
        return NULL;
}
