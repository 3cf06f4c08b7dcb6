/* Any text as a Redis URL: refused with a message, or what it describes means the same place. */
#include "common/redis-url.h"
#include "common/text.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
        _cleanup_free_ char *text = xstrndup((const char *)bytes, size), *message = NULL;
        _cleanup_(redis_url_freep) RedisUrl *u = NULL, *again = NULL;

        if (redis_url_parse(text, &u, &message) < 0) {
                if (!message || u)
                        abort();
                return 0;
        }
        if (!!u->place.host + !!u->socket_path + !!u->master != 1 || (u->place.host && u->place.port == 0))
                abort();
        if (!u->master != !u->n_sentinels || u->n_sentinels > REDIS_SENTINELS_MAX)
                abort();
        for (size_t i = 0; i < u->n_sentinels; i++)
                if (!u->sentinels[i].host || u->sentinels[i].port == 0)
                        abort();
        if (u->socket_path) /* described for people, not encoded again */
                return 0;
        _cleanup_free_ char *described = redis_url_describe(u), *same = NULL;
        if (redis_url_parse(described, &again, &message) < 0)
                abort();
        same = redis_url_describe(again);
        if (strcmp(described, same) != 0 || again->user || again->password)
                abort();
        return 0;
}
