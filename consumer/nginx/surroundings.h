/* What is the same for all sites at one look at the disk: the operator's policy, with the files that they share. Sites
 * that were looked at with one of these hold it, for they point into it. */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/certificates.h"
#include "consumer/nginx/policy.h"
#include "consumer/nginx/render.h"
#include "consumer/nginx/site-notes.h"

#include <stdint.h>

typedef struct Surroundings {
        unsigned references;
        const NginxPolicy *policy; /* borrowed */
        RenderPolicy render;       /* the policy's, with what is for all sites as it is on disk now */
        OverrideDirs dirs;
        EdgeSettings unchosen[2]; /* of sites where nobody chose: without and with a look at clients' certificates */
        Certificate *default_certificate;
        ThumbprintFiles thumbprints;
} Surroundings;

/* Reads what is needed. What is wrong is said by `notes`. */
Surroundings *surroundings_new(Certificates *certificates, SiteNotes *notes, const NginxPolicy *policy, int64_t now);
/* Takes over the settings of a site where nobody chose any: all of those share theirs. Returns them, as they are for
 * as long as the surroundings are. */
const EdgeSettings *surroundings_share(Surroundings *s, EdgeSettings *unchosen);
Surroundings *surroundings_ref(Surroundings *s);
Surroundings *surroundings_unref(Surroundings *s);
DEFINE_CLEANUP(Surroundings *, surroundings_unref);

/* "that needs nginx …, and this is …"; the caller owns it. */
char *surroundings_lack_http3(const RenderPolicy *render);
