/* All certificates that are kept: as the sites want them, without the names that fail. */
#pragma once

#include "common/memory.h"
#include "consumer/certs/accounts.h"
#include "consumer/certs/managed.h"
#include "consumer/certs/wanted.h"

#include <stdbool.h>

typedef struct Roster {
        ManagedPlaces places;
        CertsPolicy policy; /* borrows */
        Accounts *accounts;
        WantedCertificates *wanted; /* as they are to be now; NULL before the first roster_settle() */
        Managed *all;               /* by base: those that are wanted, and those that are isolated */
        char *trouble;              /* with the files of HTTP-01, as it was said; NULL: none */
        struct Issuance *issuance;  /* whose its certificates are; borrowed */
} Roster;

/* Reads nothing before the first roster_settle(): another one may still write. */
Roster *roster_new(const CertsPolicy *policy, ManagedPlaces places, const char *directory, const char *client);
Roster *roster_free(Roster *r);
DEFINE_CLEANUP(Roster *, roster_free);

Managed *roster_find(const Roster *r, const char *base);
Managed *roster_find_or_make(Roster *r, const char *base, int64_t now);

/* Brings it to what the sites want. Orders for what is not wanted so any more are given up. */
void roster_settle(Roster *r, const Sites *sites, int64_t now);

/* Lets names of `m` go on by themselves: because of them the others get no certificate. What `m` has installed stays
 * with all of them until each has its own. The caller settles the roster afterwards. */
void roster_isolate(Roster *r, Managed *m, const StringList *names, int64_t now);
/* Lets one of them be served by what `m` has installed whatever `m` becomes; nothing more. The same holds. */
void roster_serve_alone(Roster *r, const Managed *m, const char *name, int64_t now);
/* Takes back the isolated names of the certificate to which `m` belongs that have been issued well since, and adds
 * them to the list; the caller settles the roster where there are any. */
void roster_rejoin(Roster *r, const Managed *m, const Sites *sites, StringList *ret);
/* Forgets what is known of certificates that nobody wants, on disk too, where that limits nothing any more. */
void roster_prune(Roster *r, int64_t now);

/* The files that HTTP-01 is answered from, for those accounts that have a key. */
void roster_write_thumbprints(Roster *r);
