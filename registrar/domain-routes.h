/* BEACHHEAD_DOMAINS into routes. Pure. */
#pragma once

#include "beachhead/registration.h"
#include "common/text.h"
#include "registrar/address.h"
#include "registrar/container.h"
#include "registrar/edge-variables.h"

/* Appends a route for each domain of the variable `domains_variable`, in their order. A domain that cannot be reached,
 * or is ruled out by --only-exposed, gets a message in `warnings`. One whose terms need a reader that understands
 * `requires` goes by one endpoint; where it has two, it is left out with a message in `problems`. Returns 0, or
 * -EINVAL with a message that names the variable in *ret_message (owned by the caller). */
int domain_routes(const Container *c, const AddressPolicy *policy, const EdgeTerms *terms,
                  const char *domains_variable, Registration *r, StringList *problems, StringList *warnings,
                  char **ret_message);
