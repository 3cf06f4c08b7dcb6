/* Private keys, requests signed with them, thumbprints. */
#include "consumer/certs/private-key.h"

#include "common/hostname.h"
#include "consumer/certs/base64url.h"
#include "consumer/pem.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { COMMON_NAME_MAX = 64 }; /* RFC 5280's ub-common-name */

DEFINE_CLEANUP(X509_REQ *, X509_REQ_free);
DEFINE_CLEANUP(BIGNUM *, BN_free);

void secret_free(char *secret) {
        if (!secret)
                return;
        OPENSSL_cleanse(secret, strlen(secret));
        free(secret);
}

/* ---- keys ---- */

typedef struct Kind {
        size_t rsa_bits;   /* 0: EC */
        const char *group; /* as OpenSSL names it */
        const char *curve; /* as JWK names it */
} Kind;

static const Kind kinds[_KEY_TYPE_COUNT] = {
        [KEY_TYPE_RSA_2048] = { .rsa_bits = 2048 },
        [KEY_TYPE_RSA_3072] = { .rsa_bits = 3072 },
        [KEY_TYPE_RSA_4096] = { .rsa_bits = 4096 },
        [KEY_TYPE_RSA_8192] = { .rsa_bits = 8192 },
        [KEY_TYPE_EC_256] = { .group = "prime256v1", .curve = "P-256" },
        [KEY_TYPE_EC_384] = { .group = "secp384r1", .curve = "P-384" },
        [KEY_TYPE_EC_521] = { .group = "secp521r1", .curve = "P-521" },
};

static EVP_PKEY *generate(const Kind *kind) {
        return kind->group ? EVP_EC_gen(kind->group) : EVP_RSA_gen(kind->rsa_bits);
}

int private_key_make(KeyType type, char **ret_pem) {
        if (type <= KEY_TYPE_UNSET || type >= _KEY_TYPE_COUNT)
                return -EINVAL;
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = generate(&kinds[type]);
        _cleanup_(BIO_freep) BIO *bio = BIO_new(BIO_s_mem());
        /* It fails only without memory or random numbers. */
        if (!key || !bio || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
                abort();
        *ret_pem = pem_text(bio);
        return 0;
}

static KeyType find_kind(size_t rsa_bits, const char *group) {
        for (KeyType type = KEY_TYPE_UNSET + 1; type < _KEY_TYPE_COUNT; type++)
                if (kinds[type].rsa_bits == rsa_bits && streq_or_null(kinds[type].group, group))
                        return type;
        return KEY_TYPE_UNSET;
}

KeyType private_key_type(const EVP_PKEY *key) {
        char group[32];

        if (EVP_PKEY_is_a(key, "RSA"))
                return find_kind((size_t)EVP_PKEY_get_bits(key), NULL);
        if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1)
                return find_kind(0, group);
        return KEY_TYPE_UNSET;
}

/* ---- requests ---- */

static bool is_certifiable(const char *name) {
        _cleanup_free_ char *normal = NULL;
        bool is_pattern;

        return hostname_pattern_normalize(name, &normal, &is_pattern) == 0 && strcmp(normal, name) == 0 &&
               name[strlen(name) - 1] != '*';
}

static GENERAL_NAME *general_name_new(const char *name) {
        GENERAL_NAME *general = GENERAL_NAME_new();
        ASN1_IA5STRING *text = ASN1_IA5STRING_new();

        if (!general || !text || ASN1_STRING_set(text, name, (int)strlen(name)) != 1)
                abort();
        GENERAL_NAME_set0_value(general, GEN_DNS, text);
        return general;
}

static void add_alternative_names(X509_REQ *request, const StringList *names) {
        GENERAL_NAMES *general = sk_GENERAL_NAME_new_null();
        STACK_OF(X509_EXTENSION) *extensions = NULL;

        for (size_t i = 0; i < names->count; i++)
                if (!general || sk_GENERAL_NAME_push(general, general_name_new(names->items[i])) <= 0)
                        abort();
        if (X509V3_add1_i2d(&extensions, NID_subject_alt_name, general, 0, X509V3_ADD_DEFAULT) != 1 ||
            X509_REQ_add_extensions(request, extensions) != 1)
                abort();
        sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
        GENERAL_NAMES_free(general);
}

