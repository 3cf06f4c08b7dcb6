/* Networks and the addresses in them. Pure. */
#include "common/network.h"

#include "common/memory.h"
#include "common/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static unsigned all_bits(int family) {
        return family == AF_INET6 ? 128 : 32;
}

static int parse_address(const char *text, Network *ret) {
        Network n = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

        if (inet_pton(n.family, text, n.bytes) != 1)
                return -EINVAL;
        n.bits = all_bits(n.family);
        *ret = n;
        return 0;
}

int network_from_text(const char *text, Network *ret) {
        const char *slash = strchr(text, '/');
        _cleanup_free_ char *address = slash ? xstrndup(text, (size_t)(slash - text)) : xstrdup(text);
        Network n;
        uint64_t bits;

        if (parse_address(address, &n) < 0)
                return -EINVAL;
        if (slash) {
                if (parse_unsigned(slash + 1, 0, n.bits, &bits) < 0)
                        return -EINVAL;
                n.bits = (unsigned)bits;
        }
        *ret = n;
        return 0;
}

char *network_text(const Network *n) {
        char address[INET6_ADDRSTRLEN];

        (void)inet_ntop(n->family, n->bytes, address, sizeof address);
        return n->bits == all_bits(n->family) ? xstrdup(address) : xasprintf("%s/%u", address, n->bits);
}

/* Those of byte `i` that count. */
static unsigned char mask(const Network *n, unsigned i) {
        return n->bits >= (i + 1) * 8 ? 0xff : n->bits <= i * 8 ? 0 : (unsigned char)(0xff << (8 - n->bits % 8));
}

bool network_is_whole(const Network *n) {
        for (unsigned i = 0; i < all_bits(n->family) / 8; i++)
                if (n->bytes[i] & ~mask(n, i))
                        return false;
        return true;
}

static void unmap(Network *address) {
        static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

        if (address->family != AF_INET6 || memcmp(address->bytes, mapped, sizeof mapped) != 0)
                return;
        memmove(address->bytes, address->bytes + sizeof mapped, 4);
        address->family = AF_INET;
}

bool network_has(const Network *n, const char *host) {
        Network address;

        if (parse_address(host, &address) < 0)
                return false;
        unmap(&address);
        if (address.family != n->family)
                return false;
        for (unsigned i = 0; i * 8 < n->bits; i++)
                if ((address.bytes[i] ^ n->bytes[i]) & mask(n, i))
                        return false;
        return true;
}
