/* One check: the name is looked up, a connection opened, over HTTP something asked; the time limit is for all of it.
 */
#include "registrar/check.h"

#include "common/curl-event.h"
#include "common/hostname.h"
#include "common/resolve.h"
#include "common/timer.h"

#include <inttypes.h>
#include <string.h>
#include <utlist.h>

#define USEC_PER_SEC UINT64_C(1000000)

#define USER_AGENT "beachhead-registrar/" BEACHHEAD_VERSION " (health check)"

struct Checker {
        sd_event *event;
        CurlEvent *curl;
        Check *waiting;
        size_t n_running;
};

struct Check {
        Checker *checker;
        const CheckSpec *spec;
        CheckResultFunc *result;
        void *userdata;
        bool waiting, running;
        sd_event_source *timer; /* to the next one, or to the time limit of the one that runs */
        Resolution *resolution; /* may outlast the check that began it: one that hangs is not begun again */
        CURL *easy;
        struct curl_slist *known, *headers;
        char error[CURL_ERROR_SIZE];
        Check *prev, *next;
};

static void start_waiting(Checker *c);

static void stop_transfer(Check *c) {
        if (c->easy) {
                curl_event_remove(c->checker->curl, c->easy);
                curl_easy_cleanup(TAKE_PTR(c->easy));
        }
        curl_slist_free_all(TAKE_PTR(c->known));
        curl_slist_free_all(TAKE_PTR(c->headers));
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *userdata);

static void set_timer(Check *c, uint64_t delay_usec) {
        timer_arm(&c->timer, c->checker->event, delay_usec, on_timer, c);
}

/* `why` NULL: it passed. The next one is let in first, so that a handler finds all in order. */
static void finish(Check *c, const char *why) {
        _cleanup_free_ char *failure = why ? xasprintf("%s port %u: %s", c->spec->host, c->spec->port, why) : NULL;

        stop_transfer(c);
        c->running = false;
        c->checker->n_running--;
        set_timer(c, c->spec->interval_sec * USEC_PER_SEC);
        start_waiting(c->checker);
        c->result(c->userdata, failure);
}

/* ---- the transfer ---- */

static const char *transfer_error(const Check *c, CURL *easy, CURLcode result) {
        long number = 0;

        (void)curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
        if (result == CURLE_COULDNT_CONNECT && number > 0)
                return strerror((int)number);
        return *c->error ? c->error : curl_easy_strerror(result);
}

/* The status is the answer, whatever becomes of the rest of it. */
static void on_done(void *userdata, CURL *easy, CURLcode result) {
        Check *c = userdata;
        _cleanup_free_ char *why = NULL;
        long status = 0;

        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        if (status >= 400 || (status > 0 && status < 200))
                why = xasprintf("status %ld", status);
        else if (status == 0 && (result != CURLE_OK || c->spec->kind == CHECK_HTTP))
                why = xstrdup(transfer_error(c, easy, result));
        curl_easy_cleanup(TAKE_PTR(c->easy));
        finish(c, why);
}

/* Ends the transfer: what follows the status does not matter. */
static size_t refuse_body(char *bytes, size_t size, size_t count, void *userdata) {
        (void)bytes, (void)size, (void)count, (void)userdata;
        return 0;
}

/* Where the name leads is known to libcurl by this alone: it looks nothing up itself. */
static void set_addresses(Check *c, const StringList *addresses) {
        _cleanup_free_ char *joined = string_list_join(addresses, ",");
        _cleanup_free_ char *known = xasprintf("+%s:%u:%s", c->spec->host, c->spec->port, joined);

        if (strcmp(joined, c->spec->host) == 0)
                return;
        c->known = curl_slist_append(NULL, known);
        (void)curl_easy_setopt(c->easy, CURLOPT_RESOLVE, c->known);
}

