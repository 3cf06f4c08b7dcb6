/* A certificate on disk that can be used. */
#pragma once

#include "common/memory.h"

#include <stdint.h>

typedef struct Certificate {
        char *certificate_path, *key_path; /* absolute */
        char *chain_path;                  /* <name>.chain.pem, for OCSP stapling; NULL: none that can be used */
        char *dhparam_path;                /* <name>.dhparam.pem; NULL: none that is valid */
        char *digest;                      /* hex SHA-256 of all these files' bytes */
        int64_t not_after;                 /* Unix seconds */
} Certificate;

enum { CERTIFICATE_FILE_MAX = 1024 * 1024 }; /* bytes of each file */

Certificate *certificate_copy(const Certificate *c);
Certificate *certificate_free(Certificate *c);
DEFINE_CLEANUP(Certificate *, certificate_free);
