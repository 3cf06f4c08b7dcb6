/* The locations of one site, in one of its servers. Pure. */
#pragma once

#include "consumer/nginx/render-block.h"
#include "consumer/nginx/render-upstream.h"

#include <stdbool.h>
#include <stddef.h>

/* The upstream of v's location over HTTP, or over HTTPS (`tls`). */
Upstream location_upstream(const Vhost *v, size_t index, bool tls);
/* Whether its requests are handed on: it has endpoints, and has not just lost them all. */
bool location_is_served(const Location *l, const Upstream *u);

/* Writes all of them, each as its operator's file has it where there is one in its place; and "/" where none is there.
 */
void locations_write(const Block *server, const Vhost *v, bool tls);
