/* Where others can reach a container: its own address, its name, or the port that the host publishes. */
#include "registrar/address.h"

#include "common/hostname.h"

#include <errno.h>
#include <string.h>

#define HOST_NETWORK_ADDRESS "127.0.0.1"

/* Swarm's network for published ports: what is on it cannot be reached there by others. */
#define INGRESS_NETWORK "ingress"

/* Whether the network gives the container an address. */
static bool take_address(const Network *n, const AddressPolicy *policy, const char **ret) {
        bool ipv6 = n->ipv6 && (policy->prefer_ipv6 || !n->ipv4);

        if (!n->ipv4 && !n->ipv6)
                return false;
        *ret = ipv6 ? n->ipv6 : n->ipv4;
        return true;
}

static const Network *find_network(const Container *c, const char *name) {
        for (size_t i = 0; i < c->n_networks; i++)
                if (strcmp(c->networks[i].name, name) == 0)
                        return &c->networks[i];
        return NULL;
}

static int address_on_chosen_network(const Container *c, const AddressPolicy *policy, const char **ret,
                                     char **ret_reason) {
        const StringList *networks = policy->networks;

        for (size_t i = 0; i < networks->count; i++) {
                const Network *n = find_network(c, networks->items[i]);
                if (n && take_address(n, policy, ret))
                        return 0;
        }
        _cleanup_free_ char *names = string_list_join(networks, ", ");
        *ret_reason = xasprintf("it has no address on the network that --network asks for: %s", names);
        return -ENOENT;
}

static int address_on_any_network(const Container *c, const AddressPolicy *policy, const char **ret,
                                  char **ret_reason) {
        for (size_t i = 0; i < c->n_networks; i++)
                if (strcmp(c->networks[i].name, INGRESS_NETWORK) != 0 && take_address(&c->networks[i], policy, ret))
                        return 0;
        *ret_reason = xstrdup("it has no address on any network");
        return -ENOENT;
}

static int address_of_host(const AddressPolicy *policy, const char **ret, char **ret_reason) {
        if (!policy->node_address && policy->advertise == ADVERTISE_PUBLISHED) {
                *ret_reason = xstrdup("it is on the host's network: say with --node-address=IP where others reach it");
                return -ENOENT;
        }
        *ret = policy->node_address ? policy->node_address : HOST_NETWORK_ADDRESS;
        return 0;
}

static int container_address(const Container *c, const AddressPolicy *policy, const char **ret, char **ret_reason) {
        if (c->host_network)
                return address_of_host(policy, ret, ret_reason);
        if (policy->by_name) {
                if (!endpoint_host_is_valid(c->name)) {
                        *ret_reason = xstrdup("its name, which --docker-network asks for, is no valid host name");
                        return -ENOENT;
                }
                *ret = c->name;
                return 0;
        }
        return policy->networks && policy->networks->count > 0 ? address_on_chosen_network(c, policy, ret, ret_reason)
                                                               : address_on_any_network(c, policy, ret, ret_reason);
}

static bool is_every_address(const char *ip) {
        return strcmp(ip, "0.0.0.0") == 0 || strcmp(ip, "::") == 0;
}

/* The binding through which the node's address reaches the port, or any other; NULL where it is not published. */
static const Port *find_binding(const Container *c, const char *node_address, uint16_t port) {
        const Port *found = NULL;

        for (size_t i = 0; i < c->n_ports; i++) {
                const Port *p = &c->ports[i];
                if (p->container_port != port || p->host_port == 0)
                        continue;
                bool specific = !is_every_address(p->host_ip);
                if (node_address ? !specific || strcmp(p->host_ip, node_address) == 0 : specific)
                        return p;
                if (!found)
                        found = p;
        }
        return found;
}

static int published_endpoint(const Container *c, const AddressPolicy *policy, uint16_t port, Endpoint *ret,
                              char **ret_reason) {
        const Port *p = find_binding(c, policy->node_address, port);
        const char *host = policy->node_address;

        if (!p) {
                *ret_reason = xasprintf("its port %u is not published on this host", port);
                return -ENOENT;
        }
        if (!host && !is_every_address(p->host_ip))
                host = p->host_ip;
        if (!host) {
                *ret_reason = xasprintf("its port %u is published on every address of this host: "
                                        "say with --node-address=IP which one others reach",
                                        port);
                return -ENOENT;
        }
        endpoint_set(ret, host, p->host_port);
        return 0;
}

int container_endpoint(const Container *c, const AddressPolicy *policy, uint16_t port, Endpoint *ret,
                       char **ret_reason) {
        const char *address = NULL;

        if (c->address) {
                endpoint_set(ret, c->address, port);
                return 0;
        }
        if (policy->only_exposed && !container_exposes(c, port)) {
                *ret_reason = xasprintf("its port %u is not exposed, and --only-exposed asks for that", port);
                return -ENXIO;
        }
        if (policy->advertise == ADVERTISE_PUBLISHED && !c->host_network)
                return published_endpoint(c, policy, port, ret, ret_reason);
        int r = container_address(c, policy, &address, ret_reason);
        if (r < 0)
                return r;
        endpoint_set(ret, address, port);
        return 0;
}

uint16_t container_default_port(const Container *c) {
        for (size_t i = 1; i < c->n_ports; i++)
                if (c->ports[i].container_port != c->ports[0].container_port)
                        return 80;
        return c->n_ports > 0 ? c->ports[0].container_port : 80;
}

bool container_exposes(const Container *c, uint16_t port) {
        for (size_t i = 0; i < c->n_ports; i++)
                if (c->ports[i].container_port == port)
                        return true;
        return false;
}
