/* What other edges have, taken over where it is newer than what lies here. */
#pragma once

#include "consumer/certs/roster.h"
#include "consumer/certs/sharing.h"

#include <stdbool.h>

/* Fetches what was not looked at yet; where there is nobody to share with, that counts as looked at. */
void adoption_fetch(Roster *r, Sharing *s);
/* All of it is to be looked at again. */
void adoption_forget(Roster *r);

/* Puts there what this edge, if it issues, has of a certificate: pair and history. */
void adoption_put(const Roster *r, Sharing *s, const Managed *m);

/* Takes what was fetched (NULL: nobody has it), or puts there what this edge, if it issues, has instead. Return
 * whether the roster has to be settled. */
bool adoption_account(Roster *r, Sharing *s, const char *id, const char *key_pem);
bool adoption_certificate(Roster *r, Sharing *s, const char *base, const SharedCertificate *shared, int64_t now);
