/* What is served, rendered and kept. */
#include "consumer/status/answers.h"

#include "common/text.h"
#include "common/timer.h"
#include "consumer/status/page.h"

#include <stdio.h>
#include <string.h>

typedef struct Kept {
        struct MHD_Response *response; /* NULL: not rendered yet */
        unsigned status;
        char etag[DIGEST_SIZE + 2];
        char *ailment;
        uint64_t edition; /* of which it is */
        uint64_t rendered_usec, cost_usec;
} Kept;

struct Answers {
        StatusViewFunc *view;
        void *userdata;
        uint64_t edition; /* another one whenever something differs */
        char *policy;     /* of the page */
        Kept kept[STATUS_CONTENTS];
};

Answers *answers_new(void) {
        Answers *a = new0(Answers);

        a->policy = page_policy(page_html);
        return a;
}

Answers *answers_free(Answers *a) {
        if (!a)
                return NULL;
        for (size_t i = 0; i < STATUS_CONTENTS; i++) {
                if (a->kept[i].response)
                        MHD_destroy_response(a->kept[i].response);
                free(a->kept[i].ailment);
        }
        free(a->policy);
        free(a);
        return NULL;
}

void answers_show(Answers *a, StatusViewFunc *view, void *userdata) {
        a->view = view;
        a->userdata = userdata;
        a->edition++;
}

void answers_outdate(Answers *a) {
        a->edition++;
}

static void add_headers(const Answers *a, const StatusContent *content, Kept *k) {
        const char *const headers[][2] = {
                { MHD_HTTP_HEADER_CONTENT_TYPE, content->type },
                { MHD_HTTP_HEADER_ETAG, k->etag },
                { MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache" },
                { MHD_HTTP_HEADER_CONNECTION, "close" },
                { "Content-Security-Policy", content->is_page ? a->policy : "default-src 'none'" },
                { "Cross-Origin-Resource-Policy", "same-origin" },
                { "Referrer-Policy", "no-referrer" },
                { "X-Content-Type-Options", "nosniff" },
        };

        for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
                if (MHD_add_response_header(k->response, headers[i][0], headers[i][1]) != MHD_YES)
                        abort();
}

static void render(Answers *a, const StatusContent *content, Kept *k, const StatusView *v) {
        uint64_t began_usec = now_usec();
        unsigned status = MHD_HTTP_OK;
        char *body = content->render(v, &status), digest[DIGEST_SIZE];
        size_t size = strlen(body);
        const struct iovec whole = { body, size };

        digest_hex(&whole, 1, digest);
        if (k->response)
                MHD_destroy_response(k->response); /* freed when the last one who reads it has done so */
        k->response = MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE);
        if (!k->response)
                abort();
        (void)snprintf(k->etag, sizeof k->etag, "\"%s\"", digest);
        k->status = status;
        k->edition = a->edition;
        REPLACE_PTR(k->ailment, v->ailment ? xstrdup(v->ailment) : NULL);
        add_headers(a, content, k);
        k->rendered_usec = now_usec();
        k->cost_usec = k->rendered_usec - began_usec;
}

/* What took long to make is good enough for a while, whatever has changed. */
static bool is_good(const Answers *a, const StatusContent *content, const Kept *k, const StatusView *v) {
        if (!k->response)
                return false;
        if (now_usec() - k->rendered_usec < ANSWERS_REST * k->cost_usec)
                return true;
        return k->edition == a->edition && !content->changes_by_itself && streq_or_null(k->ailment, v->ailment);
}

bool answers_find(Answers *a, const char *path, Answer *ret) {
        for (size_t i = 0; i < STATUS_CONTENTS; i++) {
                const StatusContent *content = &status_contents[i];
                Kept *k = &a->kept[i];
                StatusView v = { 0 };
                if (strcmp(content->path, path) != 0)
                        continue;
                a->view(a->userdata, &v);
                _cleanup_free_ char *ailment = status_view_ailment(&v);
                v.ailment = ailment;
                if (!is_good(a, content, k, &v))
                        render(a, content, k, &v);
                *ret = (Answer){ k->response, k->status, k->etag };
                return true;
        }
        return false;
}
