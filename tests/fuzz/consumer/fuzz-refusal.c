/* nginx's output, its error log, and an include: read for the site that is meant. */
#include "common/memory.h"
#include "consumer/nginx/refusal.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
        _cleanup_free_ char *text = xstrndup((const char *)bytes, size), *bind_words = NULL;
        _cleanup_(refusal_done) Refusal refusal = { 0 };
        SitePart range = { 1, 10, "" };
        Rendering rendering = { .parts = &range, .n_parts = 1 };
        const Overrides overrides = { .server = { .path = (char *)"/v" } };
        Vhost vhost = { .overrides = &overrides };

        refusal_parse(&refusal, text);
        if (!refusal.words || refusal_vhost(&refusal, "/c", &vhost, 1, &rendering) == 1)
                abort();
        _cleanup_free_ char *words = reload_failure(text, &bind_words);
        (void)conf_listens_on(text, refusal_bind_port(words ? words : refusal.words));
        return 0;
}
