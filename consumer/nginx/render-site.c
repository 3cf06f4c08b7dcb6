/* One site into nginx configuration. Pure. */
#include "consumer/nginx/render-site.h"

#include "common/hostname.h"
#include "consumer/nginx/conf-syntax.h"

#include <string.h>

/* What a server block answers. */
typedef enum Answer {
        ANSWER_SITE,
        ANSWER_REDIRECT, /* to HTTPS */
        ANSWER_REFUSE,   /* never in clear: 503 */
        ANSWER_NOBODY,   /* no endpoint: 502 */
        ANSWER_SOON,     /* its last endpoint has left, the next may be near: 503 with Retry-After */
} Answer;

/* An upstream is named "<domain>.<kind>.beachhead": nginx compares names from the left when it looks one up, so what
 * all have in common stands last. */
static const char *upstream_kind(bool tls) {
        return tls ? "tls" : "http";
}

/* What every server that serves a site sets, but where the operator's file for the site sets it: twice is an error for
 * most, and headers of both would be sent. At the level of the server, so that locations in that file inherit them.
 * Host: the name that chose the server (which an absolute request target may name as well) with the client's port. */
static const struct {
        const char *name, *lines;
} standards[] = {
        { "client_max_body_size", "    client_max_body_size 100m;\n" },
        { "proxy_connect_timeout", "    proxy_connect_timeout 2s;\n" },
        { "proxy_read_timeout", "    proxy_read_timeout 300s;\n" },
        { "proxy_send_timeout", "    proxy_send_timeout 300s;\n" },
        { "proxy_next_upstream", "    proxy_next_upstream error timeout;\n" },
        { "proxy_http_version", "    proxy_http_version 1.1;\n" },
        { "proxy_set_header", "    proxy_set_header Host $host$beachhead_port;\n"
                              "    proxy_set_header Upgrade $http_upgrade;\n"
                              "    proxy_set_header Connection $beachhead_connection;\n"
                              "    proxy_set_header X-Real-IP $remote_addr;\n"
                              "    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n"
                              "    proxy_set_header X-Forwarded-Host $host$beachhead_port;\n"
                              "    proxy_set_header X-Forwarded-Proto $scheme;\n"
                              "    proxy_set_header X-Forwarded-Ssl $beachhead_ssl;\n"
                              "    proxy_set_header X-Forwarded-Port $server_port;\n"
                              "    proxy_set_header X-Original-URI $request_uri;\n"
                              "    proxy_set_header Proxy \"\";\n" },
};

bool vhost_has_tls(const Vhost *v) {
        return v->site->shape.https && v->certificate;
}

static Answer site_answer(const Site *s, const Endpoints *endpoints) {
        if (s->state == SITE_LINGERING)
                return ANSWER_SOON;
        return endpoints->count > 0 ? ANSWER_SITE : ANSWER_NOBODY;
}

static Answer plain_answer(const Vhost *v) {
        switch (v->site->shape.plain) {
        case PLAIN_REDIRECT_OR_SERVE:
                if (vhost_has_tls(v))
                        return ANSWER_REDIRECT;
                break;
        case PLAIN_REDIRECT_OR_REFUSE:
                return vhost_has_tls(v) ? ANSWER_REDIRECT : ANSWER_REFUSE;
        case PLAIN_REFUSE_OR_SERVE:
                if (vhost_has_tls(v))
                        return ANSWER_REFUSE;
                break;
        case PLAIN_SERVE:
                break;
        }
        return site_answer(v->site, &v->site->endpoints);
}

static const Endpoints *tls_endpoints(const Site *s) {
        return s->shape.tls_to_backend ? &s->tls_endpoints : &s->endpoints;
}

/* IPv6 in brackets; a name "unix" with a last dot, since nginx would take "unix:80" for a socket's path. */
static void append_endpoint(Text *t, const Endpoint *e) {
        bool ipv6 = address_is_ipv6(e->host);
        const char *last_dot = strcasecmp(e->host, "unix") == 0 ? "." : "";

        text_appendf(t, "    server %s%s%s%s:%u max_fails=1 fail_timeout=1s;\n", ipv6 ? "[" : "", e->host, last_dot,
                     ipv6 ? "]" : "", e->port);
}

