/* Private keys, requests signed with them, and what ACME makes of an account's key. By libcrypto; does no I/O, but
 * draws random numbers. */
#pragma once

#include "beachhead/registration.h"
#include "common/memory.h"
#include "common/text.h"

#include <openssl/types.h>

enum { THUMBPRINT_SIZE = 43 }; /* characters of base64url(SHA-256) */

/* A key in PEM (PKCS #8); takes up to minutes for KEY_TYPE_RSA_8192: see common/work.h. Returns 0 and a string that
 * the caller owns (secret_free()), or -EINVAL for KEY_TYPE_UNSET. */
int private_key_make(KeyType type, char **ret_pem);
/* The kind of a key, private or public; KEY_TYPE_UNSET: another one. */
KeyType private_key_type(const EVP_PKEY *key);

/* A certificate signing request in PEM for these names, in their one form, the first also as the common name where it
 * fits (64 bytes). Returns 0 and a string that the caller owns, or -EINVAL where there is no name, one that no CA
 * certifies, or no such key. */
int certificate_request_make(const char *key_pem, const StringList *names, char **ret_pem);
/* base64url(SHA-256(JWK)) of the public half, owned by the caller. Source: RFC 7638; RSA and EC keys. Returns 0 or
 * -EINVAL. */
int key_thumbprint(const char *key_pem, char **ret);

/* Wipes and frees a string; takes NULL. */
void secret_free(char *secret);
static inline void secret_freep(char **secret) {
        secret_free(*secret);
}
#define _cleanup_secret_ _cleanup_(secret_freep)
