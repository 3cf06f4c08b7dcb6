/* What stands before all servers: whom nginx believes, what it logs, the variables that sites use. Pure.
 *
 *   $beachhead_port              ":8080" where the client's Host names a port, else ""
 *   $beachhead_connection        of a request to a backend: "upgrade" where the client asks for that; else "close", or
 *                                nothing where idle connections to the backend are kept
 *   $beachhead_forwarded_proto   how the client came: what a trusted proxy says, else what is seen here; and so
 *   $beachhead_forwarded_host, $beachhead_forwarded_port, $beachhead_forwarded_ssl
 *
 * No variable by these names can be anybody else's. */
#pragma once

#include "common/text.h"
#include "consumer/nginx/render.h"

void render_http(Text *t, const RenderPolicy *policy);
/* A variable that is 1 where the client's address is in one of the networks, else 0. */
void render_geo(Text *t, const char *variable, const StringList *networks);
