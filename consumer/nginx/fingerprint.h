/* What each site of a rendering comes to: two fingerprints are equal where neither its configuration nor any file that
 * it refers to differs. Pure. */
#pragma once

#include "consumer/digest.h"
#include "consumer/nginx/render.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct Fingerprint {
        char digest[DIGEST_SIZE];
} Fingerprint;

typedef struct Fingerprints Fingerprints;

/* Of all vhosts of a rendering; `vhosts` are those that were rendered, in the order of their domains. */
Fingerprints *fingerprints_new(const Vhost *vhosts, size_t count, const Rendering *rendering);
Fingerprints *fingerprints_free(Fingerprints *f);
DEFINE_CLEANUP(Fingerprints *, fingerprints_free);
/* NULL where the domain is not among them. */
const Fingerprint *fingerprints_find(const Fingerprints *f, const char *domain);
bool fingerprint_equal(const Fingerprint *a, const Fingerprint *b);

/* Whether in both the operator's files that all sites share are the same. */
bool fingerprints_share_same(const Fingerprints *a, const Fingerprints *b);

/* The fingerprint of one vhost, wherever it is rendered. */
Fingerprint fingerprint_of(const Vhost *vhost, const RenderPolicy *policy);
