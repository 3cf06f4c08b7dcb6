/* Whether what a CA's client gave is what was asked for, before it replaces anything. Pure. */
#pragma once

#include "common/text.h"
#include "consumer/certs/plan.h"

#include <stddef.h>
#include <stdint.h>

enum {
        CHAIN_BYTES_MAX = 256 * 1024,
        CHAIN_CERTIFICATES_MAX = 16,
        PAIR_VALID_MIN_SEC = 10, /* how long it has to be valid at least */
};

/* Positive: it can be used, and something about it is worth a warning. */
enum { PAIR_DOUBTFUL = 1 };

/* `chain`: PEM, the certificate first, each next one having issued the one before. What is provably broken is refused:
 * something else than certificates stands there (RFC 8555, 9.1), nginx cannot use it (certificate_check), it is not
 * for servers, a name is not covered by its SAN, it is valid for less than ten seconds, or one of the chain has not
 * signed the one before, is no CA's, or has expired (a root, which nobody needs there, may have).
 *
 * Whether the chain is complete cannot be proved without the roots of each visitor. A certificate alone is right where
 * a root has issued it, as private CAs do, and useless to most where another one stands between. It is taken; where it
 * says itself where its issuer's certificate is to be had (as those of public CAs do), it is doubtful.
 *
 * Returns 0; PAIR_DOUBTFUL; or -EINVAL; the last two with a phrase for people in *ret_reason, owned by the caller. */
int pair_check(const char *chain, size_t chain_size, const char *key_pem, const StringList *names, int64_t now,
               char **ret_reason);

/* What the store says of a pair that nginx can use, be it expired: its names and times. Returns 0, or -EINVAL with a
 * phrase. */
int pair_describe(const char *chain, size_t chain_size, const char *key, size_t key_size, int64_t now,
                  InstalledCertificate *ret, char **ret_reason);
/* The names of the first certificate alone, be it of any use. Returns 0 or -EINVAL. */
int chain_names(const char *chain, size_t chain_size, StringList *ret);
