/* VIRTUAL_HOST and its companions, or VIRTUAL_HOST_MULTIPORTS in place of them: what nginx-proxy reads. Pure.
 * Source: parity with nginx-proxy of summer 2026, see beachhead-registration(5). */
#pragma once

#include "beachhead/registration.h"
#include "common/text.h"
#include "registrar/address.h"
#include "registrar/container.h"
#include "registrar/edge-variables.h"

/* Appends a route for each host and path, in their order, except for hosts that the registration already has
 * (BEACHHEAD_DOMAINS wins). HTTPS_METHOD and the terms apply to all of them. A host that is none is left out; so are
 * all of them where a value that would narrow them cannot be understood: nothing is published wider than asked. Each
 * such value gets a message in `problems` that names variable and value. What is right but cannot be reached, or is
 * ruled out by --only-exposed, or is ignored, gets one in `warnings`. */
void virtual_host_routes(const Container *c, const AddressPolicy *policy, const EdgeTerms *terms, Registration *r,
                         StringList *problems, StringList *warnings);
