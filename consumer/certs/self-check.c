/* Whether names answer HTTP-01 through the own edge: a request for each, some at once. */
#include "consumer/certs/self-check.h"

#include "common/curl-event.h"
#include "common/timer.h"

#include <string.h>
#include <sys/random.h>

enum {
        TOKEN_SIZE = 43, /* as long as a CA's: 256 bits in base64url */
        QUOTE_MAX = 120,
};

/* The question that goes to one name. */
typedef struct Probe {
        SelfCheck *check;
        const char *name; /* borrowed from the check */
        char token[TOKEN_SIZE + 1];
        CURL *easy; /* NULL: not begun, or over */
        struct curl_slist *headers;
        char error[CURL_ERROR_SIZE];
        Text body;
        size_t received; /* bytes, with the headers */
        bool too_large;
        char *reason; /* what is wrong with the answer; NULL: nothing */
} Probe;

struct SelfCheck {
        sd_event *event;
        CurlEvent *curl;
        char *url, *thumbprint;
        uint64_t limit_msec;
        StringList names;
        Probe *probes;         /* one a name */
        size_t begun, running; /* of them */
        sd_event_source *end;
        SelfCheckDoneFunc *done;
        void *userdata;
};

/* ---- the answer ---- */

/* What is wrong with it; the caller owns it. NULL: nothing. A newline at the end is none of its own, as to CAs. */
static char *judge_body(const Probe *p) {
        _cleanup_free_ char *expected = xasprintf("%s.%s", p->token, p->check->thumbprint);
        const char *body = p->body.data ? p->body.data : "";
        size_t size = strlen(expected), rest = strcspn(body, "\r\n");

        if (p->body.size == strlen(body) && rest == size && memcmp(body, expected, size) == 0 &&
            body[rest + strspn(body + rest, "\r\n")] == '\0')
                return NULL;
        _cleanup_free_ char *quoted = printable(body, p->body.size, QUOTE_MAX);
        if (rest > TOKEN_SIZE && memcmp(body, expected, TOKEN_SIZE + 1) == 0)
                return xasprintf("answers with the thumbprint of another account: \"%s\"", quoted + TOKEN_SIZE + 1);
        return xasprintf("answers \"%s\" to a challenge", quoted);
}

static char *judge(const Probe *p, CURLcode result) {
        long status = 0;

        if (p->too_large)
                return xasprintf("answers with more than %d bytes to a challenge", SELF_CHECK_ANSWER_MAX);
        if (result == CURLE_OPERATION_TIMEDOUT)
                return xstrdup("does not answer in time");
        if (result != CURLE_OK) {
                const char *words = *p->error ? p->error : curl_easy_strerror(result);
                return printable(words, strlen(words), CURL_ERROR_SIZE);
        }
        (void)curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
        if (status != 200)
                return xasprintf("answers %ld to a challenge", status);
        return judge_body(p);
}

/* ---- the question ---- */

static void probe_stop(Probe *p) {
        if (p->easy) {
                curl_event_remove(p->check->curl, p->easy);
                curl_easy_cleanup(TAKE_PTR(p->easy));
        }
        curl_slist_free_all(TAKE_PTR(p->headers));
        text_done(&p->body);
}

static bool has_room(Probe *p, size_t size) {
        p->too_large = size > SELF_CHECK_ANSWER_MAX - p->received;
        p->received += p->too_large ? 0 : size;
        return !p->too_large;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *userdata) {
        (void)bytes;
        return has_room(userdata, size * count) ? size * count : 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *userdata) {
        Probe *p = userdata;

        if (!has_room(p, size * count))
                return 0;
        text_append_bytes(&p->body, bytes, size * count);
        return size * count;
}

static void make_token(char ret[static TOKEN_SIZE + 1]) {
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        unsigned char random[TOKEN_SIZE];

        if (getrandom(random, sizeof random, 0) != sizeof random)
                abort(); /* a kernel without random numbers */
        for (size_t i = 0; i < TOKEN_SIZE; i++)
                ret[i] = digits[random[i] % (sizeof digits - 1)];
        ret[TOKEN_SIZE] = '\0';
}

