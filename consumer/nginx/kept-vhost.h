/* One site with what holds for it here: the operator's settings where containers chose none, what stands on disk for
 * it, whether the operator allows what it asks for. It holds as long as neither the site nor anything on disk differs.
 */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/surroundings.h"

#include <stdbool.h>
#include <stdint.h>

/* What there is to say of a site. */
typedef struct SiteRemark {
        const char *domain; /* borrowed */
        StringList notes;
        bool left_out;                 /* the operator does not allow what it asks for; the last note says what */
        int64_t certificate_not_after; /* Unix seconds; 0: it has none */
} SiteRemark;

typedef struct KeptVhost {
        unsigned references;
        Site *site;
        Vhost vhost; /* of what follows */
        SiteRemark remark;
        EdgeSettings *settings;          /* of its own; NULL: the surroundings have them */
        EdgeSettings *location_settings; /* one a location of the site; NULL: the policy has them */
        Certificate *certificate;
        ClientCa *client_ca;
        Overrides *overrides; /* points into the surroundings */
        SiteText *text;       /* NULL: not rendered yet */
} KeptVhost;

/* Holds the site; the surroundings must outlive it. */
KeptVhost *kept_vhost_new(Site *site, Surroundings *s, Certificates *certificates, int64_t now);
KeptVhost *kept_vhost_ref(KeptVhost *k);
KeptVhost *kept_vhost_unref(KeptVhost *k);

/* The port of its own that it has for HTTP, or for HTTPS; 0 without one. */
uint16_t kept_vhost_own_port(const KeptVhost *k, bool tls);
