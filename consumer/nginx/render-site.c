/* One site into nginx configuration. */
#include "consumer/nginx/render-site.h"

#include "consumer/nginx/conf-syntax.h"
#include "consumer/nginx/render-backend.h"
#include "consumer/nginx/render-block.h"
#include "consumer/nginx/render-challenge.h"
#include "consumer/nginx/render-debug.h"
#include "consumer/nginx/render-location.h"
#include "consumer/nginx/render-old-names.h"
#include "consumer/nginx/render-server.h"
#include "consumer/nginx/render-tls.h"
#include "consumer/nginx/vhost.h"

#include <string.h>

void render_server_name(Text *t, const Site *s) {
        text_append(t, "    server_name ");
        if (s->kind == SERVER_NAME_REGEX)
                conf_append_regex(t, "~", s->domain + 1);
        else
                text_append(t, s->domain);
        text_append(t, ";\n");
}

static void append_upstreams(Text *t, const Vhost *v, bool plain, bool secure) {
        _cleanup_string_list_ StringList targets = { 0 };

        old_targets_find(v, &targets);
        for (size_t i = 0; i < v->site->n_locations; i++) {
                const Location *l = &v->site->locations[i];
                const Upstream over_http = location_upstream(v, i, false), over_https = location_upstream(v, i, true);
                if (location_is_served(l, &over_http) && (plain || (secure && !over_https.tls)))
                        upstream_append(t, &over_http);
                if (location_is_served(l, &over_https) && secure && over_https.tls)
                        upstream_append(t, &over_https);
                if (plain || secure)
                        old_upstream_append(t, plain ? &over_http : &over_https, &targets);
        }
}

/* Below nginx 1.25.1 HTTP/2 belongs to the socket: one site's wish for it is that of all sites on its port. */
static bool http2_is_directive(const RenderPolicy *policy) {
        return policy->nginx_version >= NGINX_VERSION(1, 25, 1);
}

static void append_listens(const Block *b, const Vhost *v, bool tls) {
        const RenderPolicy *policy = b->policy;
        uint16_t port = vhost_port(v, policy, tls);
        const char *is_default = vhost_is_default(v, policy) ? " default_server" : "";
        bool http2 = tls && vhost_has_http2(v);
        _cleanup_free_ char *parameters =
                xasprintf("%s%s", http2 && !http2_is_directive(policy) ? " http2" : "", is_default);

        render_listen(b->text, policy, tls, port, parameters);
        if (tls && vhost_has_http3(v, policy))
                render_listen_quic(b->text, policy, port, is_default);
        if (tls && http2_is_directive(policy))
                block_set(b, "http2", http2 ? "on" : "off");
}

static Block begin_server(Text *t, Text *references, const Vhost *v, const RenderPolicy *policy, bool tls,
                          const OverrideFile *include) {
        Block b = block_new(t, references, policy, include);

        text_append(t, "server {\n");
        append_listens(&b, v, tls);
        render_server_name(t, v->site);
        if (edge_settings_has(v->settings, EDGE_SERVER_TOKENS))
                block_set(&b, "server_tokens", v->settings->server_tokens ? "on" : "off");
        if (!block_has(&b, "access_log"))
                render_access_log(t, policy);
        return b;
}

/* A container may answer challenges by itself, an operator's file as well. */
static bool has_challenges(const Block *b, const Vhost *v) {
        if (!vhost_has_challenges(v, b->policy) || block_has(b, "location " CHALLENGE_PATH))
                return false;
        for (size_t i = 0; i < v->site->n_locations; i++)
                if (strcmp(v->site->locations[i].path, CHALLENGE_PATH) == 0)
                        return false;
        return true;
}

/* A request other than GET and HEAD may need another status, so that it is not sent again as a GET. */
static void append_redirect(const Block *b, const Vhost *v) {
        const EdgeSettings *e = v->settings;
        unsigned port = vhost_port(v, b->policy, true);
        _cleanup_free_ char *where =
                port == 443 ? xstrdup("https://$host$request_uri") : xasprintf("https://$host:%u$request_uri", port);

        if (edge_settings_has(e, EDGE_NON_GET_REDIRECT) && e->non_get_redirect != 301) {
                block_line(b, "    if ($request_method !~ \"^(GET|HEAD)$\") {");
                block_linef(b, "        return %u %s;", e->non_get_redirect, where);
                block_line(b, "    }");
        }
        block_linef(b, "    return 301 %s;", where);
}

static void append_site(const Block *b, const Vhost *v, bool tls) {
        backend_set_defaults(b, v->settings);
        block_include(b, vhost_include(v));
        if (!block_has(b, "error_page"))
                render_error_page(b->text, b->policy);
        locations_write(b, v, tls);
}

/* In a location, since a "return" in the server comes before all locations, that of challenges included. */
static void append_answer(const Block *b, const Vhost *v, Answer answer, bool tls) {
        if (answer == ANSWER_SITE) {
                append_site(b, v, tls);
                return;
        }
        if (answer == ANSWER_REFUSE)
                render_error_page(b->text, b->policy);
        block_line(b, "location / {");
        if (answer == ANSWER_REDIRECT)
                append_redirect(b, v);
        else
                block_linef(b, "    return %d;", answer == ANSWER_FORBID ? 403 : 503);
        block_line(b, "}");
}

static void append_server(Text *t, Text *references, const Vhost *v, const RenderPolicy *policy, bool tls) {
        const EdgeSettings *e = v->settings;
        Answer answer = tls ? vhost_tls_answer(v) : vhost_plain_answer(v, policy);
        Block b = begin_server(t, references, v, policy, tls, answer == ANSWER_SITE ? vhost_include(v) : NULL);

        if (tls) {
                tls_set(&b, v);
                tls_set_headers(&b, v);
        } else if (has_challenges(&b, v)) {
                challenge_write_location(t, policy);
        }
        if (edge_settings_has(e, EDGE_DEBUG_ENDPOINT) && e->debug_endpoint && answer != ANSWER_FORBID)
                debug_write(&b, v, tls);
        append_answer(&b, v, answer, tls);
        block_end(&b);
}

void render_site(Text *t, Text *references, const Vhost *v, const RenderPolicy *policy) {
        bool tls = vhost_has_tls(v, policy);

        append_upstreams(t, v, vhost_plain_answer(v, policy) == ANSWER_SITE,
                         tls && vhost_tls_answer(v) == ANSWER_SITE);
        append_server(t, references, v, policy, false);
        if (tls)
                append_server(t, references, v, policy, true);
}
