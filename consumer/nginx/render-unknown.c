/* What nginx answers for hosts that no site has. Pure. */
#include "consumer/nginx/render-unknown.h"

#include "consumer/nginx/render-server.h"
#include "consumer/nginx/render-site.h"
#include "consumer/nginx/render-tls.h"
#include "consumer/nginx/setting-values.h"
#include "consumer/nginx/vhost.h"

enum {
        PORTS = 65536,
        /* what a port is used for */
        USED_PLAIN = 1,
        USED_TLS = 2,
        USED_QUIC = 4,
};

/* For each port what it is used for; the caller owns it. */
static unsigned char *uses_of_ports(const Vhost *vhosts, size_t count, const RenderPolicy *policy) {
        uint16_t http = listen_port(policy->http_listen), https = listen_port(policy->https_listen);
        unsigned char *uses = xcalloc(PORTS, 1);

        uses[http] |= USED_PLAIN;
        if (policy->default_certificate)
                uses[https] |= USED_TLS;
        for (size_t i = 0; i < count; i++) {
                const Vhost *v = &vhosts[i];
                uses[vhost_port(v, policy, false)] |= USED_PLAIN;
                if (vhost_has_tls(v, policy))
                        uses[vhost_port(v, policy, true)] |= USED_TLS | (vhost_has_http3(v, policy) ? USED_QUIC : 0);
        }
        return uses;
}

static void append_answer(Text *t, const RenderPolicy *policy, bool tls) {
        render_error_page(t, policy);
        if (policy->acme_unknown_hosts && !tls)
                render_challenge_location(t, policy);
        text_append(t, "    location / {\n"
                       "        return 503;\n"
                       "    }\n");
}

static void append_name(Text *t, const RenderPolicy *policy) {
        text_append(t, "    server_name " RENDER_UNKNOWN_NAME ";\n"
                       "    server_tokens off;\n");
        render_access_log(t, policy);
}

/* A port that somebody wants for both is one with TLS for nginx. */
static void append_plain(Text *t, const unsigned char *uses, const RenderPolicy *policy) {
        text_append(t, "server {\n");
        for (unsigned port = 1; port < PORTS; port++)
                if (uses[port] == USED_PLAIN)
                        render_listen(t, policy, false, (uint16_t)port, "");
        append_name(t, policy);
        append_answer(t, policy, false);
        text_append(t, "}\n");
}

/* What is known, but not over HTTPS, is not answered by the site that answers for unknown hosts. */
static void append_known_names(Text *t, const Vhost *vhosts, size_t count, const RenderPolicy *policy) {
        for (size_t i = 0; i < count && policy->default_host; i++)
                if (!vhost_has_tls(&vhosts[i], policy) && !vhost_is_default(&vhosts[i], policy))
                        render_server_name(t, vhosts[i].site);
}

/* "reuseport" belongs to one of the servers of a port: each worker then has a socket of its own for QUIC. */
static void append_tls(Text *t, Text *references, const unsigned char *uses, const Vhost *vhosts, size_t count,
                       const RenderPolicy *policy) {
        Block b = block_new(t, references, policy, NULL);

        text_append(t, "server {\n");
        for (unsigned port = 1; port < PORTS; port++) {
                if (uses[port] & USED_TLS)
                        render_listen(t, policy, true, (uint16_t)port, "");
                if (uses[port] & USED_QUIC)
                        render_listen_quic(t, policy, (uint16_t)port, " reuseport");
        }
        append_name(t, policy);
        append_known_names(t, vhosts, count, policy);
        tls_set_for_unknown(&b, vhosts, count);
        if (policy->default_certificate)
                append_answer(t, policy, true);
        else
                block_line(&b, "ssl_reject_handshake on;");
        block_end(&b);
}

static bool any(const unsigned char *uses, unsigned char use) {
        for (unsigned port = 1; port < PORTS; port++)
                if (uses[port] & use)
                        return true;
        return false;
}

void render_unknown_hosts(Text *t, Text *references, const Vhost *vhosts, size_t count, const RenderPolicy *policy) {
        _cleanup_free_ unsigned char *uses = uses_of_ports(vhosts, count, policy);

        append_plain(t, uses, policy);
        if (any(uses, USED_TLS))
                append_tls(t, references, uses, vhosts, count, policy);
}
