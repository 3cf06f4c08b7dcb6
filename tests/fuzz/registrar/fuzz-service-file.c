/* Any bytes as a file of services.d: refused with one line that says why, or published so that a reader takes it as it
 * is. */
#include "registrar/service-file.h"

#include "common/hostname.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

DEFINE_CLEANUP(Registration *, registration_free);

static void complain(void *userdata, const char *domain, const char *reason) {
        (void)userdata, (void)domain, (void)reason;
        abort();
}

static void check_announced(const Container *c, const AnnouncementPolicy *policy) {
        _cleanup_(registration_freep) Registration *r = NULL;
        _cleanup_(announcement_done) Announcement a = { 0 };

        announce(c, policy, &a);
        if (a.outcome != ANNOUNCED || registration_decode(&r, a.value, strlen(a.value), complain, NULL) < 0)
                abort();
        for (size_t i = 0; i < r->n_routes; i++) {
                const char *host = r->routes[i].http.host;
                if (host && strcmp(host, c->address) != 0)
                        abort();
        }
}

static void check_check(const CheckSpec *s) {
        if (s->kind == CHECK_NONE)
                return;
        if (s->port == 0 || !endpoint_host_is_valid(s->host) || (s->kind == CHECK_HTTP) != (s->path != NULL) ||
            s->interval_sec < 1 || s->timeout_sec < 1 || s->fall < 1 || s->rise < 1)
                abort();
        if (s->path && (*s->path != '/' || !is_printable(s->path) || strchr(s->path, ' ')))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
        static const AnnouncementPolicy policy = { .domains_variable = "BEACHHEAD_DOMAINS", .node = "n" };
        _cleanup_free_ char *copy = xcalloc(size + 1, 1), *message = NULL;
        _cleanup_(service_file_done) ServiceFile f = { 0 };

        if (size > 0)
                memcpy(copy, bytes, size);
        int r = service_file_parse(&f, "f", "db", copy, size, &policy, &message);
        if ((r < 0) != (message != NULL) || (message && strpbrk(message, "\r\n")))
                abort();
        if (r < 0)
                return 0;
        check_announced(f.container, &policy);
        check_check(&f.check);
        return 0;
}
