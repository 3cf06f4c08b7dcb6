/* Whether a certificate and its key are what nginx can use for a domain: read with the same calls as nginx reads them
 * (ngx_event_openssl.c, ngx_ssl_load_certificate() and ngx_ssl_load_certificate_key()). Pure. */
#include "consumer/certificate-check.h"

#include "common/memory.h"
#include "common/server-name.h"
#include "consumer/digest.h"
#include "consumer/pem.h"

#include <errno.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <uthash.h>

typedef struct Chain {
        char digest[DIGEST_SIZE];
        UT_hash_handle hh;
} Chain;

struct CertificateMemory {
        OSSL_DECODER_CTX *decoder; /* puts what it reads into `key` */
        EVP_PKEY *key;
        Chain *chains; /* that are good */
};

static int refused(char **ret_reason, char *reason) {
        ERR_clear_error();
        REPLACE_PTR(*ret_reason, reason);
        return -EINVAL;
}

/* ---- what is shared ---- */

CertificateMemory *certificate_memory_new(void) {
        CertificateMemory *m = new0(CertificateMemory);

        m->decoder = OSSL_DECODER_CTX_new_for_pkey(&m->key, "PEM", NULL, NULL, EVP_PKEY_KEYPAIR, NULL, NULL);
        /* It fails only without memory. */
        if (!m->decoder || OSSL_DECODER_CTX_set_pem_password_cb(m->decoder, pem_refuse_passphrase, NULL) != 1)
                abort();
        return m;
}

static void forget_chains(CertificateMemory *m) {
        Chain *chain, *next;

        HASH_ITER (hh, m->chains, chain, next) {
                HASH_DEL(m->chains, chain);
                free(chain);
        }
}

CertificateMemory *certificate_memory_free(CertificateMemory *m) {
        if (!m)
                return NULL;
        forget_chains(m);
        OSSL_DECODER_CTX_free(m->decoder);
        free(m);
        return NULL;
}

static bool chain_is_known(const CertificateMemory *m, const char digest[static DIGEST_SIZE]) {
        Chain *chain;

        HASH_FIND_STR(m->chains, digest, chain);
        return chain;
}

static void remember_chain(CertificateMemory *m, const char digest[static DIGEST_SIZE]) {
        Chain *chain = new0(Chain);

        if (HASH_COUNT(m->chains) >= CERTIFICATE_MEMORY_CHAINS_MAX)
                forget_chains(m);
        memcpy(chain->digest, digest, DIGEST_SIZE);
        HASH_ADD_STR(m->chains, digest, chain);
}

/* ---- certificates ---- */

static bool is_strong(X509 *x) {
        EVP_PKEY *key = X509_get0_pubkey(x);
        int bits = CERTIFICATE_SECURITY_BITS_MIN;

        if (!key || EVP_PKEY_get_security_bits(key) < CERTIFICATE_SECURITY_BITS_MIN)
                return false;
        /* What signs itself is trusted for itself: its signature does not count. */
        if (!(X509_get_extension_flags(x) & EXFLAG_SS) && X509_get_signature_info(x, NULL, NULL, &bits, NULL) != 1)
                return true;
        return bits >= CERTIFICATE_SECURITY_BITS_MIN;
}

/* The certificates behind the first one: read to the end, since nginx refuses the file for any of them. */
static int check_chain(BIO *bio, char **ret_reason) {
        for (;;) {
                _cleanup_(X509_freep) X509 *x = PEM_read_bio_X509(bio, NULL, pem_refuse_passphrase, NULL);
                if (x && is_strong(x))
                        continue;
                if (x)
                        return refused(ret_reason, xstrdup("its chain has a key or a signature that is too weak"));
                if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
                        return refused(ret_reason, xstrdup("a certificate of its chain cannot be read"));
                ERR_clear_error();
                return 0;
        }
}

/* Most have their chain in common with many. */
static int check_chain_with(CertificateMemory *memory, BIO *bio, char **ret_reason) {
        char digest[DIGEST_SIZE], *rest;
        long size = BIO_get_mem_data(bio, &rest);

        if (!memory)
                return check_chain(bio, ret_reason);
        digest_hex(&(struct iovec){ rest, (size_t)size }, 1, digest);
        if (chain_is_known(memory, digest))
                return 0;
        int r = check_chain(bio, ret_reason);
        if (r == 0)
                remember_chain(memory, digest);
        return r;
}

static int read_leaf(CertificateMemory *memory, const char *bytes, size_t size, X509 **ret, char **ret_reason) {
        _cleanup_(BIO_freep) BIO *bio = pem_open(bytes, size);
        _cleanup_(X509_freep) X509 *leaf = bio ? PEM_read_bio_X509_AUX(bio, NULL, pem_refuse_passphrase, NULL) : NULL;

        if (!leaf)
                return refused(ret_reason, xstrdup("it is no PEM certificate"));
        if (!is_strong(leaf))
                return refused(ret_reason, xstrdup("its key or its signature is too weak"));
        int r = check_chain_with(memory, bio, ret_reason);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(leaf);
        return 0;
}

