/* CAs for tests, one above the other, and what they issue: made by libcrypto on the spot. */
#pragma once

#include "consumer/certificate-check.h"
#include "tests/unit/consumer/certificates.h"

typedef struct TestCa {
        EVP_PKEY *key;
        X509 *certificate;
} TestCa;

/* Extensions as in openssl's configuration; NULL: none. Times in seconds from TEST_NOW on; both 0: a day around it. */
typedef struct TestX509 {
        const char *subject; /* common name; NULL: none */
        const char *names;   /* "DNS:a.org,DNS:*.a.org" */
        const char *constraints, *usage, *info;
        int64_t from, until;
} TestX509;

static inline void test_x509_extend(X509 *x, int nid, const char *value) {
        X509_EXTENSION *extension = value ? X509V3_EXT_nconf_nid(NULL, NULL, nid, value) : NULL;

        if (value && (!extension || X509_add_ext(x, extension, -1) != 1))
                abort();
        X509_EXTENSION_free(extension);
}

/* A certificate for `key`; `issuer` NULL: it signs itself. */
static inline X509 *test_x509(const TestX509 *t, EVP_PKEY *key, const TestCa *issuer) {
        static long serial;
        X509 *x = X509_new();
        X509_NAME *subject = X509_get_subject_name(x);
        bool around = t->from == 0 && t->until == 0;

        X509_set_version(x, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
        ASN1_TIME_set(X509_getm_notBefore(x), TEST_NOW + (around ? -86400 : t->from));
        ASN1_TIME_set(X509_getm_notAfter(x), TEST_NOW + (around ? 86400 : t->until));
        if (t->subject)
                X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)t->subject, -1, -1, 0);
        X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer->certificate) : subject);
        X509_set_pubkey(x, key);
        test_x509_extend(x, NID_subject_alt_name, t->names);
        test_x509_extend(x, NID_basic_constraints, t->constraints);
        test_x509_extend(x, NID_ext_key_usage, t->usage);
        test_x509_extend(x, NID_info_access, t->info);
        if (X509_sign(x, issuer ? issuer->key : key, EVP_sha256()) == 0)
                abort();
        return x;
}

static inline TestCa test_ca_from(const TestX509 *t, const TestCa *issuer) {
        EVP_PKEY *key = test_key(0);

        return (TestCa){ key, test_x509(t, key, issuer) };
}

/* A CA of that name; `issuer` NULL: a root. */
static inline TestCa test_ca(const char *name, const TestCa *issuer) {
        return test_ca_from(&(TestX509){ .subject = name, .constraints = "critical,CA:TRUE" }, issuer);
}

static inline void test_ca_done(TestCa *ca) {
        EVP_PKEY_free(ca->key);
        X509_free(ca->certificate);
}
#define _cleanup_test_ca_ _cleanup_(test_ca_done)

static inline char *test_x509_text(X509 *x) {
        return PEM_TEXT(PEM_write_bio_X509(bio, x));
}

/* What the CA gives for the key and the terms, without a chain. */
static inline char *test_ca_issue(const TestCa *ca, EVP_PKEY *key, TestX509 t) {
        _cleanup_(X509_freep) X509 *x = test_x509(&t, key, ca);

        return test_x509_text(x);
}
