/* Values that only holders of the operator's key file can read: AES-256-GCM, by libcrypto. Pure but for the random
 * nonce. */
#pragma once

#include <stddef.h>

enum {
        SEAL_KEY_SIZE = 32,
        SEAL_FILE_MIN = 32, /* bytes of a key file */
        SEAL_FILE_MAX = 4096,
        SEAL_FILE_BLANKS = 8, /* of SEAL_FILE_MIN, how many at the end may be white space */
};

typedef struct SealKey {
        unsigned char bytes[SEAL_KEY_SIZE];
} SealKey;

/* From the bytes of a key file, as `head -c 32 /dev/urandom` or `openssl rand -hex 32` write it: HKDF over all of it
 * without white space at its end, which copying adds or takes away. Returns 0, or -EINVAL where it is too short to be
 * a secret, or too long to be meant. */
int seal_key_from_bytes(SealKey *ret, const char *bytes, size_t size);

/* Seals for one place: `place` (a name) is authenticated, so that a value cannot be moved to another one. Printable
 * text, owned by the caller; four thirds as long and some fifty bytes more. */
char *seal(const SealKey *key, const char *place, const char *bytes, size_t size);
/* Returns 0 and what was sealed, with a NUL behind it (wipe it), or -EBADMSG: other key, other place, tampered with.
 */
int unseal(const SealKey *key, const char *place, const char *sealed, char **ret, size_t *ret_size);
/* A name for a place in Redis that gives nothing away: 32 hex digits by HMAC; the caller owns it. */
char *seal_name(const SealKey *key, const char *place);
