/* The hosts that VIRTUAL_HOST or VIRTUAL_HOST_MULTIPORTS asks for, and the paths of each. Pure. */
#pragma once

#include "beachhead/registration.h"
#include "common/server-name.h"
#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How one path of a host is served. */
typedef struct PathSpec {
        char *path; /* "/…", or "~" and a regular expression; NULL: "/" */
        char *dest; /* "/…"; NULL: the path stays */
        Protocol proto;
        uint16_t port; /* 0: the container's default */
} PathSpec;

typedef struct HostSpec {
        char *domain; /* in the form of server_name_normalize() */
        ServerNameKind kind;
        EdgeSettings settings; /* what is said of this host alone */
        PathSpec *paths;
        size_t n_paths;
} HostSpec;

typedef struct HostSpecs {
        HostSpec *items;
        size_t count;
} HostSpecs;

typedef enum PathPart {
        PATH_PART_PATH,
        PATH_PART_DEST,
        PATH_PART_PROTO,
        PATH_PART_PORT,
        _PATH_PART_COUNT,
} PathPart;

/* Takes a part from its text. Returns 0, or -EINVAL with what is wrong with it in *ret_reason ("is no …"; owned by the
 * caller). */
int path_spec_set(PathSpec *p, PathPart part, const char *text, char **ret_reason);
/* Puts the parts into their one form. *ret_dest_ignored: there was a destination, and the protocol has no use for one.
 * Returns NULL, or why there cannot be such a destination ("cannot …"). */
const char *path_spec_settle(PathSpec *p, bool *ret_dest_ignored);
PathSpec path_spec_copy(const PathSpec *p);
void path_spec_done(PathSpec *p);

/* A domain as people write it: in their own script too, a pattern, a regular expression, an address. Returns 0 and a
 * string that the caller owns, or -EINVAL with what is wrong with it in *ret_reason ("is no …"; owned by the caller).
 */
int host_name_read(const char *text, char **ret, ServerNameKind *ret_kind, char **ret_reason);

/* The next item of a comma list that is not empty, trimmed; NULL at the end. The caller owns it. */
char *host_list_next(const char **cursor);

/* Appends a path, and owns what it points to from now on. */
void host_spec_take_path(HostSpec *h, PathSpec p);
void host_spec_done(HostSpec *h);

bool host_specs_contain(const HostSpecs *h, const char *domain);
/* Appends a host, and owns what it points to from now on. */
void host_specs_take(HostSpecs *h, HostSpec host);
void host_specs_done(HostSpecs *h);
