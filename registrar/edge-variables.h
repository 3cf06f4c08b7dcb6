/* What a container chooses about how the edge serves it, from variables and labels. Pure. */
#pragma once

#include "beachhead/registration.h"
#include "common/text.h"
#include "registrar/container.h"

#include <stdbool.h>

/* What holds for all domains of a container. */
typedef struct EdgeTerms {
        EdgeSettings settings;
        bool internal; /* NETWORK_ACCESS: for internal networks alone */
} EdgeTerms;

/* A value that is wrong gets a message in `problems` and is left out. Returns 0, or -EINVAL where a value was one
 * without which the container would be published wider than it asks: then none of its domains may be. */
int edge_terms_read(const Container *c, EdgeTerms *ret, StringList *problems);

/* The setting (variables.h) because of which a reader must understand `requires` to keep to them; NULL: none. */
const char *edge_terms_requiring(const EdgeTerms *t);

/* Gives the settings to a route whose protocol stands, where it has not its own, and asks for what they require. */
void edge_terms_apply(const EdgeTerms *t, Route *route);
void edge_terms_done(EdgeTerms *t);
