/* One site into nginx configuration: its upstreams, its server for HTTP, its server for HTTPS. Pure. */
#pragma once

#include "common/text.h"
#include "consumer/nginx/render.h"

#include <stdbool.h>

/* In every server with TLS, also the one for unknown hosts: before the name is known, that one's count. */
#define RENDER_TLS_SETTINGS                                                                                           \
        "    ssl_protocols TLSv1.2 TLSv1.3;\n"                                                                        \
        "    ssl_session_cache shared:beachhead:10m;\n"

/* Whether the site is served over HTTPS. */
bool vhost_has_tls(const Vhost *v);

/* Appends the site's blocks as whole lines, and to `references` the digests of the files that they name. */
void render_site(Text *t, Text *references, const Vhost *v, const RenderPolicy *policy);
