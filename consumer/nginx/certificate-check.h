/* Whether a certificate and its key are what nginx can use for a domain. Verified with libcrypto, because nginx names
 * no site when it refuses one. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* OpenSSL's security level 2, Debian's default: RSA from 2048 bits on, signatures by SHA-224 and better. */
enum { CERTIFICATE_SECURITY_BITS_MIN = 112 };

typedef struct CertificateFacts {
        int64_t not_after; /* Unix seconds */
        bool expired;      /* the only flaw that still lets it be served */
} CertificateFacts;

/* The PEM texts as in the files: a certificate with its chain behind it, and its private key without a passphrase.
 * Returns 0, or -EINVAL with a phrase for people in *ret_reason, owned by the caller. */
int certificate_check(const char *certificate, size_t certificate_size, const char *key, size_t key_size,
                      const char *domain, int64_t now, CertificateFacts *ret, char **ret_reason);
