/* Any bytes as a certificate file and as its key (the reader of each skips what is not for it). */
#include "common/memory.h"
#include "consumer/nginx/certificate-check.h"
#include "consumer/nginx/pem-check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* As what lies beside it. */
static void check_other_files(const char *pem, size_t size) {
        _cleanup_free_ char *chain = NULL, *dhparam = NULL, *crl = NULL, *warning = NULL;

        if ((pem_check_trusted(pem, size, &chain) < 0) != (chain != NULL) ||
            (pem_check_dhparam(pem, size, &dhparam) < 0) != (dhparam != NULL) ||
            (pem_check_crl(pem, size, pem, size, 1700000000, &crl, &warning) < 0) != (crl != NULL))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
        const char *pem = (const char *)bytes;
        _cleanup_free_ char *reason = NULL;
        _cleanup_(X509_freep) X509 *leaf = NULL;
        CertificateFacts facts;

        int r = certificate_check(pem, size, pem, size, 1700000000, &facts, &leaf, &reason);
        if ((r < 0) != (reason != NULL) || (r < 0) != (leaf == NULL))
                abort();
        if (leaf)
                (void)certificate_covers(leaf, "a.org");
        check_other_files(pem, size);
        return 0;
}
