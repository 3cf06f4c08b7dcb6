/* Who an edge is to the others. */
#include "consumer/certs/edge-token.h"

#include "common/memory.h"
#include "common/text.h"
#include "consumer/digest.h"

#include <limits.h>
#include <string.h>
#include <systemd/sd-id128.h>

enum {
        HOST_SHOWN = 64,
        ID_DIGITS = 16,
};

/* As it is, it goes nowhere: the machine id is nobody else's business. */
static sd_id128_t machine_id(void) {
        sd_id128_t id;

        if (sd_id128_get_machine(&id) >= 0 || sd_id128_get_boot(&id) >= 0)
                return id;
        return SD_ID128_NULL;
}

char *edge_token(const char *state_directory) {
        char host[HOST_NAME_MAX + 1] = "", digest[DIGEST_SIZE];
        sd_id128_t machine = machine_id();

        (void)gethostname(host, sizeof host - 1);
        const struct iovec pieces[] = {
                { "beachhead-edge", sizeof "beachhead-edge" },
                { &machine, sizeof machine },
                { host, strlen(host) + 1 },
                { (char *)state_directory, strlen(state_directory) },
        };
        digest_hex(pieces, sizeof pieces / sizeof *pieces, digest);
        _cleanup_free_ char *shown = printable(host, strlen(host), HOST_SHOWN);
        return xasprintf("%.*s (%.*s)", HOST_SHOWN, shown, ID_DIGITS, digest);
}
