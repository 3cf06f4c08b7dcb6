/* Sites into nginx configuration, from types alone: no string of a container's reaches the text but through its type.
 * Pure. */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/certificate.h"
#include "consumer/sites.h"

#include <stdbool.h>
#include <stddef.h>

/* What one site needs beside what containers say; all borrowed. */
typedef struct Vhost {
        const Site *site;
        const Certificate *certificate; /* NULL: none that is valid */
        const char *include_path;       /* the operator's file for this site, or NULL */
        const char *include_text;       /* what it holds, so that its own directives are not set twice */
        const char *include_digest;     /* hex SHA-256 of it */
} Vhost;

typedef struct RenderPolicy {
        const char *http_listen, *https_listen; /* [ADDRESS:]PORT */
        const char *confirm_host;               /* reserved host name; NULL: no confirmation is rendered */
} RenderPolicy;

/* Which lines (from 1, both included) belong to vhosts[i]. */
typedef struct LineRange {
        size_t first, last;
} LineRange;

typedef struct Rendering {
        char *text;
        size_t size;
        char generation[65]; /* hex SHA-256 over the text and the digests of all files it refers to */
        LineRange *ranges;   /* one a vhost, in their order */
        size_t n_ranges;
} Rendering;

/* Renders the vhosts in their order (no vhost at all is a valid rendering). The same input gives the same bytes. */
Rendering *render(const Vhost *vhosts, size_t count, const RenderPolicy *policy);
Rendering *rendering_free(Rendering *r);
DEFINE_CLEANUP(Rendering *, rendering_free);

/* The generation that a rendered file says it is, from its first lines; NULL without one. The caller owns it. */
char *rendering_generation(const char *text);
