/* Values that only holders of a key can read. A sealed value is "1." and, in base64url, nonce, ciphertext and tag. */
#include "consumer/certs/seal.h"

#include "common/memory.h"
#include "common/text.h"
#include "consumer/certs/base64url.h"

#include <errno.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

#define VERSION "1."
enum { NONCE_SIZE = 12, TAG_SIZE = 16, NAME_BYTES = 16 };

DEFINE_CLEANUP(EVP_KDF *, EVP_KDF_free);
DEFINE_CLEANUP(EVP_KDF_CTX *, EVP_KDF_CTX_free);
DEFINE_CLEANUP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free);

/* ---- keys ---- */

static OSSL_PARAM octets(const char *name, const void *bytes, size_t size) {
        return OSSL_PARAM_construct_octet_string(name, (void *)bytes, size);
}

/* One key for each use, so that no two of them ever meet. Source: RFC 5869, without a salt. */
static void derive(const void *secret, size_t size, const char *use, unsigned char ret[static SEAL_KEY_SIZE]) {
        _cleanup_(EVP_KDF_freep) EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
        _cleanup_(EVP_KDF_CTX_freep) EVP_KDF_CTX *context = hkdf ? EVP_KDF_CTX_new(hkdf) : NULL;
        const OSSL_PARAM parameters[] = {
                OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
                octets(OSSL_KDF_PARAM_KEY, secret, size),
                octets(OSSL_KDF_PARAM_INFO, use, strlen(use)),
                OSSL_PARAM_construct_end(),
        };

        /* It fails only without memory, or where the library lacks the algorithm. */
        if (!context || EVP_KDF_derive(context, ret, SEAL_KEY_SIZE, parameters) != 1)
                abort();
}

/* In every locale. */
static bool is_white_space(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
}

int seal_key_from_bytes(SealKey *ret, const char *bytes, size_t size) {
        size_t length = size;

        while (length > 0 && is_white_space(bytes[length - 1]))
                length--;
        if (size < SEAL_FILE_MIN || length < SEAL_FILE_MIN - SEAL_FILE_BLANKS || size > SEAL_FILE_MAX)
                return -EINVAL;
        derive(bytes, length, "beachhead seal key", ret->bytes);
        return 0;
}

/* ---- sealing ---- */

/* A context for AES-256-GCM that has the key, the nonce and the place. */
static EVP_CIPHER_CTX *cipher_new(const SealKey *key, const unsigned char *nonce, const char *place, bool encrypts) {
        EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
        unsigned char own[SEAL_KEY_SIZE];
        int size;

        derive(key->bytes, sizeof key->bytes, "beachhead seal values", own);
        if (!context || EVP_CipherInit_ex2(context, EVP_aes_256_gcm(), own, nonce, encrypts, NULL) != 1 ||
            EVP_CipherUpdate(context, NULL, &size, (const unsigned char *)place, (int)strlen(place)) != 1)
                abort();
        OPENSSL_cleanse(own, sizeof own);
        return context;
}

char *seal(const SealKey *key, const char *place, const char *bytes, size_t size) {
        _cleanup_free_ unsigned char *sealed = xcalloc(NONCE_SIZE + size + TAG_SIZE, 1);
        unsigned char *text = sealed + NONCE_SIZE;
        int written;

        if (size > INT_MAX || RAND_bytes(sealed, NONCE_SIZE) != 1)
                abort();
        _cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *context = cipher_new(key, sealed, place, true);
        if (EVP_CipherUpdate(context, text, &written, (const unsigned char *)bytes, (int)size) != 1 ||
            EVP_CipherFinal_ex(context, text + size, &written) != 1 ||
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, text + size) != 1)
                abort();
        _cleanup_free_ char *encoded = base64url_encode(sealed, NONCE_SIZE + size + TAG_SIZE);
        return xasprintf(VERSION "%s", encoded);
}

/* Wipes what is not authentic before anybody sees it. */
static int decrypt(const SealKey *key, const char *place, const unsigned char *sealed, size_t size, char **ret) {
        _cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *context = cipher_new(key, sealed, place, false);
        const unsigned char *text = sealed + NONCE_SIZE;
        _cleanup_free_ char *bytes = xcalloc(size + 1, 1);
        int written;

        if (EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, (void *)(text + size)) != 1 ||
            EVP_CipherUpdate(context, (unsigned char *)bytes, &written, text, (int)size) != 1 ||
            EVP_CipherFinal_ex(context, (unsigned char *)bytes + size, &written) != 1) {
                OPENSSL_cleanse(bytes, size);
                ERR_clear_error();
                return -EBADMSG;
        }
        *ret = TAKE_PTR(bytes);
        return 0;
}

int unseal(const SealKey *key, const char *place, const char *sealed, char **ret, size_t *ret_size) {
        _cleanup_free_ unsigned char *bytes = NULL;
        size_t size;

        if (!has_prefix(sealed, VERSION) || base64url_decode(sealed + strlen(VERSION), &bytes, &size) < 0 ||
            size < NONCE_SIZE + TAG_SIZE || size > INT_MAX)
                return -EBADMSG;
        size -= NONCE_SIZE + TAG_SIZE;
        int r = decrypt(key, place, bytes, size, ret);
        if (r < 0)
                return r;
        *ret_size = size;
        return 0;
}

/* ---- names ---- */

char *seal_name(const SealKey *key, const char *place) {
        unsigned char own[SEAL_KEY_SIZE], digest[EVP_MAX_MD_SIZE];
        Text name = { 0 };

        derive(key->bytes, sizeof key->bytes, "beachhead seal names", own);
        if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, own, sizeof own, (const unsigned char *)place,
                       strlen(place), digest, sizeof digest, NULL))
                abort();
        OPENSSL_cleanse(own, sizeof own);
        for (size_t i = 0; i < NAME_BYTES; i++)
                text_appendf(&name, "%02x", digest[i]);
        return text_take(&name);
}
