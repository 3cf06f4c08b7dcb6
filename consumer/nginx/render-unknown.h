/* What nginx answers for hosts that no site has. Pure. */
#pragma once

#include "common/text.h"
#include "consumer/nginx/render.h"

/* How their servers are called, and so no site: nginx would ignore it. */
#define RENDER_UNKNOWN_NAME "_"

/* Appends a server for HTTP, and one for HTTPS where there is TLS at all, on every port that the sites listen on. They
 * come before all sites: the first server of an address answers for unknown hosts, unless one claims to be the
 * default_server, as an operator's own may. Adds the digest of the default certificate to `references`. */
void render_unknown_hosts(Text *t, Text *references, const Vhost *vhosts, size_t count, const RenderPolicy *policy);
