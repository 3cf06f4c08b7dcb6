/* Digests in hex, by libcrypto. */
#pragma once

#include <stddef.h>
#include <sys/uio.h>

enum { DIGEST_SIZE = 64 + 1, DIGEST_SHA1_SIZE = 40 + 1 }; /* with their NUL */

/* SHA-256, over several pieces as if they were one. */
void digest_hex(const struct iovec *pieces, size_t count, char ret[static DIGEST_SIZE]);
/* SHA-1, as it names things in nginx-proxy: no protection against anybody. */
void digest_sha1_hex(const char *text, char ret[static DIGEST_SHA1_SIZE]);
