/* Bytes as text of letters, digits, "-" and "_", without padding. Pure. Source: RFC 4648, section 5. */
#pragma once

#include <stddef.h>

/* The caller owns it. */
char *base64url_encode(const unsigned char *bytes, size_t size);
/* Only what the above makes is taken: no padding, no white space, no stray bits. Returns 0 and bytes that the caller
 * owns, with a NUL behind them, or -EINVAL. */
int base64url_decode(const char *text, unsigned char **ret, size_t *ret_size);
