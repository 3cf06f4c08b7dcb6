/* Sites into nginx configuration, from types alone: no string of a container's reaches the text but through its type.
 * Pure. */
#pragma once

#include "common/memory.h"
#include "consumer/digest.h"
#include "consumer/nginx/certificate.h"
#include "consumer/nginx/client-ca.h"
#include "consumer/nginx/nginx-version.h"
#include "consumer/nginx/overrides.h"
#include "consumer/nginx/path-map.h"
#include "consumer/nginx/root-answer.h"
#include "consumer/nginx/thumbprint-files.h"
#include "consumer/sites.h"

#include <stdbool.h>
#include <stddef.h>

/* What one site is rendered to. */
typedef struct SiteText {
        char *bytes;
        size_t size, n_lines;
        char digest[DIGEST_SIZE]; /* hex SHA-256 over it and the digests of all files that it refers to */
} SiteText;

SiteText *site_text_free(SiteText *t);
DEFINE_CLEANUP(SiteText *, site_text_free);

/* What one site needs beside what containers say; all borrowed. */
typedef struct Vhost {
        const Site *site;
        const EdgeSettings *settings; /* what holds for it: a container's choice, else the operator's; all are given
                                       * but cert_name and the ports */
        const EdgeSettings *location_settings; /* one a location: those of a path, all are given but root */
        const Certificate *certificate;        /* NULL: none that is valid */
        const ClientCa *client_ca;             /* NULL: none that is valid */
        bool client_ca_is_broken;              /* one is there, that is: nobody is let in whom it would not know */
        const Overrides *overrides;
        SiteText **text; /* where what it is rendered to is kept for the next time; NULL: it is not */
} Vhost;

/* What holds for all sites; all borrowed. */
typedef struct RenderPolicy {
        const char *http_listen, *https_listen; /* [ADDRESS:]PORT */
        bool ipv6;                              /* also on [::], where the listen has no address */
        bool proxy_protocol;
        unsigned nginx_version; /* NGINX_VERSION() */
        bool nginx_has_http3;
        bool sets_names_hash; /* server_names_hash_bucket_size is not set elsewhere, where a second one is refused */
        const PathMaps *path_maps;    /* for paths that are not policy's own: as they are called here */
        const char *confirm_host;     /* reserved host name; NULL: no confirmation is rendered */
        bool confirm_internal;        /* for the internal networks as well as for loopback */
        const EdgeSettings *defaults; /* the operator's, as for a site where nobody chose */
        /* unknown hosts and paths */
        const char *default_host; /* the domain of the site that also answers for unknown hosts; or NULL */
        const Certificate *default_certificate; /* default.crt; NULL: TLS handshakes for unknown hosts are rejected */
        RootAnswer root;
        const char *error_page_root; /* where 50x.html is; or NULL */
        /* who is believed, who is let in */
        const OverrideFile *proxy_conf; /* stands before all servers, and what it sets is not set by us; or NULL */
        bool trust_downstream_proxy;    /* its X-Forwarded-… headers are passed on */
        const StringList
                *trusted_proxies; /* networks whose X-Forwarded-For or PROXY line tells the client's address */
        const StringList *internal_networks;
        const StringList *resolvers;
        HttpsMethod https_method; /* of sites where nobody chose one */
        /* ACME */
        const char *acme_root; /* where challenge files lie */
        bool acme_unknown_hosts;
        const ThumbprintFiles *thumbprints; /* what else challenges are answered with; NULL: nothing */
        /* logs */
        bool access_log;
        const char *access_log_path;                /* NULL: that of the main configuration */
        const char *log_format, *log_format_escape; /* NULL: nginx's own */
        bool log_json;                              /* without a format: one of ours, in JSON */
} RenderPolicy;

/* Which lines (from 1, both included) belong to vhosts[i], and what it came to. */
typedef struct SitePart {
        size_t first, last;
        char digest[DIGEST_SIZE]; /* as of a SiteText */
} SitePart;

typedef struct Rendering {
        char *text;
        size_t size;
        char generation[DIGEST_SIZE]; /* hex SHA-256 over the text and the digests of all files it refers to */
        SitePart *parts;              /* one a vhost, in their order */
        size_t n_parts;
} Rendering;

/* Renders the vhosts in their order (no vhost at all is a valid rendering). The same input gives the same bytes. Texts
 * that vhosts keep must have been rendered with the same policy. */
Rendering *render(const Vhost *vhosts, size_t count, const RenderPolicy *policy);
/* The digest of what one vhost comes to, wherever it is rendered. */
void render_digest(const Vhost *vhost, const RenderPolicy *policy, char ret[static DIGEST_SIZE]);
Rendering *rendering_free(Rendering *r);
DEFINE_CLEANUP(Rendering *, rendering_free);

/* The generation that a rendered file says it is, from its first lines; NULL without one. The caller owns it. */
char *rendering_generation(const char *text);
