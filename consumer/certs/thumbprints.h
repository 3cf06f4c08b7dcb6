/* The files from which an edge answers HTTP-01: default.thumbprint, and <name>.thumbprint where a name's account is
 * another one. Public; 43 characters of base64url and a newline; mode 0644. */
#pragma once

#include <stddef.h>

/* One name and the thumbprint of its account; borrowed. */
typedef struct NameThumbprint {
        const char *name, *thumbprint;
} NameThumbprint;

/* Makes the files as they should be: `standard` (NULL: stays as it is) for all, and one for each of `items` that
 * differs from it; others of ours (regular files that hold a thumbprint) are removed. Names are domains in their one
 * form; "*." needs none (DNS-01), and one of a single label or that is too long for a file has none: its self-check
 * fails and says so. Where one file cannot be written the others are all the same. Does not touch what is right
 * already. Returns 0, or the first -errno with a message, owned by the caller. */
int thumbprints_write(const char *directory, const char *standard, const NameThumbprint *items, size_t count,
                      char **ret_message);
