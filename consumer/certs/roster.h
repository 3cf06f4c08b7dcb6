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
        struct Issuance *issuance;  /* whose it is; borrowed */
} Roster;

Roster *roster_new(const CertsPolicy *policy, ManagedPlaces places, const char *directory, const char *client,
                   int64_t now);
Roster *roster_free(Roster *r);
DEFINE_CLEANUP(Roster *, roster_free);

/* From now on its certificates are this one's. */
void roster_belong(Roster *r, struct Issuance *issuance);

Managed *roster_find(const Roster *r, const char *base);
Managed *roster_find_or_make(Roster *r, const char *base, int64_t now);

/* Brings it to what the sites want. Orders for what is not wanted so any more are given up. */
void roster_settle(Roster *r, const Sites *sites, int64_t now);

/* Lets names of `m` go on by themselves: because of them the others get no certificate. What `m` has installed stays
 * with all of them until each has its own. The caller settles the roster afterwards. */
void roster_isolate(Roster *r, Managed *m, const StringList *names, int64_t now);
/* Takes back the isolated names of the certificate to which `m` belongs that have been issued well since. Returns
 * whether there were any; the caller settles the roster then. */
bool roster_rejoin(Roster *r, const Managed *m, const Sites *sites);

/* The files that HTTP-01 is answered from, for those accounts that have a key. */
void roster_write_thumbprints(const Roster *r);
