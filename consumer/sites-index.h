/* The sites of a table, kept up to date as it changes: only what a change touches is made anew. Pure. */
#pragma once

#include "common/memory.h"
#include "consumer/claims.h"
#include "consumer/sites.h"
#include "consumer/table.h"

typedef struct SitesIndex SitesIndex;

/* Follows the table, which must outlive it, as the claims must; what those refuse is set aside; NULL: they refuse
 * nothing. */
SitesIndex *sites_index_new(Table *t, const Claims *claims);
SitesIndex *sites_index_free(SitesIndex *s);
DEFINE_CLEANUP(SitesIndex *, sites_index_free);

/* What the table comes to now. The caller owns it; it shares what has not changed with those that were taken before.
 */
Sites *sites_index_take(SitesIndex *s);
