/* Certificates on disk: which one a site gets. */
#pragma once

#include "common/memory.h"

#include <stdint.h>

typedef struct Certificate {
        char *certificate_path, *key_path; /* absolute */
        char *digest;                      /* hex SHA-256 of both files' bytes */
        int64_t not_after;                 /* Unix seconds */
} Certificate;

enum { CERTIFICATE_FILE_MAX = 1024 * 1024 }; /* bytes of either file */

/* `<domain>.crt` and `.key` in `directory`, else those of the parent (one label up, where that has two labels at
 * least), the first pair that is valid (see certificate-check.h). One that has expired is taken only where no other is
 * there. A path with a "$", which nginx would take for a variable, is no valid one.
 *
 * `*ret_reason` (owned by the caller) says why there is none, NULL where simply no file is there. Together with a
 * certificate it is a warning: that one has expired, or the site's own pair was passed over for the parent's.
 * Returns 0 or -ENOENT. */
int certificate_find(const char *directory, const char *domain, int64_t now, Certificate **ret, char **ret_reason);
Certificate *certificate_free(Certificate *c);
DEFINE_CLEANUP(Certificate *, certificate_free);
