/* SHA-256 in hex, by libcrypto. */
#include "consumer/nginx/digest.h"

#include "common/memory.h"

#include <openssl/evp.h>

DEFINE_CLEANUP(EVP_MD_CTX *, EVP_MD_CTX_free);

void digest_hex(const struct iovec *pieces, size_t count, char ret[static DIGEST_SIZE]) {
        _cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();
        unsigned char bytes[EVP_MAX_MD_SIZE];
        unsigned size = 0;

        /* It fails only without memory, or where the library lacks SHA-256. */
        if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
                abort();
        for (size_t i = 0; i < count; i++)
                if (EVP_DigestUpdate(context, pieces[i].iov_base, pieces[i].iov_len) != 1)
                        abort();
        if (EVP_DigestFinal_ex(context, bytes, &size) != 1)
                abort();
        for (size_t i = 0; i < size; i++) {
                ret[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
                ret[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
        }
        ret[DIGEST_SIZE - 1] = '\0';
}
