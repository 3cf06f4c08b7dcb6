/* All sites with what holds for them here: what kept-vhost.h says of each, and what they may have beside each other.
 */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/kept-vhost.h"

#include <stddef.h>

typedef struct Vhosts {
        Vhost *items; /* in the order of the domains; without those that are left out */
        size_t count;
        Surroundings *surroundings;
        const RenderPolicy *render; /* of the surroundings, as the directories */
        const OverrideDirs *dirs;
        KeptVhost **kept; /* of all sites; `items` point into them */
        size_t n_kept;
} Vhosts;

/* Looks at the disk, at all that is needed. What is wrong is said by `notes`. A site that asks for what the operator
 * does not allow is left out. */
Vhosts *vhosts_new(const Sites *sites, Certificates *certificates, SiteNotes *notes, const NginxPolicy *policy);
/* The same where nothing but the sites differs since `before`: it looks for those alone that are not the same there.
 */
Vhosts *vhosts_update(const Vhosts *before, const Sites *sites, Certificates *certificates, SiteNotes *notes);
void vhosts_remove(Vhosts *v, size_t index);
Vhosts *vhosts_free(Vhosts *v);
DEFINE_CLEANUP(Vhosts *, vhosts_free);
/* NULL where it is not among them. */
const Vhost *vhosts_find(const Vhosts *v, const char *domain);

/* What there is to say about a site, one that is left out or was removed too; NULL where it is not known. */
const SiteRemark *vhosts_remark(const Vhosts *v, const char *domain);
/* The domains that are left out. */
void vhosts_left_out(const Vhosts *v, StringList *ret);
