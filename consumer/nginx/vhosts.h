/* Sites with what stands on disk for them: their certificates, the operator's includes. */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/certificates.h"
#include "consumer/nginx/policy.h"
#include "consumer/nginx/render.h"

#include <stddef.h>

enum { VHOST_INCLUDE_MAX = 256 * 1024 }; /* bytes of an include that are looked at */

/* Owns everything that its items point to, sites included. */
typedef struct Vhosts {
        Vhost *items; /* in the order of the domains */
        size_t count;
        struct VhostOwned *owned;
        size_t n_owned;
} Vhosts;

/* Reads what is needed. Warns, once until it changes, about certificates that cannot be used and about sites that are
 * not to be served in clear and have none. */
Vhosts *vhosts_new(const Sites *sites, Certificates *certificates, const NginxPolicy *policy);
void vhosts_remove(Vhosts *v, size_t index);
Vhosts *vhosts_free(Vhosts *v);
DEFINE_CLEANUP(Vhosts *, vhosts_free);
/* NULL where it is not among them. */
const Vhost *vhosts_find(const Vhosts *v, const char *domain);
