/* Sites with what holds for them here: the operator's settings where containers chose none, what stands on disk, and
 * what an operator does not allow. */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/certificates.h"
#include "consumer/nginx/policy.h"
#include "consumer/nginx/render.h"
#include "consumer/nginx/site-notes.h"

#include <stdbool.h>
#include <stddef.h>

/* Owns everything that its items point to, sites included. */
typedef struct Vhosts {
        Vhost *items; /* in the order of the domains; without those that are left out */
        size_t count;
        RenderPolicy render; /* the policy's, with what is for all sites as it is on disk now */
        struct VhostOwned *owned;
        size_t n_owned;
        OverrideDirs dirs;
        Certificate *default_certificate;
        ThumbprintFiles thumbprints;
} Vhosts;

/* Reads what is needed. What is wrong is said by `notes`. A site that asks for what the operator does not allow is
 * left out. */
Vhosts *vhosts_new(const Sites *sites, Certificates *certificates, SiteNotes *notes, const NginxPolicy *policy);
void vhosts_remove(Vhosts *v, size_t index);
Vhosts *vhosts_free(Vhosts *v);
DEFINE_CLEANUP(Vhosts *, vhosts_free);
/* NULL where it is not among them. */
const Vhost *vhosts_find(const Vhosts *v, const char *domain);

/* Calls for every site in the order of the domains, those too that are left out or were removed. */
typedef void VhostsEachFunc(void *userdata, const Vhost *vhost, const StringList *notes, bool left_out);
void vhosts_each(const Vhosts *v, VhostsEachFunc *each, void *userdata);
/* The domains that are left out. */
void vhosts_left_out(const Vhosts *v, StringList *ret);
/* What there is to say about a site, one that is left out too; NULL where it is not known. */
const StringList *vhosts_notes(const Vhosts *v, const char *domain);
