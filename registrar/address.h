/* Where others can reach a container. Pure. */
#pragma once

#include "beachhead/registration.h"
#include "common/text.h"
#include "registrar/container.h"

typedef enum Advertise {
        ADVERTISE_CONTAINER, /* the container's own address on a network */
        ADVERTISE_PUBLISHED, /* the node's address and the port that is published there */
} Advertise;

typedef struct AddressPolicy {
        Advertise advertise;
        const StringList *networks; /* --network: only these, in this order; empty: all in the order of their names */
        bool prefer_ipv6;           /* --prefer-ipv6: of a network that gives both, the IPv6 address */
        bool by_name;               /* --docker-network: the container's name instead of an address */
        const char *node_address;   /* --node-address; NULL: none was given */
        bool only_exposed;          /* --only-exposed: no port that the container does not expose */
} AddressPolicy;

/* The endpoint for a port of a container: the address that it gives itself, whatever the policy; else the first
 * network in name order that has an address (IPv4 before IPv6, unless prefer_ipv6; "ingress" left out); a container on
 * the host's network is reached at the node's address, 127.0.0.1 without one. Published ports need --node-address,
 * unless they are bound to one address. Returns 0 and sets *ret (owned by the caller), -ENOENT where nothing can reach
 * it, or -ENXIO where only_exposed rules the port out; both with the reason, a sentence about "it", in *ret_reason
 * (owned by the caller). */
int container_endpoint(const Container *c, const AddressPolicy *policy, uint16_t port, Endpoint *ret,
                       char **ret_reason);

/* nginx-proxy's default: the only exposed or published TCP port; 80 where there are none or several. */
uint16_t container_default_port(const Container *c);
bool container_exposes(const Container *c, uint16_t port);
