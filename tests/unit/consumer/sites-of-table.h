/* The sites of a table that nobody follows. */
#pragma once

#include "consumer/sites-index.h"

static inline Sites *sites_from_table(Table *t, const Claims *claims) {
        _cleanup_(sites_index_freep) SitesIndex *index = sites_index_new(t, claims);

        return sites_index_take(index);
}
