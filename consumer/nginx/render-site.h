/* One site into nginx configuration: its upstreams, its server for HTTP, its server for HTTPS. Pure. */
#pragma once

#include "common/text.h"
#include "consumer/nginx/render.h"

/* Appends the site's blocks as whole lines, and to `references` the digests of the files that they name. */
void render_site(Text *t, Text *references, const Vhost *v, const RenderPolicy *policy);
/* Appends the line that names it in a server. */
void render_server_name(Text *t, const Site *s);
