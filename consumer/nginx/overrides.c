/* The operator's own files beside a site. */
#include "consumer/nginx/overrides.h"

#include "common/file.h"
#include "consumer/nginx/conf-syntax.h"
#include "consumer/nginx/file-stamp.h"
#include "consumer/nginx/site-file.h"

#include <string.h>
#include <sys/stat.h>

enum { FILES_PER_LOCATION = sizeof(LocationOverrides) / sizeof(OverrideFile) };

/* Returns whether it is there. */
static bool take_path(OverrideFile *f, const FileSet *files, const char *stem, const char *suffix) {
        f->path = file_set_path(files, stem, suffix);
        return f->path;
}

void override_file_parse(OverrideFile *f) {
        conf_add_directives(f->text, &f->directives);
        conf_add_targets(f->text, &f->targets);
}

static void read_text(OverrideFile *f) {
        size_t size = 0;

        if (file_read(f->path, OVERRIDE_MAX, &f->text, &size) < 0) {
                FileStamp stamp = file_stamp(f->path);
                f->text = xstrdup("");
                digest_hex(&(struct iovec){ &stamp, sizeof stamp }, 1, f->digest);
        } else {
                digest_hex(&(struct iovec){ f->text, size }, 1, f->digest);
        }
        override_file_parse(f);
}

static bool take_file(OverrideFile *f, const FileSet *files, const char *stem, const char *suffix) {
        if (!take_path(f, files, stem, suffix))
                return false;
        read_text(f);
        return true;
}

static void take_shared(OverrideFile *f, const OverrideFile *shared) {
        if (!shared->path)
                return;
        *f = *shared;
        f->path = xstrdup(shared->path);
}

static void file_done(OverrideFile *f) {
        free(f->path);
        if (f->shared)
                return;
        free(f->text);
        string_list_clear(&f->directives);
        string_list_clear(&f->targets);
}

void override_dirs_read(OverrideDirs *ret, const char *vhost_dir, const char *htpasswd_dir, const char *everywhere) {
        struct stat st;

        *ret = (OverrideDirs){ .vhosts = file_set_read(vhost_dir), .passwords = file_set_read(htpasswd_dir) };
        (void)take_file(&ret->server, ret->vhosts, "default", "");
        (void)take_file(&ret->location, ret->vhosts, "default", "_location");
        ret->server.shared = ret->location.shared = true;
        if (!everywhere || lstat(everywhere, &st) < 0)
                return;
        ret->everywhere.path = xstrdup(everywhere);
        read_text(&ret->everywhere);
}

void override_dirs_done(OverrideDirs *d) {
        d->server.shared = d->location.shared = false;
        file_done(&d->server);
        file_done(&d->location);
        file_done(&d->everywhere);
        (void)file_set_free(d->vhosts);
        (void)file_set_free(d->passwords);
        *d = (OverrideDirs){ 0 };
}

/* ---- one path ---- */

typedef struct PathNames {
        const char *host;  /* HOST */
        const char *place; /* HOST_SHA1 */
        bool is_root;
} PathNames;

static void read_include(OverrideFile *f, const OverrideDirs *dirs, const PathNames *names) {
        if (!take_file(f, dirs->vhosts, names->place, "_location") &&
            !(names->is_root && take_file(f, dirs->vhosts, names->host, "_location")))
                take_shared(f, &dirs->location);
}

static void read_replacing(OverrideFile *f, const OverrideDirs *dirs, const PathNames *names) {
        if (!take_file(f, dirs->vhosts, names->place, "_location_override") && names->is_root)
                (void)take_file(f, dirs->vhosts, names->host, "_location_override");
}

static void read_location(LocationOverrides *l, const OverrideDirs *dirs, const PathNames *names) {
        read_include(&l->include, dirs, names);
        read_replacing(&l->replacing, dirs, names);
        if (!take_path(&l->htpasswd, dirs->passwords, names->place, ""))
                (void)take_path(&l->htpasswd, dirs->passwords, names->host, "");
}

/* ---- one site ---- */

/* Most sites have none. */
static bool has_any(const Overrides *o) {
        for (size_t i = 0; i < overrides_count(o); i++)
                if (overrides_at(o, i)->path)
                        return true;
        return false;
}

Overrides *overrides_read(const Site *site, const OverrideDirs *dirs) {
        if (file_set_is_empty(dirs->vhosts) && file_set_is_empty(dirs->passwords))
                return NULL;
        _cleanup_free_ char *host = site_file_name(site->domain);
        Overrides *o = new0(Overrides);
        if (!take_file(&o->server, dirs->vhosts, host, ""))
                take_shared(&o->server, &dirs->server);
        o->n_locations = site->n_locations;
        o->locations = xcalloc(o->n_locations, sizeof *o->locations);
        for (size_t i = 0; i < o->n_locations; i++) {
                const char *path = site->locations[i].path;
                _cleanup_free_ char *place = site_path_file_name(site->domain, path);
                const PathNames names = { .host = host, .place = place, .is_root = strcmp(path, "/") == 0 };
                read_location(&o->locations[i], dirs, &names);
        }
        return has_any(o) ? o : overrides_free(o);
}

size_t overrides_count(const Overrides *o) {
        if (!o)
                return 0;
        return 1 + o->n_locations * FILES_PER_LOCATION;
}

OverrideFile *overrides_at(const Overrides *o, size_t index) {
        if (index == 0)
                return (OverrideFile *)&o->server;
        LocationOverrides *l = &o->locations[(index - 1) / FILES_PER_LOCATION];
        OverrideFile *const files[FILES_PER_LOCATION] = { &l->include, &l->replacing, &l->htpasswd };
        return files[(index - 1) % FILES_PER_LOCATION];
}

Overrides *overrides_free(Overrides *o) {
        if (!o)
                return NULL;
        for (size_t i = 0; i < overrides_count(o); i++)
                file_done(overrides_at(o, i));
        free(o->locations);
        free(o);
        return NULL;
}
