/* The manifest of a node: which machine publishes there, and what. A registration that is not in Redis and not in
 * its node's live manifest is gone on purpose; one that the manifest lists is only missing.
 * Includes nothing of ours; see beachhead-registration(5) for the same in words. */
#pragma once

#include "beachhead/histogram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        MANIFEST_VALUE_MAX = 8 * 1024 * 1024, /* bytes of one manifest; a longer one is refused unread */
        MANIFEST_LEASE_WITHOUT_EXPIRY = 60,   /* seconds that a manifest lives where registrations do not expire */
};

typedef struct Manifest {
        char *machine;    /* machine id of the registrar */
        char *version;    /* of the registrar */
        char **instances; /* what it publishes, sorted */
        size_t n_instances;
        uint64_t containers;        /* running containers it knows of, with domains or without */
        char *engine;               /* "connected", "away" while its Engine does not answer, or "none" */
        Histogram event_to_publish; /* from an event of the Engine until Redis holds what follows; without bounds: the
                                     * registrar does not say */
} Manifest;

/* Returns 0 and a manifest that the caller owns, -E2BIG or -EBADMSG; *ret is then untouched. */
int manifest_decode(Manifest **ret, const char *bytes, size_t size);
/* The same bytes for the same manifest; the caller owns them. Sorts nothing: `instances` must be sorted. */
char *manifest_encode(const Manifest *m);
/* Whether the instance is among those the manifest lists. */
bool manifest_lists(const Manifest *m, const char *instance);
Manifest *manifest_free(Manifest *m);
