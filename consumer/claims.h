/* Claims: which domains may be served at all, and which may be claimed by whom; the operator's policy. Pure.
 *
 * A pattern is a name, an address, "*.example.org" (all names below it, at any depth, not itself), or "*"
 * (everything). Of several reservations that cover a domain the most specific one decides alone: its name, then the
 * longest "*.…", then "*". What covers more than one name is only taken where it reaches no name that is reserved:
 *
 *   - "*.example.org" while a pattern below it is reserved, unless "*.example.org" is reserved itself and so decides;
 *   - a regular expression, or "www.example.*", while anything but "*" is reserved. */
#pragma once

#include "beachhead/registration.h"
#include "common/memory.h"

enum { CLAIM_OWNERS_MAX = 100 }; /* of one reservation */

typedef struct Claims Claims;

/* Without a rule everybody may claim everything. */
Claims *claims_new(void);
Claims *claims_free(Claims *c);
DEFINE_CLEANUP(Claims *, claims_free);

/* "PATTERN": no domain is served that no such pattern covers. */
int claims_allow(Claims *c, const char *text, const char **ret_rule);
/* "PATTERN OWNER …": these alone may claim what the pattern covers. An owner is "@node", the part behind the "@" of a
 * registration's key; "@" for keys without one; or an address or network, in which every address of a route must lie:
 * one of them is enough. Both return 0, or -EINVAL with what the text has to be in *ret_rule ("must be …"; static). */
int claims_reserve(Claims *c, const char *text, const char **ret_rule);

/* Why the domain, which is in its one form, may not be claimed by this route of the registration at this key, in words
 * that name the rule; NULL: it may. It need not be the route's own: certificates have names too. `c` may be
 * NULL: no rule. The caller owns the result. */
char *claims_refusal(const Claims *c, const char *key, const Route *route, const char *domain);
