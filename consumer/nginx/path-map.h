/* How an nginx that runs elsewhere, in a container for instance, calls the files that lie here. Pure. */
#pragma once

#include "common/text.h"

#include <stddef.h>

/* What lies below `here` lies below `there` for nginx; both are absolute, without a last slash ("" is the root). */
typedef struct PathMap {
        char *here, *there;
} PathMap;

typedef struct PathMaps {
        PathMap *items;
        size_t count;
} PathMaps;

/* Adds "HERE:THERE". Returns 0 or -EINVAL. */
int path_maps_add(PathMaps *m, const char *text);
void path_maps_done(PathMaps *m);
#define _cleanup_path_maps_ _cleanup_(path_maps_done)

/* The path as nginx calls it, and one of nginx's as it is called here: by the map with the longest match, as it is
 * without one. The caller owns the result. */
char *path_there(const PathMaps *m, const char *path);
char *path_here(const PathMaps *m, const char *path);
