/* What nginx answers for hosts that no site has. Pure. */
#include "consumer/nginx/render-unknown.h"

#include "consumer/nginx/render-challenge.h"
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

/* For each port what it is used for. */
typedef struct Ports {
        unsigned char uses[PORTS];
        unsigned char all;    /* uses of any */
        unsigned first, last; /* of those that are used */
} Ports;

static void add_use(Ports *p, unsigned port, unsigned use) {
        p->first = p->all == 0 || port < p->first ? port : p->first;
        p->last = port > p->last ? port : p->last;
        p->uses[port] |= use;
        p->all |= use;
}

/* The caller owns them. */
static Ports *ports_of(const Vhost *vhosts, size_t count, const RenderPolicy *policy) {
        Ports *p = new0(Ports);

        add_use(p, listen_port(policy->http_listen), USED_PLAIN);
        if (policy->default_certificate)
                add_use(p, listen_port(policy->https_listen), USED_TLS);
        for (size_t i = 0; i < count; i++) {
                const Vhost *v = &vhosts[i];
                add_use(p, vhost_port(v, policy, false), USED_PLAIN);
                if (vhost_has_tls(v, policy))
                        add_use(p, vhost_port(v, policy, true),
                                USED_TLS | (vhost_has_http3(v, policy) ? USED_QUIC : 0));
        }
        return p;
}

static void append_answer(Text *t, const RenderPolicy *policy, bool tls) {
        render_error_page(t, policy);
        if (!tls && (policy->acme_unknown_hosts || thumbprint_files_any(policy->thumbprints)))
                challenge_write_location(t, policy);
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
static void append_plain(Text *t, const Ports *p, const RenderPolicy *policy) {
        text_append(t, "server {\n");
        for (unsigned port = p->first; port <= p->last; port++)
                if (p->uses[port] == USED_PLAIN)
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
static void append_tls(Text *t, Text *references, const Ports *p, const Vhost *vhosts, size_t count,
                       const RenderPolicy *policy) {
        Block b = block_new(t, references, policy, NULL);

        text_append(t, "server {\n");
        for (unsigned port = p->first; port <= p->last; port++) {
                if (p->uses[port] & USED_TLS)
                        render_listen(t, policy, true, (uint16_t)port, "");
                if (p->uses[port] & USED_QUIC)
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

void render_unknown_hosts(Text *t, Text *references, const Vhost *vhosts, size_t count, const RenderPolicy *policy) {
        _cleanup_free_ Ports *ports = ports_of(vhosts, count, policy);

        append_plain(t, ports, policy);
        if (ports->all & USED_TLS)
                append_tls(t, references, ports, vhosts, count, policy);
}
