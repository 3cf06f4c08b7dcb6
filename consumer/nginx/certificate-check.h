/* Whether a certificate and its key are what nginx can use, and for which domains. Verified with libcrypto, because
 * nginx names no site when it refuses one. Pure. */
#pragma once

#include "common/memory.h"

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

DEFINE_CLEANUP(X509 *, X509_free);

/* OpenSSL's security level 2, Debian's default: RSA from 2048 bits on, signatures by SHA-224 and better. */
enum { CERTIFICATE_SECURITY_BITS_MIN = 112 };

typedef struct CertificateFacts {
        int64_t not_after; /* Unix seconds */
        bool expired;      /* a flaw that still lets it be served */
} CertificateFacts;

/* The PEM texts as in the files: a certificate with its chain behind it, and its private key without a passphrase.
 * Returns 0 with the certificate in *ret_leaf (owned by the caller), or -EINVAL with a phrase for people in
 * *ret_reason, owned by the caller. */
int certificate_check(const char *certificate, size_t certificate_size, const char *key, size_t key_size, int64_t now,
                      CertificateFacts *ret, X509 **ret_leaf, char **ret_reason);

/* Whether it is for the domain, which is in its one form (server-name.h). Names whose hosts nobody can list (a regular
 * expression, a last "*") are covered by any; "*.a.org" wants one for that very pattern. */
bool certificate_covers(X509 *leaf, const char *domain);
