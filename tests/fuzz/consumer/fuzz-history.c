/* A certificate's history as a file: whatever lies there, what is taken from it is sound, is written again with the
 * same bytes as often as it is read, and still is after more has happened. */
#include "consumer/certs/history.h"

#include <stdint.h>
#include <string.h>

enum { NOW = 1700000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
        if (!holds)
                abort();
}

static void require_sorted(const int64_t *times, size_t count) {
        require(count <= HISTORY_ORDERS_MAX);
        for (size_t i = 0; i < count; i++)
                require(times[i] >= (i > 0 ? times[i - 1] : 0));
}

static void require_sound(const History *h) {
        require_sorted(h->orders, h->n_orders);
        require_sorted(h->issued, h->n_issued);
        require(h->failures <= HISTORY_FAILURES_MAX);
        require(h->failures > 0 || (!h->asked && !h->reason && h->failing_since == 0 && h->retry_at == 0));
        require(!h->reason || strlen(h->reason) <= HISTORY_REASON_MAX);
        require(history_retry_at(h, "asked", NOW) <= NOW + HISTORY_WAIT_MAX_SEC);
        (void)history_is_spent(h, NOW);
}

static void require_kept(const History *h) {
        _cleanup_free_ char *bytes = history_encode(h);
        _cleanup_(history_freep) History *again = NULL;

        require(strlen(bytes) <= HISTORY_BYTES_MAX);
        require(history_decode(&again, bytes, strlen(bytes)) == 0);
        require_sound(again);
        _cleanup_free_ char *bytes_again = history_encode(again);
        require(strcmp(bytes, bytes_again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(history_freep) History *h = NULL;
        const char *bytes = size > 0 ? (const char *)data : "";
        _cleanup_free_ char *reason = xstrndup(bytes, size);

        if (history_decode(&h, bytes, size) < 0)
                h = history_new();
        require_sound(h);
        require_kept(h);
        history_ordered(h, NOW);
        history_failed(h, "asked", NOW, 60, (int64_t)size, 0.5, reason);
        require(h->retry_at > NOW && h->retry_at <= NOW + HISTORY_WAIT_MAX_SEC);
        require_kept(h);
        history_issued(h, NOW, "https://ca.example/", NULL, NULL);
        require_sound(h);
        require_kept(h);
        return 0;
}
