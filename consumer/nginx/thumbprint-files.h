/* With which ACME accounts challenges of HTTP-01 are answered: default.thumbprint in the directory of certificates,
 * and <host>.thumbprint for a host whose account is another one. Each holds the thumbprint of an account's key (RFC
 * 7638, SHA-256) in base64url, and perhaps the end of a line. */
#pragma once

#include "common/text.h"
#include "consumer/nginx/file-set.h"

#include <stdbool.h>
#include <stddef.h>

enum {
        THUMBPRINT_LENGTH = 43,
        THUMBPRINT_FILE_MAX = 64,      /* bytes */
        THUMBPRINT_FILES_MAX = 100000, /* hosts with one of their own; in a larger directory the first ones count */
};

typedef struct HostThumbprint {
        char *host; /* in its one form (server-name.h), no pattern: that is how clients ask for it */
        char *thumbprint;
} HostThumbprint;

/* {0}: there are none. */
typedef struct ThumbprintFiles {
        char *standard;        /* NULL: none that can be used */
        HostThumbprint *items; /* in the order of their hosts */
        size_t count;
} ThumbprintFiles;

/* Returns 0 and a string that the caller owns, or -EINVAL. Pure. */
int thumbprint_parse(const char *bytes, size_t size, char **ret);

/* Fills *ret, which is {0}. What cannot be used is named in `reasons`. In a directory that cannot be listed, no host
 * has one of its own. */
void thumbprint_files_read(const FileSet *files, ThumbprintFiles *ret, StringList *reasons);
void thumbprint_files_done(ThumbprintFiles *t);
/* Whether there is any; NULL: none. */
bool thumbprint_files_any(const ThumbprintFiles *t);
