/* How a request is handed on to the backend: by its protocol, with which headers, with which patience. Pure. */
#pragma once

#include "consumer/nginx/render-block.h"
#include "consumer/nginx/render-upstream.h"

/* What a server sets for its locations, an operator's own as well, that speak HTTP to their backends. */
void backend_set_defaults(const Block *server, const EdgeSettings *settings);
/* What hands on the requests of a location; `defaults` are those of the server around it. */
void backend_set(const Block *location, const Upstream *u, const EdgeSettings *defaults);
