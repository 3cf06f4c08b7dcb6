/* What files that were written for nginx-proxy call by its names: variables, upstreams. Each is there where such a
 * file uses it, and only then. Pure. */
#pragma once

#include "common/text.h"
#include "consumer/nginx/render-upstream.h"
#include "consumer/nginx/render.h"

#include <stddef.h>

/* Appends the variables that any of the files uses. */
void old_variables_append(Text *t, const Vhost *vhosts, size_t count, const RenderPolicy *policy);

/* Adds to whom the operator's files for a site hand on requests by themselves: the hosts in `proxy_pass` and its kind.
 */
void old_targets_find(const Vhost *v, StringList *ret);
/* Appends the upstream again under each name that it may have in nginx-proxy and that is among `targets`: "HOST", or
 * "HOST-SHA1" for a path but "/"; HOST may be a SHA-1 too, that of a regular expression always is. */
void old_upstream_append(Text *t, const Upstream *u, const StringList *targets);
