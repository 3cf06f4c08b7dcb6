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

/* The first domain that has the port the other way: in clear if `tls`, else by TLS; NULL without one. */
const char *port_claims_other(const PortClaims *c, uint16_t port, bool tls);
/* Claims the port, which nobody has the other way, for a domain (borrowed). */
void port_claims_add(PortClaims *c, uint16_t port, bool tls, const char *domain);