static void append_upstream(Text *t, bool tls, const char *domain, const Endpoints *endpoints) {
        text_appendf(t, "upstream %s.%s.beachhead {\n", domain, upstream_kind(tls));
        for (size_t i = 0; i < endpoints->count; i++)
                append_endpoint(t, &endpoints->items[i]);
        text_append(t, "}\n");
}

static void append_standards(Text *t, Text *references, const Vhost *v) {
        for (size_t i = 0; i < sizeof standards / sizeof *standards; i++)
                if (!v->include_text || !conf_has_directive(v->include_text, standards[i].name))
                        text_append(t, standards[i].lines);
        if (v->include_path) {
                text_append(t, "    ");
                conf_append_include(t, v->include_path);
                text_append(t, "\n");
                text_append(references, v->include_digest);
        }
}

/* Over TLS the backend is not verified: what runs in a container shows a certificate that it has signed itself, or one
 * for the outside name; it is told that name. nginx before 1.23.4 leaves out TLS 1.3 unless told. */
static void append_location(Text *t, bool tls, const char *domain) {
        text_appendf(t,
                     "    location / {\n"
                     "        proxy_pass %s://%s.%s.beachhead;\n",
                     tls ? "https" : "http", domain, upstream_kind(tls));
        if (tls)
                text_appendf(t,
                             "        proxy_ssl_protocols TLSv1.2 TLSv1.3;\n"
                             "        proxy_ssl_server_name on;\n"
                             "        proxy_ssl_name %s;\n",
                             domain);
        text_append(t, "    }\n");
}

/* The port that a URL must name; "" for the standard one. */
static const char *url_port(const char *https_listen) {
        const char *colon = strrchr(https_listen, ':'), *port = colon ? colon + 1 : https_listen;

        return strcmp(port, "443") == 0 ? "" : port;
}

static void append_redirect(Text *t, const char *domain, const RenderPolicy *policy) {
        const char *port = url_port(policy->https_listen);

        text_appendf(t, "    return 301 https://%s%s%s$request_uri;\n", domain, *port ? ":" : "", port);
}

static void append_answer(Text *t, Text *references, const Vhost *v, Answer answer, bool tls_to_backend,
                          const RenderPolicy *policy) {
        switch (answer) {
        case ANSWER_SITE:
                append_standards(t, references, v);
                append_location(t, tls_to_backend, v->site->domain);
                break;
        case ANSWER_REDIRECT:
                append_redirect(t, v->site->domain, policy);
                break;
        case ANSWER_REFUSE:
                text_append(t, "    return 503;\n");
                break;
        case ANSWER_NOBODY:
                text_append(t, "    return 502;\n");
                break;
        case ANSWER_SOON:
                text_append(t, "    add_header Retry-After 5 always;\n"
                               "    return 503;\n");
                break;
        }
}

static void append_certificate(Text *t, Text *references, const Certificate *c) {
        text_append(t, RENDER_TLS_SETTINGS "    ssl_certificate ");
        conf_append_quoted(t, c->certificate_path);
        text_append(t, ";\n    ssl_certificate_key ");
        conf_append_quoted(t, c->key_path);
        text_append(t, ";\n");
        text_append(references, c->digest);
}

static void append_server_start(Text *t, const char *listen, const char *parameter, const char *domain) {
        text_appendf(t,
                     "server {\n"
                     "    listen %s%s;\n"
                     "    server_name %s;\n",
                     listen, parameter, domain);
}

void render_site(Text *t, Text *references, const Vhost *v, const RenderPolicy *policy) {
        const Site *s = v->site;
        bool tls = vhost_has_tls(v), tls_to_backend = s->shape.tls_to_backend;
        Answer plain = plain_answer(v), secure = site_answer(s, tls_endpoints(s));

        if (plain == ANSWER_SITE || (tls && secure == ANSWER_SITE && !tls_to_backend))
                append_upstream(t, false, s->domain, &s->endpoints);
        if (tls && secure == ANSWER_SITE && tls_to_backend)
                append_upstream(t, true, s->domain, &s->tls_endpoints);
        append_server_start(t, policy->http_listen, "", s->domain);
        append_answer(t, references, v, plain, false, policy);
        text_append(t, "}\n");
        if (!tls)
                return;
        append_server_start(t, policy->https_listen, " ssl", s->domain);
        append_certificate(t, references, v->certificate);
        append_answer(t, references, v, secure, tls_to_backend, policy);
        text_append(t, "}\n");
}
