/* LETSENCRYPT_HOST and ACME_HOST: what acme-companion reads. Pure.
 * Source: parity with acme-companion of summer 2026, see beachhead-registration(5). */
#pragma once

#include "beachhead/registration.h"
#include "common/text.h"
#include "registrar/container.h"

/* Adds the certificate that LETSENCRYPT_HOST or ACME_HOST asks for to the route of its first name (a new
 * "certificate-only" route where there is none), on the terms that stand beside it. ACME_SINGLE_DOMAIN_CERTS: one
 * certificate for each name. Each name of a variable with "ACME_" goes before the one with "LETSENCRYPT_". */
void certificate_wishes(const Container *c, Registration *r, StringList *problems);
