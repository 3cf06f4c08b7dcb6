/* What lies under one name in the directory of certificates: NAME.crt and NAME.key, and what may lie beside them. */
#pragma once

#include "common/memory.h"
#include "common/text.h"
#include "consumer/certificate-check.h"
#include "consumer/nginx/certificate.h"
#include "consumer/nginx/file-set.h"

#include <stdbool.h>
#include <stdint.h>

/* What belongs to one name. */
typedef enum CertificatePart {
        CERTIFICATE_LEAF,
        CERTIFICATE_KEY,
        CERTIFICATE_CHAIN,
        CERTIFICATE_DHPARAM,
        _CERTIFICATE_PART_COUNT,
} CertificatePart;

typedef struct CertificatePair {
        char *path;               /* of NAME.crt */
        Certificate *certificate; /* NULL: it cannot be used, the first reason says why */
        bool expired;
        StringList reasons; /* beside a certificate: it has expired, a file was left out */
        X509 *leaf;         /* for certificate_covers(); NULL where there is no certificate, or it was let go */
} CertificatePair;

/* The path of each part that is there, else NULL; the caller owns them. */
void certificate_pair_paths(const FileSet *files, const char *name, char *ret[static _CERTIFICATE_PART_COUNT]);

/* Reads and checks it (see certificate-check.h, pem-check.h); NULL where there is no NAME.crt: a key alone is nothing
 * yet. A path with a "$", which nginx would take for a variable, cannot be used. A chain or parameters that cannot be
 * used are left out; so is a chain, which is for OCSP alone, where the certificate names nobody to ask. */
CertificatePair *certificate_pair_read(const FileSet *files, const char *name, int64_t now, CertificateMemory *memory);
CertificatePair *certificate_pair_free(CertificatePair *p);
DEFINE_CLEANUP(CertificatePair *, certificate_pair_free);
