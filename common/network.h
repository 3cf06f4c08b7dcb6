/* A network, and whether an address lies in it. Pure. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>

typedef struct Network {
        unsigned char bytes[sizeof(struct in6_addr)]; /* in network order; of IPv4 the first four */
        int family;                                   /* AF_INET or AF_INET6 */
        unsigned bits;                                /* how many of them count */
} Network;

/* An address, or a network as ADDRESS/BITS. Returns 0 or -EINVAL. */
int network_from_text(const char *text, Network *ret);
/* In one form; without bits where all of them count. The caller owns it. */
char *network_text(const Network *n);
/* Whether no bit is set behind those that count: "10.1.0.0/16" and not "10.1.2.3/16". */
bool network_is_whole(const Network *n);
/* Whether `host` is an address, and one in the network: a name never is. An IPv4 address that is written as an IPv6
 * one
 * ("::ffff:10.0.0.1") is the IPv4 address. */
bool network_has(const Network *n, const char *host);
