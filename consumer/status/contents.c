/* What is served under which path. */
#include "consumer/status/contents.h"

#include "consumer/status/page.h"
#include "consumer/status/status-json.h"
#include "consumer/status/status-metrics.h"

#include <arpa/inet.h>
#include <string.h>

static char *render_page(const StatusView *v, unsigned *ret_status) {
        (void)v, (void)ret_status;
        return xstrndup(page_html, page_html_size);
}

static char *render_json(const StatusView *v, unsigned *ret_status) {
        (void)ret_status;
        return status_json(v);
}

static char *render_metrics(const StatusView *v, unsigned *ret_status) {
        (void)ret_status;
        return status_metrics(v);
}

static char *render_health(const StatusView *v, unsigned *ret_status) {
        if (!v->ailment)
                return xstrdup("well\n");
        *ret_status = 503;
        return xasprintf("%s\n", v->ailment);
}

const StatusContent status_contents[STATUS_CONTENTS] = {
        { .path = "/", .type = "text/html; charset=utf-8", .render = render_page, .is_page = true },
        { .path = "/status.json", .type = "application/json", .render = render_json },
        { .path = "/metrics",
          .type = "text/plain; version=0.0.4; charset=utf-8",
          .render = render_metrics,
          .changes_by_itself = true },
        { .path = "/healthz", .type = "text/plain; charset=utf-8", .render = render_health },
};

bool status_host_is_ours(const char *host) {
        const char *colon = host ? strrchr(host, ':') : NULL;
        unsigned char address[sizeof(struct in6_addr)];

        if (!host)
                return true;
        if (*host == '[') {
                const char *end = strchr(host, ']');
                _cleanup_free_ char *v6 = end ? xstrndup(host + 1, (size_t)(end - host) - 1) : xstrdup("");
                return inet_pton(AF_INET6, v6, address) == 1;
        }
        _cleanup_free_ char *name = xstrndup(host, colon ? (size_t)(colon - host) : strlen(host));
        return strcasecmp(name, "localhost") == 0 || inet_pton(AF_INET, name, address) == 1;
}
