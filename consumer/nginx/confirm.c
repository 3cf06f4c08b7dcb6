/* Asks nginx which generation it serves. Each question has a connection of its own: a kept one would stay with a
 * worker of the old configuration. */
#include "consumer/nginx/confirm.h"

#include "common/timer.h"

#include <stdbool.h>
#include <string.h>

enum {
        ANSWER_MAX = 128, /* bytes; a generation has 64 */
        QUESTION_TIME_MSEC = 1000,
        /* The old workers accept on for 100 ms beside the new ones (ngx_master_process_cycle()). */
        OVERLAP_MSEC = 120,
};

struct Confirm {
        sd_event *event;
        CurlEvent *curl;
        const NginxPolicy *policy;
        char *generation;
        uint64_t deadline;
        ErrorLog *log;
        ConfirmDoneFunc *done;
        void *userdata;

        sd_event_source *timer;
        CURL *easy; /* the question under way */
        struct curl_slist *headers;
        size_t n_asked;
        uint64_t same_since; /* of the last answers; 0: the last one was another */
        bool answered;       /* by anything that speaks HTTP */
        char answer[ANSWER_MAX + 1];
        size_t answer_size;
};

Confirm *confirm_free(Confirm *c) {
        if (!c)
                return NULL;
        if (c->easy) {
                curl_event_remove(c->curl, c->easy);
                curl_easy_cleanup(c->easy);
        }
        curl_slist_free_all(c->headers);
        (void)sd_event_source_disable_unref(c->timer);
        free(c->generation);
        free(c);
        return NULL;
}

static void finish(Confirm *c, ConfirmOutcome outcome, const char *words) {
        ConfirmDoneFunc *done = c->done;
        void *userdata = c->userdata;

        (void)confirm_free(c);
        done(userdata, outcome, words);
}

static uint64_t next_delay(const Confirm *c) {
        static const unsigned delays_msec[] = { 2, 5, 10, 20, 50, 100 };
        size_t last = sizeof delays_msec / sizeof *delays_msec - 1;

        return (uint64_t)delays_msec[c->n_asked < last ? c->n_asked : last] * 1000;
}

static int on_time(sd_event_source *timer, uint64_t usec, void *userdata);

static void ask_again_or_finish(Confirm *c) {
        _cleanup_free_ char *failure = c->log ? error_log_failure(c->log) : NULL;

        if (failure) {
                finish(c, CONFIRM_FAILED, failure);
        } else if (now_usec() >= c->deadline) {
                _cleanup_free_ char *words =
                        c->log && error_log_complaint(c->log) ? xstrdup(error_log_complaint(c->log)) : NULL;
                finish(c, c->answered ? CONFIRM_OTHER : CONFIRM_SILENT, words);
        } else {
                timer_arm(&c->timer, c->event, next_delay(c), on_time, c);
        }
}

/* Taken over, but for good only when the old workers have gone. */
static void take_same(Confirm *c) {
        uint64_t now = now_usec();

        if (c->same_since == 0)
                c->same_since = now;
        if (now - c->same_since >= OVERLAP_MSEC * 1000)
                finish(c, CONFIRM_SAME, NULL);
        else
                timer_arm(&c->timer, c->event, OVERLAP_MSEC * 1000, on_time, c);
}

static void on_answer(void *userdata, CURL *easy, CURLcode result) {
        Confirm *c = userdata;
        long status = 0;

        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_cleanup(easy);
        c->easy = NULL;
        c->answered = c->answered || status > 0;
        c->answer[c->answer_size] = '\0';
        c->answer[strcspn(c->answer, "\r\n")] = '\0';
        if (result == CURLE_OK && strcmp(c->answer, c->generation) == 0) {
                take_same(c);
        } else {
                c->same_since = 0;
                ask_again_or_finish(c);
        }
}

static size_t take_answer(char *bytes, size_t one, size_t size, void *userdata) {
        Confirm *c = userdata;

        (void)one;
        if (size > ANSWER_MAX - c->answer_size)
                return 0; /* no answer of ours: the transfer ends here */
        memcpy(c->answer + c->answer_size, bytes, size);
        c->answer_size += size;
        return size;
}

/* Returns NULL where libcurl is out of memory. */
static CURL *question(Confirm *c) {
        CURL *easy = curl_easy_init();

        if (!easy)
                return NULL;
        (void)curl_easy_setopt(easy, CURLOPT_URL, c->policy->confirm_url);
        (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
        (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, c->headers);
        (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)QUESTION_TIME_MSEC);
        (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
        (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, c);
        (void)curl_easy_setopt(easy, CURLOPT_HAPROXYPROTOCOL, (long)c->policy->render.proxy_protocol);
        if (c->policy->confirm_source)
                (void)curl_easy_setopt(easy, CURLOPT_INTERFACE, c->policy->confirm_source);
        return easy;
}

static int on_time(sd_event_source *timer, uint64_t usec, void *userdata) {
        Confirm *c = userdata;

        (void)timer;
        (void)usec;
        c->n_asked++;
        c->answer_size = 0;
        c->easy = question(c);
        if (!c->easy || curl_event_add(c->curl, c->easy, on_answer, c) < 0) {
                curl_easy_cleanup(c->easy);
                c->easy = NULL;
                ask_again_or_finish(c);
        }
        return 0;
}

void confirm_start(Confirm **ret, sd_event *event, CurlEvent *curl, const NginxPolicy *policy, const char *generation,
                   uint64_t patience_usec, ErrorLog *log, ConfirmDoneFunc *done, void *userdata) {
        Confirm *c = new0(Confirm);

        *c = (Confirm){
                .event = event,
                .curl = curl,
                .policy = policy,
                .generation = xstrdup(generation),
                .deadline = now_usec() + patience_usec,
                .log = log,
                .done = done,
                .userdata = userdata,
        };
        c->headers = curl_slist_append(NULL, "Host: " NGINX_CONFIRM_HOST);
        c->headers = curl_slist_append(c->headers, "Connection: close");
        timer_arm(&c->timer, event, next_delay(c), on_time, c);
        *ret = c;
}