static void set_request(Check *c) {
        if (c->spec->kind == CHECK_TCP) {
                (void)curl_easy_setopt(c->easy, CURLOPT_CONNECT_ONLY, 1L);
                return;
        }
        if (c->spec->domain) {
                _cleanup_free_ char *host = xasprintf("Host: %s", c->spec->domain);
                c->headers = curl_slist_append(NULL, host);
                (void)curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
        }
        (void)curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        (void)curl_easy_setopt(c->easy, CURLOPT_USERAGENT, USER_AGENT);
        (void)curl_easy_setopt(c->easy, CURLOPT_PATH_AS_IS, 1L);
        (void)curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, refuse_body);
}

static void connect_to(Check *c, const StringList *addresses) {
        bool ipv6 = address_is_ipv6(c->spec->host);
        _cleanup_free_ char *url = xasprintf("http://%s%s%s:%u%s", ipv6 ? "[" : "", c->spec->host, ipv6 ? "]" : "",
                                             c->spec->port, c->spec->path ? c->spec->path : "/");

        c->easy = curl_easy_init();
        if (!c->easy)
                abort(); /* out of memory, as in common/memory.h */
        *c->error = '\0';
        (void)curl_easy_setopt(c->easy, CURLOPT_URL, url);
        (void)curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http");
        (void)curl_easy_setopt(c->easy, CURLOPT_PROXY, "");
        (void)curl_easy_setopt(c->easy, CURLOPT_FRESH_CONNECT, 1L);
        (void)curl_easy_setopt(c->easy, CURLOPT_FORBID_REUSE, 1L);
        (void)curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
        (void)curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
        set_addresses(c, addresses);
        set_request(c);
        if (curl_event_add(c->checker->curl, c->easy, on_done, c) == 0)
                return;
        curl_easy_cleanup(TAKE_PTR(c->easy));
        finish(c, "the check cannot be started");
}

/* ---- from one check to the next ---- */

static void on_resolved(void *userdata, const StringList *addresses, const char *error) {
        Check *c = userdata;

        c->resolution = NULL; /* frees itself */
        if (!c->running)
                return;
        if (addresses->count > 0)
                connect_to(c, addresses);
        else
                finish(c, error);
}

/* A look-up that cannot be begun comes to the time limit: nobody is told from here. */
static void start(Check *c) {
        c->running = true;
        c->checker->n_running++;
        set_timer(c, c->spec->timeout_sec * USEC_PER_SEC);
        if (!c->resolution)
                (void)resolve_start(&c->resolution, c->checker->event, c->spec->host, on_resolved, c);
}

static void start_waiting(Checker *checker) {
        while (checker->waiting && checker->n_running < CHECKS_AT_ONCE) {
                Check *c = checker->waiting;
                DL_DELETE(checker->waiting, c);
                c->waiting = false;
                start(c);
        }
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *userdata) {
        Check *c = userdata;

        (void)timer, (void)usec;
        if (c->running) {
                _cleanup_free_ char *why = xasprintf("no answer within %" PRIu64 " s", c->spec->timeout_sec);
                finish(c, why);
                return 0;
        }
        DL_APPEND(c->checker->waiting, c);
        c->waiting = true;
        start_waiting(c->checker);
        return 0;
}

Check *check_new(Checker *checker, const CheckSpec *spec, CheckResultFunc *result, void *userdata) {
        Check *c = new0(Check);

        *c = (Check){ .checker = checker, .spec = spec, .result = result, .userdata = userdata };
        set_timer(c, 0);
        return c;
}

Check *check_free(Check *c) {
        if (!c)
                return NULL;
        stop_transfer(c);
        (void)resolve_free(c->resolution);
        (void)sd_event_source_disable_unref(c->timer);
        if (c->waiting)
                DL_DELETE(c->checker->waiting, c);
        if (c->running) {
                c->checker->n_running--;
                start_waiting(c->checker);
        }
        free(c);
        return NULL;
}

int checker_new(Checker **ret, sd_event *event) {
        _cleanup_(checker_freep) Checker *c = new0(Checker);

        c->event = sd_event_ref(event);
        int r = curl_event_new(&c->curl, event);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

Checker *checker_free(Checker *c) {
        if (!c)
                return NULL;
        (void)curl_event_free(c->curl);
        sd_event_unref(c->event);
        free(c);
        return NULL;
}
