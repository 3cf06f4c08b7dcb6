/* Any bytes as a certificate file and as its key (the reader of each skips what is not for it). */
#include "common/memory.h"
#include "consumer/nginx/certificate-check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
        const char *pem = (const char *)bytes;
        _cleanup_free_ char *reason = NULL;
        CertificateFacts facts;

        int r = certificate_check(pem, size, pem, size, "a.org", 1700000000, &facts, &reason);
        if ((r < 0) != (reason != NULL))
                abort();
        return 0;
}
