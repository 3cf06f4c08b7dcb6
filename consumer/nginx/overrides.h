/* The operator's own files beside a site, named as nginx-proxy names them. A regular expression, as a host or as a
 * path, is named by its SHA-1 (with the "~"); every path is named by the SHA-1 of it.
 *
 *   vhost.d/HOST                    into the server blocks;              else vhost.d/default
 *   vhost.d/HOST_SHA1_location      into that path's location;           for "/" else HOST_location, else
 * default_location vhost.d/HOST_SHA1_location_override   in place of that path's location; for "/" else
 * HOST_location_override htpasswd/HOST                   basic authentication of the site; htpasswd/HOST_SHA1 of that
 * path, before that of the site */
#pragma once

#include "common/memory.h"
#include "common/text.h"
#include "consumer/digest.h"
#include "consumer/nginx/file-set.h"
#include "consumer/sites.h"

#include <stdbool.h>

enum { OVERRIDE_MAX = 256 * 1024 }; /* bytes of a file that are looked at */

typedef struct OverrideFile {
        char *path;               /* absolute; NULL: there is none */
        char *text;               /* what it holds; of an htpasswd file NULL, it is not looked into */
        char digest[DIGEST_SIZE]; /* hex SHA-256 of it; of an htpasswd file "", since nginx reads it at each request */
        StringList directives;    /* what the text sets: conf_add_directives() */
        StringList targets;       /* to whom it hands on requests: conf_add_targets() */
        bool shared; /* vhost.d/default or default_location: no site's own, all but the path is borrowed */
} OverrideFile;

/* One a location, in their order. */
typedef struct LocationOverrides {
        OverrideFile include;   /* into the location */
        OverrideFile replacing; /* in its place; an include at the level of the server */
        OverrideFile htpasswd;
} LocationOverrides;

typedef struct Overrides {
        OverrideFile server; /* into both server blocks */
        LocationOverrides *locations;
        size_t n_locations;
} Overrides;

/* Where the files are, and those that all sites share. */
typedef struct OverrideDirs {
        FileSet *vhosts, *passwords;
        OverrideFile server, location; /* vhost.d/default, default_location */
        OverrideFile everywhere;       /* into no site: before all servers */
} OverrideDirs;

/* Fills the lists, which are empty, from the text. */
void override_file_parse(OverrideFile *f);

/* The directories are borrowed and may be NULL; `everywhere` is a path, or NULL. */
void override_dirs_read(OverrideDirs *ret, const char *vhost_dir, const char *htpasswd_dir, const char *everywhere);
void override_dirs_done(OverrideDirs *d);

/* A file that is there and cannot be read, or is larger than OVERRIDE_MAX, is named all the same, with an empty text
 * and a digest of its inode and times: without it the site might show what it is to hide. So is a link that leads
 * nowhere. NULL without any file. What is shared must outlive the result. */
Overrides *overrides_read(const Site *site, const OverrideDirs *dirs);
Overrides *overrides_free(Overrides *o);
DEFINE_CLEANUP(Overrides *, overrides_free);

/* All of them as one row, from 0 on; those without a path too. None of NULL. */
size_t overrides_count(const Overrides *o);
OverrideFile *overrides_at(const Overrides *o, size_t index);
