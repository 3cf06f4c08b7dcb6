/* The sites as one JSON document, for programs that are not ours; see beachhead-sites(5). Pure. */
#pragma once

#include "consumer/sites.h"

enum { SITES_JSON_VERSION = 1 };

/* The same bytes for the same sites; the caller owns them. */
char *sites_json(const Sites *s);
