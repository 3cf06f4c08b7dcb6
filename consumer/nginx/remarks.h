/* What there was to say of each site at the last look, kept for those who ask. Pure. */
#pragma once

#include "common/memory.h"
#include "common/text.h"
#include "consumer/nginx/vhosts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct SiteRemark {
        char *domain;
        StringList notes;
        bool left_out;                 /* the operator does not allow what it asks for; the last note says what */
        int64_t certificate_not_after; /* Unix seconds; 0: it has none */
} SiteRemark;

typedef struct SiteRemarks {
        SiteRemark *items; /* in the order of the domains */
        size_t count;
} SiteRemarks;

/* Of all sites, those that are left out or set aside too. */
SiteRemarks *site_remarks_new(const Vhosts *vhosts);
/* NULL where the site is not known; takes NULL. */
const SiteRemark *site_remarks_find(const SiteRemarks *r, const char *domain);
SiteRemarks *site_remarks_free(SiteRemarks *r);
DEFINE_CLEANUP(SiteRemarks *, site_remarks_free);
