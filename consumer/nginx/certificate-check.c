/* Whether a certificate and its key are what nginx can use for a domain: read with the same calls as nginx reads them
 * (ngx_event_openssl.c, ngx_ssl_load_certificate() and ngx_ssl_load_certificate_key()). Pure. */
#include "consumer/nginx/certificate-check.h"

#include "common/memory.h"
#include "common/server-name.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

DEFINE_CLEANUP(BIO *, BIO_free);
DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free);

static int refused(char **ret_reason, char *reason) {
        ERR_clear_error();
        REPLACE_PTR(*ret_reason, reason);
        return -EINVAL;
}

/* A daemon has nobody to ask. */
static int refuse_passphrase(char *buffer, int size, int writing, void *userdata) {
        (void)buffer, (void)size, (void)writing, (void)userdata;
        return -1;
}

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
                _cleanup_(X509_freep) X509 *x = PEM_read_bio_X509(bio, NULL, refuse_passphrase, NULL);
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

static int read_leaf(const char *bytes, size_t size, X509 **ret, char **ret_reason) {
        _cleanup_(BIO_freep) BIO *bio = BIO_new_mem_buf(bytes, (int)size);
        _cleanup_(X509_freep) X509 *leaf = PEM_read_bio_X509_AUX(bio, NULL, refuse_passphrase, NULL);

        if (!leaf)
                return refused(ret_reason, xstrdup("it is no PEM certificate"));
        if (!is_strong(leaf))
                return refused(ret_reason, xstrdup("its key or its signature is too weak"));
        int r = check_chain(bio, ret_reason);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(leaf);
        return 0;
}

static int check_key(X509 *leaf, const char *bytes, size_t size, char **ret_reason) {
        _cleanup_(BIO_freep) BIO *bio = BIO_new_mem_buf(bytes, (int)size);
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, NULL);

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

static int check_times(X509 *leaf, int64_t now, CertificateFacts *ret, char **ret_reason) {
        int64_t not_before, not_after;

        if (read_time(X509_get0_notBefore(leaf), &not_before) < 0 ||
            read_time(X509_get0_notAfter(leaf), &not_after) < 0)
                return refused(ret_reason, xstrdup("its dates cannot be read"));
        if (not_before > now)
                return refused(ret_reason, xstrdup("it is not valid yet"));
        *ret = (CertificateFacts){ .not_after = not_after, .expired = not_after < now };
        return 0;
}

int certificate_check(const char *certificate, size_t certificate_size, const char *key, size_t key_size, int64_t now,
                      CertificateFacts *ret, X509 **ret_leaf, char **ret_reason) {
        _cleanup_(X509_freep) X509 *leaf = NULL;
        CertificateFacts facts;

        if (certificate_size > INT_MAX || key_size > INT_MAX)
                return refused(ret_reason, xstrdup("it is too large"));
        ERR_clear_error();
        int r = read_leaf(certificate, certificate_size, &leaf, ret_reason);
        if (r < 0)
                return r;
        r = check_key(leaf, key, key_size, ret_reason);
        if (r < 0)
                return r;
        r = check_times(leaf, now, &facts, ret_reason);
        if (r < 0)
                return r;
        ERR_clear_error();
        *ret = facts;
        *ret_leaf = TAKE_PTR(leaf);
        return 0;
}
