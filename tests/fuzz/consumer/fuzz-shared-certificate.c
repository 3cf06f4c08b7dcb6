/* What another edge says of a certificate: whatever it is, what is taken from it is sound, and is told on as it is. */
#include "consumer/certs/shared-certificate.h"

#include "consumer/certs/private-key.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
        if (!holds)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        SharedCertificateText t = { 0 }, again = { 0 };

        if (shared_certificate_decode(&t, size > 0 ? (const char *)data : "", size) < 0) {
                require(!t.history && !t.chain && !t.key);
                return 0;
        }
        require(t.certificate.history == t.history && t.certificate.chain == t.chain && t.certificate.key == t.key);
        _cleanup_secret_ char *json = shared_certificate_encode(&t.certificate);
        require(shared_certificate_decode(&again, json, strlen(json)) == 0);
        _cleanup_secret_ char *json_again = shared_certificate_encode(&again.certificate);
        require(strcmp(json, json_again) == 0);
        shared_certificate_done(&again);
        shared_certificate_done(&t);
        return 0;
}