static void proceed(SelfCheck *c);

static void on_done(void *userdata, CURL *easy, CURLcode result) {
        Probe *p = userdata;
        SelfCheck *c = p->check;

        p->reason = judge(p, result);
        p->easy = NULL;
        curl_easy_cleanup(easy);
        probe_stop(p);
        c->running--;
        proceed(c);
}

static void probe_begin(Probe *p) {
        SelfCheck *c = p->check;
        _cleanup_free_ char *url = NULL, *host = xasprintf("Host: %s", p->name);

        make_token(p->token);
        url = xasprintf("%s/.well-known/acme-challenge/%s", c->url, p->token);
        p->easy = curl_event_get(url, "beachhead-consumer/" BEACHHEAD_VERSION, p->error);
        p->headers = curl_slist_append(NULL, host);
        (void)curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->headers);
        (void)curl_easy_setopt(p->easy, CURLOPT_TIMEOUT_MS, (long)c->limit_msec);
        (void)curl_easy_setopt(p->easy, CURLOPT_HEADERFUNCTION, on_header);
        (void)curl_easy_setopt(p->easy, CURLOPT_HEADERDATA, p);
        (void)curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, on_body);
        (void)curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, p);
        if (curl_event_add(c->curl, p->easy, on_done, p) == 0) {
                c->running++;
                return;
        }
        curl_easy_cleanup(TAKE_PTR(p->easy));
        p->reason = xstrdup("the request cannot be sent");
}

/* ---- all of them ---- */

static int on_end(sd_event_source *source, void *userdata) {
        _cleanup_(self_check_freep) SelfCheck *c = userdata;
        _cleanup_string_list_ StringList unreachable = { 0 };
        _cleanup_free_ char *reason = NULL;

        (void)source;
        for (size_t i = 0; i < c->names.count; i++) {
                const Probe *p = &c->probes[i];
                if (!p->reason)
                        continue;
                string_list_add(&unreachable, p->name);
                if (!reason)
                        reason = xasprintf("%s, asked through %s: %s", p->name, c->url, p->reason);
        }
        c->done(c->userdata, &unreachable, reason);
        return 0;
}

static void proceed(SelfCheck *c) {
        while (c->running < SELF_CHECKS_AT_ONCE && c->begun < c->names.count)
                probe_begin(&c->probes[c->begun++]);
        if (c->running == 0) /* libcurl may be calling: what it needs is freed later */
                run_soon(&c->end, c->event, on_end, c);
}

int self_check_start(SelfCheck **ret, sd_event *event, const SelfCheckCall *call, SelfCheckDoneFunc *done,
                     void *userdata) {
        _cleanup_(self_check_freep) SelfCheck *c = new0(SelfCheck);
        size_t length = strlen(call->url);

        *c = (SelfCheck){
                .event = sd_event_ref(event),
                .url = xstrndup(call->url, length > 0 && call->url[length - 1] == '/' ? length - 1 : length),
                .thumbprint = xstrdup(call->thumbprint),
                .limit_msec = call->limit_msec ? call->limit_msec : SELF_CHECK_SECONDS * 1000,
                .probes = xcalloc(call->names->count + 1, sizeof(Probe)),
                .done = done,
                .userdata = userdata,
        };
        int r = curl_event_new(&c->curl, event);
        if (r < 0)
                return r;
        for (size_t i = 0; i < call->names->count; i++) {
                string_list_add(&c->names, call->names->items[i]);
                c->probes[i].check = c;
                c->probes[i].name = c->names.items[i];
        }
        proceed(c);
        *ret = TAKE_PTR(c);
        return 0;
}

SelfCheck *self_check_free(SelfCheck *c) {
        if (!c)
                return NULL;
        for (size_t i = 0; i < c->names.count; i++) {
                probe_stop(&c->probes[i]);
                free(c->probes[i].reason);
        }
        c->curl = curl_event_free(c->curl);
        c->end = sd_event_source_disable_unref(c->end);
        string_list_clear(&c->names);
        free(c->probes);
        free(c->url);
        free(c->thumbprint);
        sd_event_unref(c->event);
        free(c);
        return NULL;
}
