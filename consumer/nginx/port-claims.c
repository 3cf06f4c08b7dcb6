/* Which site has which port of its own, and how. */
#include "consumer/nginx/port-claims.h"

enum { PORTS = 65536 };

/* The first domain that has it: in clear, by TLS. */
typedef struct Claim {
        const char *by[2];
} Claim;

struct PortClaims {
        Claim *ports; /* NULL: there is none yet */
};

PortClaims *port_claims_new(void) {
        return new0(PortClaims);
}

PortClaims *port_claims_free(PortClaims *c) {
        if (!c)
                return NULL;
        free(c->ports);
        free(c);
        return NULL;
}

const char *port_claims_other(const PortClaims *c, uint16_t port, bool tls) {
        return c->ports ? c->ports[port].by[!tls] : NULL;
}

void port_claims_add(PortClaims *c, uint16_t port, bool tls, const char *domain) {
        if (!c->ports)
                c->ports = xcalloc(PORTS, sizeof *c->ports);
        if (!c->ports[port].by[tls])
                c->ports[port].by[tls] = domain;
}
