/* Which site has which port of its own, and how: nginx speaks either HTTP or TLS on a port, for all sites on it. Pure.
 */
#pragma once

#include "common/memory.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct PortClaims PortClaims;

PortClaims *port_claims_new(void);
PortClaims *port_claims_free(PortClaims *c);
DEFINE_CLEANUP(PortClaims *, port_claims_free);

/* Claims the port for a domain (borrowed). Returns NULL, or the first domain that has it the other way; nothing is
 * claimed then. */
const char *port_claims_add(PortClaims *c, uint16_t port, bool tls, const char *domain);
