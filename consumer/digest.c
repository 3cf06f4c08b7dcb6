/* Digests in hex, by libcrypto. */
#include "consumer/digest.h"

#include "common/memory.h"

#include <openssl/evp.h>
#include <string.h>

DEFINE_CLEANUP(EVP_MD_CTX *, EVP_MD_CTX_free);

/* Fetched once: OpenSSL 3 looks for it anew at each use of EVP_sha256(). It is gone with the process. */
static const EVP_MD *fetched(const char *name, EVP_MD **cache) {
        if (!*cache)
                *cache = EVP_MD_fetch(NULL, name, NULL);
        return *cache;
}

static void hash(const EVP_MD *algorithm, const struct iovec *pieces, size_t count, char *ret) {
        _cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();
        unsigned char bytes[EVP_MAX_MD_SIZE];
        unsigned size = 0;

        /* It fails only without memory, or where the library lacks the algorithm. */
        if (!context || !algorithm || EVP_DigestInit_ex(context, algorithm, NULL) != 1)
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
        ret[2 * (size_t)size] = '\0';
}

void digest_hex(const struct iovec *pieces, size_t count, char ret[static DIGEST_SIZE]) {
        static EVP_MD *sha256;

        hash(fetched("SHA256", &sha256), pieces, count, ret);
}

void digest_sha1_hex(const char *text, char ret[static DIGEST_SHA1_SIZE]) {
        static EVP_MD *sha1;

        hash(fetched("SHA1", &sha1), &(struct iovec){ (char *)text, strlen(text) }, 1, ret);
}
