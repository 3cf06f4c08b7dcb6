/* Any bytes as a sealed value, and as what is to be sealed. */
#include "common/memory.h"
#include "consumer/certs/seal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_round(const SealKey *key, const char *bytes, size_t size) {
        _cleanup_free_ char *sealed = seal(key, "place", bytes, size), *text = NULL;
        size_t text_size = 0;

        if (unseal(key, "place", sealed, &text, &text_size) < 0 || text_size != size || memcmp(text, bytes, size) != 0)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
        static const char file[] = "0123456789abcdef0123456789abcdef";
        _cleanup_free_ char *sealed = xstrndup((const char *)bytes, size), *text = NULL;
        size_t text_size = SIZE_MAX;
        SealKey key, any;

        if (seal_key_from_bytes(&key, file, sizeof file - 1) < 0)
                abort();
        (void)seal_key_from_bytes(&any, (const char *)bytes, size);
        int r = unseal(&key, "pair a.org", sealed, &text, &text_size);
        if ((r < 0) != (text == NULL) || (r < 0) != (text_size == SIZE_MAX) || (text && text[text_size] != '\0'))
                abort();
        if (size > 0)
                check_round(&key, (const char *)bytes, size);
        return 0;
}
