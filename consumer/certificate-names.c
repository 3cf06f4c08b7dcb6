/* Names of certificates. */
#include "consumer/certificate-names.h"

#include <string.h>

bool certificate_names_cover(const StringList *names, const char *domain) {
        _cleanup_free_ char *wildcard = certificate_wildcard_of(domain);

        return string_list_contains(names, domain) || (wildcard && string_list_contains(names, wildcard));
}

char *certificate_wildcard_of(const char *domain) {
        const char *parent = strchr(domain, '.');

        return parent ? xasprintf("*%s", parent) : NULL;
}
