/* The upstream of one location of a site. */
#include "consumer/nginx/render-upstream.h"

#include "common/hostname.h"
#include "consumer/digest.h"

#include <string.h>
#include <strings.h>

const Endpoints *upstream_endpoints(const Upstream *u) {
        return u->tls ? &u->location->tls_endpoints : &u->location->endpoints;
}

Protocol upstream_protocol(const Upstream *u) {
        return u->tls ? PROTOCOL_HTTPS : u->location->proto;
}

bool upstream_is_kept(const Upstream *u) {
        return edge_settings_has(u->settings, EDGE_KEEPALIVE) && u->settings->keepalive != 0 &&
               upstream_protocol(u) != PROTOCOL_UWSGI;
}

static bool is_root(const Upstream *u) {
        return strcmp(u->location->path, "/") == 0;
}

/* "HOST.KIND[.SHA1][.kept].beachhead": read from its end it is one location's alone, whatever domains there are, and
 * nginx compares names from the left when it looks one up, so that what all have in common stands last. A "~" begins
 * no domain: what is no domain is named by its digest behind one. */
void upstream_append_name(Text *t, const Upstream *u) {
        const char *domain = u->site->domain, *kind = u->tls ? "tls" : "http";
        char digest[DIGEST_SHA1_SIZE];

        if (u->site->kind == SERVER_NAME_REGEX || strchr(domain, '[')) {
                digest_sha1_hex(domain, digest);
                text_append_all(t, "~", digest, ".", kind);
        } else {
                text_append_all(t, domain, ".", kind);
        }
        if (!is_root(u)) {
                digest_sha1_hex(u->location->path, digest);
                text_append_all(t, ".", digest);
        }
        text_append(t, upstream_is_kept(u) ? ".kept.beachhead" : ".beachhead");
}

/* IPv6 in brackets; a name "unix" with a last dot, since nginx would take "unix:80" for a socket's path. */
static void append_endpoint(Text *t, const Endpoint *e) {
        bool ipv6 = address_is_ipv6(e->host);
        const char *last_dot = strcasecmp(e->host, "unix") == 0 ? "." : "";

        text_append_all(t, "    server ", ipv6 ? "[" : "", e->host, last_dot, ipv6 ? "]:" : ":");
        text_append_unsigned(t, e->port);
        text_append(t, " max_fails=1 fail_timeout=1s;\n");
}

/* nginx wants the method before the pool, and a server at least. The text of a method is the directive. */
static void append_block(Text *t, const Upstream *u) {
        const Endpoints *endpoints = upstream_endpoints(u);
        int kept = u->settings->keepalive;

        text_append(t, " {\n");
        if (edge_settings_has(u->settings, EDGE_BALANCE) && u->settings->balance.method != BALANCE_ROUND_ROBIN) {
                _cleanup_free_ char *method = edge_settings_text(u->settings, EDGE_BALANCE);
                text_appendf(t, "    %s;\n", method);
        }
        for (size_t i = 0; i < endpoints->count; i++)
                append_endpoint(t, &endpoints->items[i]);
        if (endpoints->count == 0) {
                text_append(t, "    server 127.0.0.1 down;\n");
        } else if (upstream_is_kept(u)) {
                text_append(t, "    keepalive ");
                text_append_unsigned(t, kept == KEEPALIVE_AUTO ? 2 * endpoints->count : (size_t)kept);
                text_append(t, ";\n");
        }
        text_append(t, "}\n");
}

void upstream_append_as(Text *t, const Upstream *u, const char *name) {
        text_append_all(t, "upstream ", name);
        append_block(t, u);
}

void upstream_append(Text *t, const Upstream *u) {
        _cleanup_text_ Text name = { 0 };

        upstream_append_name(&name, u);
        upstream_append_as(t, u, name.data);
}
