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
/* How far in the future one may begin: the clock of who made it may be ahead of ours, and nginx does not care. */
enum { CERTIFICATE_CLOCK_GRACE_SEC = 3600 };

typedef struct CertificateFacts {
        int64_t not_before, not_after; /* Unix seconds */
        bool expired;                  /* a flaw that still lets it be served */
        bool names_responder;          /* of OCSP, that nginx can ask */
} CertificateFacts;

/* The PEM texts as in the files: a certificate with its chain behind it, and its private key without a passphrase.
 * Returns 0 with the certificate in *ret_leaf (owned by the caller), or -EINVAL with a phrase for people in
 * *ret_reason, owned by the caller. */
int certificate_check(const char *certificate, size_t certificate_size, const char *key, size_t key_size, int64_t now,
                      CertificateFacts *ret, X509 **ret_leaf, char **ret_reason);

/* What checks of many pairs share, so that each costs a third: a decoder of keys, which OpenSSL would otherwise put
 * together each time, and which chains were found good. */
typedef struct CertificateMemory CertificateMemory;

enum { CERTIFICATE_MEMORY_CHAINS_MAX = 64 };

CertificateMemory *certificate_memory_new(void);
CertificateMemory *certificate_memory_free(CertificateMemory *m);
DEFINE_CLEANUP(CertificateMemory *, certificate_memory_free);

/* The same as certificate_check(), with a memory; NULL: none. */
int certificate_check_with(CertificateMemory *memory, const char *certificate, size_t certificate_size,
                           const char *key, size_t key_size, int64_t now, CertificateFacts *ret, X509 **ret_leaf,
                           char **ret_reason);

/* Whether it is for the domain, which is in its one form (server-name.h). Names whose hosts nobody can list (a regular
 * expression, a last "*") are covered by any; "*.a.org" wants one for that very pattern. */
bool certificate_covers(X509 *leaf, const char *domain);
