/* What servers say about TLS. */
#include "consumer/nginx/render-tls.h"

#include "consumer/nginx/tls-policy.h"
#include "consumer/nginx/vhost.h"

/* Tickets would resume a session beside the check of a client's certificate. */
static void set_sessions(const Block *server) {
        block_set(server, "ssl_session_cache", "shared:beachhead:10m");
        block_set(server, "ssl_session_tickets", "off");
}

static void set_protocols(const Block *server, unsigned protocols) {
        _cleanup_text_ Text names = { 0 };

        tls_append_protocols(&names, protocols);
        block_set(server, "ssl_protocols", names.data);
}

static void set_profile(const Block *server, const TlsProfile *p) {
        set_protocols(server, p->protocols);
        block_set(server, "ssl_ciphers", p->ciphers);
        block_set(server, "ssl_prefer_server_ciphers", p->prefer_server_ciphers ? "on" : "off");
}

static void set_certificate(const Block *server, const Certificate *c) {
        block_set_path(server, "ssl_certificate", c->certificate_path);
        block_set_path(server, "ssl_certificate_key", c->key_path);
        if (c->dhparam_path)
                block_set_path(server, "ssl_dhparam", c->dhparam_path);
        if (c->chain_path) {
                block_set(server, "ssl_stapling", "on");
                block_set(server, "ssl_stapling_verify", "on");
                block_set_path(server, "ssl_trusted_certificate", c->chain_path);
        }
        text_append(server->references, c->digest);
}

void tls_set_for_unknown(const Block *server, const Vhost *vhosts, size_t count) {
        unsigned protocols = TLS_1_2 | TLS_1_3;

        for (size_t i = 0; i < count; i++)
                if (vhost_has_tls(&vhosts[i], server->policy))
                        protocols |= tls_profile(vhosts[i].settings->tls_policy)->protocols;
        set_protocols(server, protocols);
        set_sessions(server);
        if (server->policy->default_certificate)
                set_certificate(server, server->policy->default_certificate);
}

static void set_ca(const Block *server, const ClientCa *ca) {
        block_set_path(server, "ssl_client_certificate", ca->ca_path);
        if (ca->crl_path)
                block_set_path(server, "ssl_crl", ca->crl_path);
        text_append(server->references, ca->digest);
}

/* nginx needs a CA for all but optional_no_ca. Without one nobody is let in where clients must be known (see
 * vhost_tls_answer), and everybody where they may. */
static void set_verification(const Block *server, const Vhost *v) {
        static const char *const words[] = {
                [VERIFY_ON] = "on", [VERIFY_OPTIONAL] = "optional", [VERIFY_OPTIONAL_NO_CA] = "optional_no_ca"
        };
        ClientVerification verification = vhost_verification(v);

        if (verification == VERIFY_OFF || (!v->client_ca && verification != VERIFY_OPTIONAL_NO_CA))
                return;
        if (v->client_ca)
                set_ca(server, v->client_ca);
        block_set(server, "ssl_verify_client", words[verification]);
}

void tls_set(const Block *server, const Vhost *v) {
        set_profile(server, tls_profile(v->settings->tls_policy));
        set_sessions(server);
        set_certificate(server, v->certificate);
        set_verification(server, v);
}

void tls_set_headers(const Block *b, const Vhost *v) {
        if (vhost_has_hsts(v, b->policy)) {
                _cleanup_free_ char *value = edge_settings_text(v->settings, EDGE_HSTS);
                block_linef(b, "add_header Strict-Transport-Security \"%s\" always;", value);
        }
        if (vhost_has_http3(v, b->policy))
                block_linef(b, "add_header Alt-Svc 'h3=\":%u\"; ma=86400' always;",
                            (unsigned)vhost_port(v, b->policy, true));
}
