/* Whether the PEM files beside a certificate are what nginx can use. Pure. */
#include "consumer/nginx/pem-check.h"

#include "common/memory.h"
#include "consumer/certificate-check.h"
#include "consumer/pem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <time.h>

typedef STACK_OF(X509_INFO) Infos;

static Infos *infos_free(Infos *infos) {
        sk_X509_INFO_pop_free(infos, X509_INFO_free);
        return NULL;
}

DEFINE_CLEANUP(Infos *, infos_free);

static int refused(char **ret_reason, const char *reason) {
        ERR_clear_error();
        REPLACE_PTR(*ret_reason, xstrdup(reason));
        return -EINVAL;
}

/* Everything in the file, as X509_load_cert_crl_file() reads it; NULL where a part of it cannot be read. */
static Infos *read_infos(const char *bytes, size_t size) {
        _cleanup_(BIO_freep) BIO *bio = pem_open(bytes, size);
        Infos *infos = bio ? PEM_X509_INFO_read_bio(bio, NULL, pem_refuse_passphrase, NULL) : NULL;

        ERR_clear_error();
        return infos;
}

int pem_check_trusted(const char *bytes, size_t size, char **ret_reason) {
        _cleanup_(infos_freep) Infos *infos = read_infos(bytes, size);

        if (!infos)
                return refused(ret_reason, "a part of it cannot be read");
        for (int i = 0; i < sk_X509_INFO_num(infos); i++)
                if (sk_X509_INFO_value(infos, i)->x509)
                        return 0;
        return refused(ret_reason, "it holds no PEM certificate");
}

int pem_check_dhparam(const char *bytes, size_t size, char **ret_reason) {
        _cleanup_(BIO_freep) BIO *bio = pem_open(bytes, size);
        _cleanup_(EVP_PKEY_freep) EVP_PKEY *parameters = bio ? PEM_read_bio_Parameters(bio, NULL) : NULL;

        if (!parameters || !(EVP_PKEY_is_a(parameters, "DH") || EVP_PKEY_is_a(parameters, "DHX")))
                return refused(ret_reason, "it holds no PEM Diffie-Hellman parameters");
        if (EVP_PKEY_get_security_bits(parameters) < CERTIFICATE_SECURITY_BITS_MIN)
                return refused(ret_reason, "its parameters are too short, make some of 2048 bits or more");
        ERR_clear_error();
        return 0;
}

static bool is_by_one_of(const X509_CRL *crl, const Infos *ca) {
        for (int i = 0; i < sk_X509_INFO_num(ca); i++) {
                const X509 *x = sk_X509_INFO_value(ca, i)->x509;
                if (x && X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(x)) == 0)
                        return true;
        }
        return false;
}

static const char *crl_trouble(const X509_CRL *crl, const Infos *ca, int64_t now) {
        const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);
        time_t at = (time_t)now;

        if (next && X509_cmp_time(next, &at) < 0)
                return "it has expired: no client is let in until it is renewed";
        if (!is_by_one_of(crl, ca))
                return "it is not by the CA beside it: no client is let in";
        return NULL;
}

int pem_check_crl(const char *bytes, size_t size, const char *ca, size_t ca_size, int64_t now, char **ret_reason,
                  char **ret_warning) {
        _cleanup_(infos_freep) Infos *lists = read_infos(bytes, size), *issuers = read_infos(ca, ca_size);
        const char *trouble = NULL;
        bool good = false;

        if (!lists || !issuers)
                return refused(ret_reason, "a part of it cannot be read");
        for (int i = 0; i < sk_X509_INFO_num(lists) && !good; i++) {
                const X509_CRL *crl = sk_X509_INFO_value(lists, i)->crl;
                if (crl)
                        trouble = crl_trouble(crl, issuers, now);
                good = crl && !trouble;
        }
        if (!good && !trouble)
                return refused(ret_reason, "it holds no PEM list of revoked certificates");
        if (!good)
                REPLACE_PTR(*ret_warning, xstrdup(trouble));
        ERR_clear_error();
        return 0;
}
