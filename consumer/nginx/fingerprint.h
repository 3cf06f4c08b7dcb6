/* What each site of a rendering came to: the digests of two are equal where neither its configuration nor any file
 * that it refers to differs. Pure. */
#pragma once

#include "consumer/digest.h"
#include "consumer/nginx/render.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct Fingerprints Fingerprints;

/* Of all vhosts of a rendering; `vhosts` are those that were rendered, in the order of their domains. */
Fingerprints *fingerprints_new(const Vhost *vhosts, size_t count, const Rendering *rendering);
Fingerprints *fingerprints_free(Fingerprints *f);
DEFINE_CLEANUP(Fingerprints *, fingerprints_free);
/* The digest of a site, as of a SiteText; NULL where the domain is not among them. */
const char *fingerprints_find(const Fingerprints *f, const char *domain);

/* Whether in both the operator's files that all sites share are the same. */
bool fingerprints_share_same(const Fingerprints *a, const Fingerprints *b);
