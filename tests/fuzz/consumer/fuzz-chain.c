/* Any bytes as what a CA's client gave; what stands behind the first key is the key. */
#include "common/memory.h"
#include "consumer/certs/pair-check.h"

#include <stdlib.h>
#include <string.h>

#define NOW 1700000000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_described(const char *chain, size_t size, const char *key, bool is_good) {
        _cleanup_(installed_done) InstalledCertificate installed = { 0 };
        _cleanup_free_ char *reason = NULL;
        int r = pair_describe(chain, size, key, strlen(key), NOW, &installed, &reason);

        if ((r < 0) != (reason != NULL) || (is_good && r < 0))
                abort();
        for (size_t i = 1; i < installed.names.count; i++)
                if (strcmp(installed.names.items[i - 1], installed.names.items[i]) >= 0)
                        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
        static const char mark[] = "-----BEGIN PRIVATE";
        const char *text = (const char *)bytes, *found = memmem(text, size, mark, sizeof mark - 1);
        size_t chain_size = found ? (size_t)(found - text) : size;
        /* Exactly as large, so that a byte too many is seen. */
        _cleanup_free_ char *chain = xcalloc(chain_size, 1), *key = xstrndup(found ? found : "", size - chain_size);
        _cleanup_string_list_ StringList names = { 0 };
        _cleanup_free_ char *reason = NULL;

        if (chain_size > 0)
                memcpy(chain, text, chain_size);
        string_list_add(&names, "a.org");
        int r = pair_check(chain, chain_size, key, &names, NOW, &reason);
        if ((r == 0) != (reason == NULL))
                abort();
        check_described(chain, chain_size, key, r >= 0);
        return 0;
}
