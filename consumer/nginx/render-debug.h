/* What a site came to, for people to ask: /nginx-proxy-debug. Pure. */
#pragma once

#include "consumer/nginx/render-block.h"

#include <stdbool.h>

/* Writes the location, which answers a JSON object. */
void debug_write(const Block *server, const Vhost *v, bool tls);
