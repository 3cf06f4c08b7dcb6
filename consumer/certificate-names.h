/* What the names of a certificate say. Pure. */
#pragma once

#include "common/text.h"

#include <stdbool.h>

/* Whether a certificate for these names is valid for the domain, by name or by a wildcard one label up; for a wildcard
 * where it is among them. All in their one form. */
bool certificate_names_cover(const StringList *names, const char *domain);
/* The name with which a wildcard one label up would cover the domain: "*.example.org" for "www.example.org". NULL
 * where the domain has one label. The caller owns it. */
char *certificate_wildcard_of(const char *domain);
