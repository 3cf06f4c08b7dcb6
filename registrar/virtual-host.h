/* VIRTUAL_HOST and its companions, LETSENCRYPT_HOST and ACME_HOST: what nginx-proxy and acme-companion read. Pure.
 * Source: parity with nginx-proxy and acme-companion of summer 2026, see beachhead-registration(5). */
#pragma once

#include "beachhead/registration.h"
#include "common/text.h"
#include "registrar/address.h"
#include "registrar/container.h"

/* Appends a route for each host of VIRTUAL_HOST, in its order, except those the registration already has
 * (BEACHHEAD_DOMAINS wins). VIRTUAL_PORT, VIRTUAL_PATH, VIRTUAL_DEST, VIRTUAL_PROTO, HTTPS_METHOD and NETWORK_ACCESS
 * apply to all of them. A host that is no domain is left out; so are all of them where a value that would narrow them
 * cannot be understood: nothing is published wider than asked. Each such value gets a message in `problems` that names
 * variable and value. What is right but cannot be reached, or is ruled out by --only-exposed, gets one in `warnings`.
 */
void virtual_host_routes(const Container *c, const AddressPolicy *policy, Registration *r, StringList *problems,
                         StringList *warnings);

/* Adds the certificate that LETSENCRYPT_HOST or ACME_HOST asks for to the route of its first name (a new
 * "certificate-only" route where there is none). ACME_SINGLE_DOMAIN_CERTS: one certificate for each name. */
void certificate_wishes(const Container *c, Registration *r, StringList *problems);
