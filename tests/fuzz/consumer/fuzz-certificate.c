/* Any bytes as a certificate file and as its key (the reader of each skips what is not for it), and as whatever else
 * may lie beside them. */
#include "common/memory.h"
#include "common/text.h"
#include "consumer/certificate-check.h"
#include "consumer/nginx/pem-check.h"
#include "consumer/nginx/thumbprint-files.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* As what lies beside it. */
static void check_other_files(const char *pem, size_t size) {
        _cleanup_free_ char *chain = NULL, *dhparam = NULL, *crl = NULL, *warning = NULL;

        if ((pem_check_trusted(pem, size, &chain) < 0) != (chain != NULL) ||
            (pem_check_dhparam(pem, size, &dhparam) < 0) != (dhparam != NULL) ||
            (pem_check_crl(pem, size, pem, size, 1700000000, &crl, &warning) < 0) != (crl != NULL))
                abort();
}

static void check_thumbprint(const char *bytes, size_t size) {
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        _cleanup_free_ char *thumbprint = NULL;

        if (thumbprint_parse(bytes, size, &thumbprint) < 0)
                return;
        if (strlen(thumbprint) != 43 || strspn(thumbprint, allowed) != 43 || size > 44)
                abort();
}

/* What was read before changes nothing. */
static void check_with_memory(const char *pem, size_t size, int expected, const char *expected_reason) {
        static CertificateMemory *memory;
        _cleanup_free_ char *reason = NULL;
        _cleanup_(X509_freep) X509 *leaf = NULL;
        CertificateFacts facts;

        memory = memory ? memory : certificate_memory_new();
        int r = certificate_check_with(memory, pem, size, pem, size, 1700000000, &facts, &leaf, &reason);
        if (r != expected || !streq_or_null(reason, expected_reason))
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
        check_with_memory(pem, size, r, reason);
        check_other_files(pem, size);
        check_thumbprint(pem, size);
        return 0;
}
