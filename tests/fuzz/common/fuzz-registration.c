/* Any bytes as a registration: what is read of them says the same when it is written and read again. As a manifest,
 * too.
 */
#include "beachhead/manifest.h"
#include "beachhead/registration.h"
#include "common/memory.h"

#include <string.h>

DEFINE_CLEANUP(Registration *, registration_free);
DEFINE_CLEANUP(Manifest *, manifest_free);

static void count_problem(void *userdata, const char *domain, const char *reason) {
        (void)domain;
        if (!*reason)
                abort();
        (*(size_t *)userdata)++;
}

static void try_registration(const char *bytes, size_t size) {
        _cleanup_(registration_freep) Registration *r = NULL, *again = NULL;
        _cleanup_free_ char *first = NULL, *second = NULL;
        size_t problems = 0;

        if (registration_decode(&r, bytes, size, count_problem, &problems) < 0 || registration_encode(r, &first) < 0)
                return;
        problems = 0;
        if (registration_decode(&again, first, strlen(first), count_problem, &problems) < 0 || problems > 0)
                abort();
        if (registration_encode(again, &second) < 0 || strcmp(first, second) != 0 || r->n_routes != again->n_routes)
                abort();
}

static void try_manifest(const char *bytes, size_t size) {
        _cleanup_(manifest_freep) Manifest *m = NULL, *again = NULL;

        if (manifest_decode(&m, bytes, size) < 0)
                return;
        _cleanup_free_ char *first = manifest_encode(m), *second = NULL;
        if (manifest_decode(&again, first, strlen(first)) < 0)
                abort();
        second = manifest_encode(again);
        if (strcmp(first, second) != 0)
                abort();
        for (size_t i = 0; i < m->n_instances; i++)
                if (!manifest_lists(again, m->instances[i]))
                        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
        _cleanup_free_ char *copy = xcalloc(size + 1, 1);

        if (size > 0)
                memcpy(copy, bytes, size);
        try_registration(copy, size);
        try_manifest(copy, size);
        return 0;
}
