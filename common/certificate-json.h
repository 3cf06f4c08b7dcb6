/* Wishes for certificates, and their terms, in JSON. Pure. */
#pragma once

#include "beachhead/registration.h"
#include "common/json.h"

/* Adds a member for each term that is said. */
void certificate_terms_encode(cJSON *object, const CertificateTerms *terms);

/* Takes a wish from the object `certificate` of a route. What is wrong with it is noted in the wish: where the names
 * are, it has none; an email or a preferred chain is left out; any other term is an obstacle, for a certificate
 * without it would be another one than is wanted. */
void certificate_wish_decode(const cJSON *object, CertificateWish *ret);
