/* SHA-256 in hex, over several pieces as if they were one. */
#pragma once

#include <stddef.h>
#include <sys/uio.h>

enum { DIGEST_SIZE = 64 + 1 }; /* with its NUL */

void digest_hex(const struct iovec *pieces, size_t count, char ret[static DIGEST_SIZE]);