static void add_common_name(X509_REQ *request, const char *name) {
        if (strlen(name) <= COMMON_NAME_MAX &&
            X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(request), NID_commonName, MBSTRING_ASC,
                                       (const unsigned char *)name, -1, -1, 0) != 1)
                abort();
}

static int sign_and_write(X509_REQ *request, EVP_PKEY *key, char **ret_pem) {
        _cleanup_(BIO_freep) BIO *bio = BIO_new(BIO_s_mem());

        if (!bio || X509_REQ_set_pubkey(request, key) != 1 || X509_REQ_sign(request, key, EVP_sha256()) == 0 ||
            PEM_write_bio_X509_REQ(bio, request) != 1) {
                ERR_clear_error();
                return -EINVAL;
        }
        *ret_pem = pem_text(bio);
        return 0;
}

int certificate_request_make(const char *key_pem, const StringList *names, char **ret_pem) {
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = pem_read_key(key_pem, strlen(key_pem));
        _cleanup_(X509_REQ_freep) X509_REQ *request = X509_REQ_new();

        if (!key || !request || names->count == 0)
                return -EINVAL;
        for (size_t i = 0; i < names->count; i++)
                if (!is_certifiable(names->items[i]))
                        return -EINVAL;
        add_common_name(request, names->items[0]);
        add_alternative_names(request, names);
        return sign_and_write(request, key, ret_pem);
}

/* ---- thumbprints ---- */

/* One parameter of a key as JWK writes it: big-endian in `size` bytes, or in as few as it takes where that is 0. */
static char *jwk_number(const EVP_PKEY *key, const char *parameter, size_t size) {
        BIGNUM *got = NULL;

        if (EVP_PKEY_get_bn_param(key, parameter, &got) != 1)
                return NULL;
        _cleanup_(BN_freep) BIGNUM *number = got;
        size = size > 0 ? size : (size_t)BN_num_bytes(number);
        _cleanup_free_ unsigned char *bytes = xcalloc(size, 1);
        if (BN_bn2binpad(number, bytes, (int)size) < 0)
                return NULL;
        return base64url_encode(bytes, size);
}

static char *jwk_of_rsa(const EVP_PKEY *key) {
        _cleanup_free_ char *e = jwk_number(key, OSSL_PKEY_PARAM_RSA_E, 0);
        _cleanup_free_ char *n = jwk_number(key, OSSL_PKEY_PARAM_RSA_N, 0);

        return e && n ? xasprintf("{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", e, n) : NULL;
}

static char *jwk_of_ec(const EVP_PKEY *key) {
        const char *curve = kinds[private_key_type(key)].curve;
        size_t size = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
        _cleanup_free_ char *x = jwk_number(key, OSSL_PKEY_PARAM_EC_PUB_X, size);
        _cleanup_free_ char *y = jwk_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, size);

        if (!curve || !x || !y)
                return NULL;
        return xasprintf("{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", curve, x, y);
}

int key_thumbprint(const char *key_pem, char **ret) {
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = pem_read_key(key_pem, strlen(key_pem));
        _cleanup_free_ char *jwk = NULL;
        unsigned char digest[SHA256_DIGEST_LENGTH];

        if (key)
                jwk = EVP_PKEY_is_a(key, "RSA") ? jwk_of_rsa(key) : jwk_of_ec(key);
        ERR_clear_error();
        if (!jwk)
                return -EINVAL;
        if (EVP_Digest(jwk, strlen(jwk), digest, NULL, EVP_sha256(), NULL) != 1)
                abort();
        *ret = base64url_encode(digest, sizeof digest);
        return 0;
}
