/* A site that outlives the sites it is from. Pure. */
#pragma once

#include "consumer/sites.h"

/* All but the notes. site_done() frees it. */
void site_copy(Site *ret, const Site *from);
