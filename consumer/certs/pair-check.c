/* Whether a CA's client gave what was asked for. What it gave is as hostile as anything from outside: a driver may be
 * broken, a CA another one than it was. */
#include "consumer/certs/pair-check.h"

#include "common/hostname.h"
#include "consumer/certificate-check.h"
#include "consumer/certs/private-key.h"
#include "consumer/pem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

typedef struct Chain {
        X509 *items[CHAIN_CERTIFICATES_MAX];
        size_t count;
} Chain;

static void chain_done(Chain *c) {
        while (c->count > 0)
                X509_free(c->items[--c->count]);
}

static int refused(char **ret_reason, char *reason) {
        ERR_clear_error();
        REPLACE_PTR(*ret_reason, reason);
        return -EINVAL;
}

/* ---- the text ---- */

static bool line_is(const char *line, size_t length, const char *expected) {
        return length == strlen(expected) && memcmp(line, expected, length) == 0;
}

static bool is_base64(const char *line, size_t length) {
        for (size_t i = 0; i < length; i++)
                if (!memchr(base64, line[i], sizeof base64 - 1))
                        return false;
        return true;
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r';
}

static size_t without_blanks(const char *line, size_t length) {
        while (length > 0 && is_blank(line[length - 1]))
                length--;
        return length;
}

/* libcrypto skips what it does not know, be it a private key. */
static bool holds_certificates_alone(const char *bytes, size_t size) {
        const char *end = bytes + size;
        bool inside = false;

        for (const char *line = bytes; line < end;) {
                const char *newline = memchr(line, '\n', (size_t)(end - line)), *stop = newline ? newline : end;
                size_t length = without_blanks(line, (size_t)(stop - line));
                if (inside ? line_is(line, length, "-----END CERTIFICATE-----")
                           : line_is(line, length, "-----BEGIN CERTIFICATE-----"))
                        inside = !inside;
                else if (inside ? !is_base64(line, length) : length > 0)
                        return false;
                line = stop + (newline != NULL);
        }
        return !inside;
}

/* Those of a text that certificate_check() has accepted. */
static int read_chain(const char *bytes, size_t size, Chain *ret, char **ret_reason) {
        _cleanup_(BIO_freep) BIO *bio = pem_open(bytes, size);
        X509 *x;

        while ((x = PEM_read_bio_X509(bio, NULL, pem_refuse_passphrase, NULL))) {
                if (ret->count == CHAIN_CERTIFICATES_MAX) {
                        X509_free(x);
                        return refused(ret_reason,
                                       xasprintf("its chain has more than %d certificates", CHAIN_CERTIFICATES_MAX));
                }
                ret->items[ret->count++] = x;
        }
        ERR_clear_error();
        return 0;
}

/* ---- the certificate ---- */

static int check_names(X509 *leaf, const StringList *names, char **ret_reason) {
        for (size_t i = 0; i < names->count; i++)
                if (X509_check_host(leaf, names->items[i], 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) != 1)
                        return refused(ret_reason, xasprintf("it is not for %s", names->items[i]));
        return 0;
}

static int check_leaf(X509 *leaf, const CertificateFacts *facts, const StringList *names, int64_t now,
                      char **ret_reason) {
        if (facts->expired)
                return refused(ret_reason, xstrdup("it has expired"));
        if (facts->not_after < now + PAIR_VALID_MIN_SEC)
                return refused(ret_reason, xstrdup("it expires within seconds"));
        if (!(X509_get_extended_key_usage(leaf) & (XKU_SSL_SERVER | XKU_ANYEKU)))
                return refused(ret_reason, xstrdup("it is not for servers"));
        return check_names(leaf, names, ret_reason);
}

/* ---- the chain ---- */

static bool has_issued(X509 *issuer, X509 *x) {
        return X509_check_issued(issuer, x) == X509_V_OK && X509_verify(x, X509_get0_pubkey(issuer)) == 1;
}

static bool is_past(const X509 *x, int64_t now) {
        time_t at = (time_t)now;

        return X509_cmp_time(X509_get0_notAfter(x), &at) < 0;
}

static int check_chain(const Chain *c, int64_t now, char **ret_reason) {
        for (size_t i = 1; i < c->count; i++) {
                X509 *issuer = c->items[i];
                if (!has_issued(issuer, c->items[i - 1]))
                        return refused(ret_reason,
                                       xasprintf("certificate %zu of its chain has not issued the one before", i + 1));
                if (X509_check_ca(issuer) == 0)
                        return refused(ret_reason, xasprintf("certificate %zu of its chain is no CA's", i + 1));
                if (is_past(issuer, now) && !(X509_get_extension_flags(issuer) & EXFLAG_SS))
                        return refused(ret_reason, xasprintf("certificate %zu of its chain has expired", i + 1));
        }
        return 0;
}

