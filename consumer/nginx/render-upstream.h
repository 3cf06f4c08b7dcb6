/* The upstream of one location of a site: its name, its block. Pure. */
#pragma once

#include "common/text.h"
#include "consumer/nginx/render.h"

#include <stdbool.h>

typedef struct Upstream {
        const Site *site;
        const Location *location;
        const EdgeSettings *settings; /* of the location */
        bool tls;                     /* over HTTPS, where the backend is reached by TLS */
} Upstream;

/* Where it leads, and by what. */
const Endpoints *upstream_endpoints(const Upstream *u);
Protocol upstream_protocol(const Upstream *u);
/* Whether idle connections to it are kept. Its name then ends in ".kept.beachhead", which a map of the rendering
 * knows.
 */
bool upstream_is_kept(const Upstream *u);
void upstream_append_name(Text *t, const Upstream *u);
/* Appends its block, under its own name or under another. Without endpoints it answers 502. */
void upstream_append(Text *t, const Upstream *u);
void upstream_append_as(Text *t, const Upstream *u, const char *name);
