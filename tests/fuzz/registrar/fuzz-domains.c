/* Domain-specs from any text: what is taken is valid, what is refused says why. */
#include "common/server-name.h"
#include "registrar/domains.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_spec(const DomainSpec *spec) {
        _cleanup_free_ char *domain = NULL, *reason = NULL;
        ServerNameKind kind;

        if (server_name_normalize(spec->domain, &domain, &kind, &reason) < 0 || strcmp(domain, spec->domain) != 0 ||
            (spec->http_port == 0 && spec->https_port == 0))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = xstrndup(size > 0 ? (const char *)data : "", size), *message = NULL;
        _cleanup_(domain_specs_done) DomainSpecs d = { 0 };
        _cleanup_string_list_ StringList warnings = { 0 };

        int r = domain_specs_parse(text, &d, &warnings, &message);
        if ((r == 0) != (message == NULL) || (r < 0 && d.count > 0))
                abort();
        for (size_t i = 0; i < d.count; i++)
                check_spec(&d.specs[i]);
        return 0;
}