/* Whether it says where its issuer's certificate is to be had. */
static bool points_to_issuer(X509 *leaf) {
        AUTHORITY_INFO_ACCESS *infos = X509_get_ext_d2i(leaf, NID_info_access, NULL, NULL);
        bool found = false;

        for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(infos) && !found; i++)
                found = OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(infos, i)->method) == NID_ad_ca_issuers;
        AUTHORITY_INFO_ACCESS_free(infos);
        ERR_clear_error();
        return found;
}

static int doubt(const Chain *c, char **ret_reason) {
        if (c->count > 1 || !points_to_issuer(c->items[0]))
                return 0;
        REPLACE_PTR(*ret_reason,
                    xstrdup("it came without the certificate of its issuer, which most visitors need; see "
                            "to it that the client takes the whole chain"));
        return PAIR_DOUBTFUL;
}

int pair_check(const char *chain, size_t chain_size, const char *key_pem, const StringList *names, int64_t now,
               char **ret_reason) {
        _cleanup_(X509_freep) X509 *leaf = NULL;
        _cleanup_(chain_done) Chain c = { .count = 0 };
        CertificateFacts facts;
        int r;

        if (chain_size > CHAIN_BYTES_MAX)
                return refused(ret_reason, xasprintf("it is larger than %d bytes", CHAIN_BYTES_MAX));
        if (!holds_certificates_alone(chain, chain_size))
                return refused(ret_reason, xstrdup("something else than certificates stands there"));
        if ((r = certificate_check(chain, chain_size, key_pem, strlen(key_pem), now, &facts, &leaf, ret_reason)) < 0 ||
            (r = read_chain(chain, chain_size, &c, ret_reason)) < 0 ||
            (r = check_leaf(leaf, &facts, names, now, ret_reason)) < 0 || (r = check_chain(&c, now, ret_reason)) < 0)
                return r;
        return doubt(&c, ret_reason);
}

/* ---- what it is ---- */

static void add_name(StringList *names, const ASN1_STRING *text) {
        _cleanup_free_ char *raw =
                xstrndup((const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
        char *name;
        bool is_pattern;

        /* A NUL inside is no part of any name. */
        if (strlen(raw) == (size_t)ASN1_STRING_length(text) &&
            hostname_pattern_normalize(raw, &name, &is_pattern) == 0)
                string_list_take(names, name);
}

/* Of a sorted list. */
static void drop_repeated(StringList *l) {
        size_t kept = 0;

        for (size_t i = 0; i < l->count; i++) {
                if (kept > 0 && strcmp(l->items[kept - 1], l->items[i]) == 0)
                        free(l->items[i]);
                else
                        l->items[kept++] = l->items[i];
        }
        l->count = kept;
}

static void take_names(X509 *leaf, StringList *ret) {
        GENERAL_NAMES *general = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);

        for (int i = 0; i < sk_GENERAL_NAME_num(general); i++) {
                int type;
                const ASN1_STRING *text = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(general, i), &type);
                if (type == GEN_DNS)
                        add_name(ret, text);
        }
        GENERAL_NAMES_free(general);
        ERR_clear_error();
        string_list_sort(ret);
        drop_repeated(ret);
}

int pair_describe(const char *chain, size_t chain_size, const char *key, size_t key_size, int64_t now,
                  InstalledCertificate *ret, char **ret_reason) {
        _cleanup_(X509_freep) X509 *leaf = NULL;
        CertificateFacts facts;
        int r = certificate_check(chain, chain_size, key, key_size, now, &facts, &leaf, ret_reason);

        if (r < 0)
                return r;
        *ret = (InstalledCertificate){ .not_before = facts.not_before,
                                       .not_after = facts.not_after,
                                       .key_type = private_key_type(X509_get0_pubkey(leaf)) };
        take_names(leaf, &ret->names);
        return 0;
}

int chain_names(const char *chain, size_t chain_size, StringList *ret) {
        _cleanup_(BIO_freep) BIO *bio = pem_open(chain, chain_size);
        _cleanup_(X509_freep) X509 *leaf = bio ? PEM_read_bio_X509(bio, NULL, pem_refuse_passphrase, NULL) : NULL;

        ERR_clear_error();
        if (!leaf)
                return -EINVAL;
        take_names(leaf, ret);
        return 0;
}