/* What pem_read_key() begins with; NULL where it would go on. */
static EVP_PKEY *read_key_with(CertificateMemory *memory, const char *bytes, size_t size) {
        _cleanup_(BIO_freep) BIO *bio = pem_open(bytes, size);
        bool read = bio && OSSL_DECODER_from_bio(memory->decoder, bio) == 1;
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = TAKE_PTR(memory->key);

        return read ? TAKE_PTR(key) : NULL;
}

static EVP_PKEY *read_key(CertificateMemory *memory, const char *bytes, size_t size) {
        EVP_PKEY *key = memory ? read_key_with(memory, bytes, size) : NULL;

        return key ? key : pem_read_key(bytes, size);
}

static int check_key(CertificateMemory *memory, X509 *leaf, const char *bytes, size_t size, char **ret_reason) {
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = read_key(memory, bytes, size);

        if (!key)
                return refused(ret_reason, xstrdup("its key is no PEM private key without a passphrase"));
        if (X509_check_private_key(leaf, key) != 1)
                return refused(ret_reason, xstrdup("its key belongs to another certificate"));
        return 0;
}

static bool covers_address(X509 *leaf, const char *domain) {
        bool bracketed = *domain == '[';
        _cleanup_free_ char *address = xstrndup(domain + bracketed, strlen(domain) - 2 * (size_t)bracketed);

        return X509_check_ip_asc(leaf, address, 0) == 1;
}

/* "www.a.*" is for hosts that nobody can list. */
static bool has_last_star(const char *domain) {
        size_t size = strlen(domain);

        return size > 2 && strcmp(domain + size - 2, ".*") == 0;
}

/* Of "*.a.org", OpenSSL takes the "*" for a label that only a "*" stands for. */
bool certificate_covers(X509 *leaf, const char *domain) {
        if (has_last_star(domain))
                return true;
        switch (server_name_kind(domain)) {
        case SERVER_NAME_REGEX:
                return true;
        case SERVER_NAME_ADDRESS:
                return covers_address(leaf, domain);
        case SERVER_NAME_EXACT:
        case SERVER_NAME_WILDCARD:
                break;
        }
        return X509_check_host(leaf, domain, 0, 0, NULL) == 1;
}

static int read_time(const ASN1_TIME *from, int64_t *ret) {
        struct tm tm;

        if (ASN1_TIME_to_tm(from, &tm) != 1)
                return -EINVAL;
        *ret = timegm(&tm);
        return 0;
}

/* nginx asks the first one alone, and never over TLS. */
static bool names_responder(X509 *leaf) {
        STACK_OF(OPENSSL_STRING) *all = X509_get1_ocsp(leaf);
        bool found = all && strncasecmp(sk_OPENSSL_STRING_value(all, 0), "http://", strlen("http://")) == 0;

        X509_email_free(all);
        return found;
}

static int check_times(X509 *leaf, int64_t now, CertificateFacts *ret, char **ret_reason) {
        int64_t not_before, not_after;

        if (read_time(X509_get0_notBefore(leaf), &not_before) < 0 ||
            read_time(X509_get0_notAfter(leaf), &not_after) < 0)
                return refused(ret_reason, xstrdup("its dates cannot be read"));
        if (not_before > now + CERTIFICATE_CLOCK_GRACE_SEC)
                return refused(ret_reason, xstrdup("it is not valid yet"));
        *ret = (CertificateFacts){ not_before, not_after, .expired = not_after < now };
        return 0;
}

int certificate_check_with(CertificateMemory *memory, const char *certificate, size_t certificate_size,
                           const char *key, size_t key_size, int64_t now, CertificateFacts *ret, X509 **ret_leaf,
                           char **ret_reason) {
        _cleanup_(X509_freep) X509 *leaf = NULL;
        CertificateFacts facts;

        ERR_clear_error();
        int r = read_leaf(memory, certificate, certificate_size, &leaf, ret_reason);
        if (r < 0)
                return r;
        r = check_key(memory, leaf, key, key_size, ret_reason);
        if (r < 0)
                return r;
        r = check_times(leaf, now, &facts, ret_reason);
        if (r < 0)
                return r;
        facts.names_responder = names_responder(leaf);
        ERR_clear_error();
        *ret = facts;
        *ret_leaf = TAKE_PTR(leaf);
        return 0;
}

int certificate_check(const char *certificate, size_t certificate_size, const char *key, size_t key_size, int64_t now,
                      CertificateFacts *ret, X509 **ret_leaf, char **ret_reason) {
        return certificate_check_with(NULL, certificate, certificate_size, key, key_size, now, ret, ret_leaf,
                                      ret_reason);
}
