/* Certificates and keys for tests, as PEM, made by libcrypto on the spot. */
#pragma once

#include "common/memory.h"
#include "consumer/pem.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define TEST_NOW INT64_C(1700000000)

/* The PEM text that `write` puts into a memory BIO. */
#define PEM_TEXT(write)                                                                                               \
        ({                                                                                                            \
                BIO *bio = BIO_new(BIO_s_mem());                                                                      \
                if ((write) != 1)                                                                                     \
                        abort();                                                                                      \
                char *_text = pem_text(bio);                                                                          \
                BIO_free(bio);                                                                                        \
                _text;                                                                                                \
        })

typedef struct TestCertificate {
        const char *names;   /* as in an extension: "DNS:a.org,DNS:*.a.org"; NULL: a.org */
        int64_t from, until; /* seconds from TEST_NOW on; both 0: a day around it */
        unsigned rsa_bits;   /* 0: EC, P-256 */
        const char *hash;    /* of the signature; NULL: SHA-256 */
        EVP_PKEY *issuer;    /* NULL: it signs itself */
        const char *access;  /* whom to ask about it, as in an extension: "OCSP;URI:http://ocsp/"; NULL: nobody */
} TestCertificate;

static inline EVP_PKEY *test_key(unsigned rsa_bits) {
        return rsa_bits ? EVP_RSA_gen(rsa_bits) : EVP_EC_gen("P-256");
}

static inline char *test_key_text(EVP_PKEY *key) {
        return PEM_TEXT(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
}

static inline void test_add_extension(X509 *x, int nid, const char *value) {
        X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, NULL, nid, value);

        X509_add_ext(x, extension, -1);
        X509_EXTENSION_free(extension);
}

/* The certificate for `key`. */
static inline char *test_certificate_text(const TestCertificate *t, EVP_PKEY *key) {
        X509 *x = X509_new();
        X509_NAME *name = X509_get_subject_name(x);
        const char *names = t->names ? t->names : "DNS:a.org";
        bool around = t->from == 0 && t->until == 0;

        X509_set_version(x, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
        ASN1_TIME_set(X509_getm_notBefore(x), TEST_NOW + (around ? -86400 : t->from));
        ASN1_TIME_set(X509_getm_notAfter(x), TEST_NOW + (around ? 86400 : t->until));
        X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
        X509_set_subject_name(x, name);
        if (t->issuer)
                X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_ASC, (const unsigned char *)"ca", -1, -1, 0);
        X509_set_issuer_name(x, name);
        if (t->issuer)
                X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, 1));
        X509_set_pubkey(x, key);
        test_add_extension(x, NID_subject_alt_name, names);
        if (t->access)
                test_add_extension(x, NID_info_access, t->access);
        if (X509_sign(x, t->issuer ? t->issuer : key, EVP_get_digestbyname(t->hash ? t->hash : "SHA256")) == 0)
                abort();
        char *text = PEM_TEXT(PEM_write_bio_X509(bio, x));
        X509_free(x);
        return text;
}

/* Parameters of a group that OpenSSL knows. */
static inline char *test_dhparam_text(const char *group) {
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
        EVP_PKEY *parameters = NULL;

        if (EVP_PKEY_paramgen_init(context) != 1 || EVP_PKEY_CTX_set_group_name(context, group) != 1 ||
            EVP_PKEY_paramgen(context, &parameters) != 1)
                abort();
        char *text = PEM_TEXT(PEM_write_bio_Parameters(bio, parameters));
        EVP_PKEY_free(parameters);
        EVP_PKEY_CTX_free(context);
        return text;
}

/* An empty list of revoked certificates by the CA with that key, renewed `until` seconds from TEST_NOW on; `other`: by
 * a CA of another name. */
static inline char *test_crl_text(EVP_PKEY *ca, int64_t until, bool other) {
        X509_CRL *crl = X509_CRL_new();
        X509_NAME *name = X509_NAME_new();
        ASN1_TIME *from = ASN1_TIME_set(NULL, TEST_NOW - 86400), *next = ASN1_TIME_set(NULL, TEST_NOW + until);

        X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)(other ? "other" : "test"), -1, -1,
                                   0);
        X509_CRL_set_version(crl, 1);
        X509_CRL_set_issuer_name(crl, name);
        X509_CRL_set1_lastUpdate(crl, from);
        X509_CRL_set1_nextUpdate(crl, next);
        if (X509_CRL_sign(crl, ca, EVP_sha256()) == 0)
                abort();
        char *text = PEM_TEXT(PEM_write_bio_X509_CRL(bio, crl));
        ASN1_TIME_free(from);
        ASN1_TIME_free(next);
        X509_NAME_free(name);
        X509_CRL_free(crl);
        return text;
}
