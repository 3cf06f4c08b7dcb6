/* The links into the store's folders. */
#include "consumer/certs/store-links.h"

#include "common/directory.h"
#include "consumer/certs/pair-check.h"
#include "consumer/certs/store-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LINK_STAGED ".beachhead-link"

/* In the order in which they are made: who finds the certificate finds the rest. */
static const struct {
        const char *suffix;
        FolderPart part;
} kinds[] = {
        { ".key", FOLDER_KEY },
        { ".chain.pem", FOLDER_CHAIN },
        { ".crt", FOLDER_FULLCHAIN },
};
enum { KIND_KEY, KIND_CHAIN, KIND_CERTIFICATE, _KIND_COUNT };

/* ---- what stands there ---- */

/* "[./]<folder>/<part>", without a way out. The caller owns the folder; NULL where it is something else. */
static char *folder_of_target(const char *target) {
        const char *from = has_prefix(target, "./") ? target + 2 : target, *slash = strchr(from, '/');

        if (!slash || slash == from || *from == '.')
                return NULL;
        for (FolderPart part = 0; part < _FOLDER_PART_COUNT; part++)
                if (strcmp(slash + 1, folder_part_name(part)) == 0)
                        return xstrndup(from, (size_t)(slash - from));
        return NULL;
}

/* Where a link leads; NULL where there is none, or none that is as short as ours. */
static char *read_target(int directory, const char *link) {
        char target[NAME_MAX + sizeof "./" + sizeof "/fullchain.pem"];
        ssize_t size = readlinkat(directory, link, target, sizeof target);

        return size < 0 || (size_t)size == sizeof target ? NULL : xstrndup(target, (size_t)size);
}

static bool is_missing(int directory, const char *name) {
        struct stat st;

        return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

/* The folder into which a link leads, be it no longer there; the caller owns it. NULL where nothing stands there, or
 * something of the operator's. */
static char *find_holder(int directory, const char *link, bool *ret_foreign) {
        _cleanup_free_ char *target = read_target(directory, link), *folder = target ? folder_of_target(target) : NULL;
        int r = folder ? folder_find(directory, folder) : -EINVAL;

        *ret_foreign = folder ? r < 0 && r != -ENOENT : target || !is_missing(directory, link);
        return *ret_foreign ? NULL : TAKE_PTR(folder);
}

static bool is_into(int directory, const char *link, const char *folder) {
        bool foreign;
        _cleanup_free_ char *holder = find_holder(directory, link, &foreign);

        return streq_or_null(holder, folder);
}

/* NULL where it is too long for a file. */
static char *link_name(const char *name, size_t kind) {
        if (strlen(name) + strlen(kinds[kind].suffix) > NAME_MAX)
                return NULL;
        return xasprintf("%s%s", name, kinds[kind].suffix);
}

bool links_are_foreign(int directory, const char *name) {
        static const int needed[] = { KIND_KEY, KIND_CERTIFICATE };

        for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
                bool foreign = false;
                _cleanup_free_ char *link = link_name(name, needed[i]);
                if (link)
                        free(find_holder(directory, link, &foreign));
                if (foreign)
                        return true;
        }
        return false;
}

/* ---- making them ---- */

static int failed_at(char **ret_link, const char *link, int error) {
        REPLACE_PTR(*ret_link, xstrdup(link));
        return error;
}

static int make_link(int directory, const char *target, const char *link) {
        if (unlinkat(directory, LINK_STAGED, 0) < 0 && errno != ENOENT)
                return -errno;
        if (symlinkat(target, directory, LINK_STAGED) < 0)
                return -errno;
        if (renameat(directory, LINK_STAGED, directory, link) == 0)
                return 0;
        int r = -errno;
        (void)unlinkat(directory, LINK_STAGED, 0);
        return r;
}

/* Nothing where it leads there already, or is the operator's. */
static int point_to(int directory, const char *link, const char *folder, FolderPart part) {
        bool foreign;
        _cleanup_free_ char *target = xasprintf("./%s/%s", folder, folder_part_name(part));
        _cleanup_free_ char *current = read_target(directory, link);
        free(find_holder(directory, link, &foreign));
        return foreign || streq_or_null(current, target) ? 0 : make_link(directory, target, link);
}

static int drop_link(int directory, const char *link, const char *folder) {
        if (!is_into(directory, link, folder) || unlinkat(directory, link, 0) == 0 || errno == ENOENT)
                return 0;
        return -errno;
}

static bool has_part(int directory, const char *folder, FolderPart part) {
        _cleanup_free_ char *path = xasprintf("%s/%s", folder, folder_part_name(part));
        struct stat st;

        return fstatat(directory, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int settle_link(int directory, const char *link, const char *folder, FolderPart part) {
        return has_part(directory, folder, part) ? point_to(directory, link, folder, part)
                                                 : drop_link(directory, link, folder);
}

static int set_links_of(int directory, const char *folder, const char *name, char **ret_link) {
        if (links_are_foreign(directory, name))
                return 0;
        for (size_t kind = 0; kind < _KIND_COUNT; kind++) {
                _cleanup_free_ char *link = link_name(name, kind);
                int r = link ? settle_link(directory, link, folder, kinds[kind].part) : 0;
                if (r < 0)
                        return failed_at(ret_link, link, r);
        }
        return 0;
}

/* ---- which names ---- */

/* Of "*.a.org" the name where nginx-proxy looks for it, "a.org"; NULL where nobody looks. */
static const char *wildcard_parent(const char *name) {
        return has_prefix(name, "*.") && strchr(name + 2, '.') ? name + 2 : NULL;
}

/* Whether another certificate has the links of the name, and is for it by name. */
static bool is_held_by_name(int directory, const char *folder, const char *name) {
        _cleanup_free_ char *link = link_name(name, KIND_CERTIFICATE), *chain = NULL;
        _cleanup_string_list_ StringList names = { 0 };
        bool foreign;
        size_t size = 0;

        if (!link)
                return false;
        _cleanup_free_ char *holder = find_holder(directory, link, &foreign);
        return holder && strcmp(holder, folder) != 0 &&
               folder_read(directory, holder, FOLDER_FULLCHAIN, &chain, &size) == 0 &&
               chain_names(chain, size, &names) == 0 && string_list_contains(&names, name);
}

int links_set(int directory, const char *folder, const StringList *names, char **ret_link) {
        for (size_t i = 0; i < names->count; i++) {
                const char *name = names->items[i], *parent = wildcard_parent(name);
                int r = set_links_of(directory, folder, name, ret_link);
                if (r >= 0 && parent && !string_list_contains(names, parent) &&
                    !is_held_by_name(directory, folder, parent))
                        r = set_links_of(directory, folder, parent, ret_link);
                if (r < 0)
                        return r;
        }
        return directory_sync(directory);
}

static bool would_be_set(const StringList *names, const char *name) {
        _cleanup_free_ char *wildcard = xasprintf("*.%s", name);

        return string_list_contains(names, name) || string_list_contains(names, wildcard);
}

static int drop_links_of(int directory, const char *folder, const char *name, char **ret_link) {
        for (size_t kind = _KIND_COUNT; kind-- > 0;) {
                _cleanup_free_ char *link = link_name(name, kind);
                int r = link ? drop_link(directory, link, folder) : 0;
                if (r < 0)
                        return failed_at(ret_link, link, r);
        }
        return 0;
}

int links_drop(int directory, const char *folder, const StringList *before, const StringList *names, char **ret_link) {
        for (size_t i = 0; i < before->count; i++) {
                const char *name = before->items[i], *parent = wildcard_parent(name);
                int r = would_be_set(names, name) ? 0 : drop_links_of(directory, folder, name, ret_link);
                if (r >= 0 && parent && !would_be_set(names, parent))
                        r = drop_links_of(directory, folder, parent, ret_link);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* ---- all that there are ---- */

int links_remove(int directory, const char *folder, char **ret_link) {
        _cleanup_string_list_ StringList entries = { 0 };
        int r = directory_list(directory, &entries);

        if (r < 0)
                return failed_at(ret_link, ".", r);
        for (size_t i = 0; i < entries.count; i++) {
                r = drop_link(directory, entries.items[i], folder);
                if (r < 0)
                        return failed_at(ret_link, entries.items[i], r);
        }
        return 0;
}

/* The name of a link to a certificate, owned by the caller; NULL where it is none. */
static char *name_of_certificate_link(const char *link) {
        const char *suffix = kinds[KIND_CERTIFICATE].suffix;

        return has_suffix(link, suffix) ? xstrndup(link, strlen(link) - strlen(suffix)) : NULL;
}

/* Its certificate is the last one to be taken over: where its key is another folder's already, it goes back. */
static void settle_name(int directory, const char *name, const char *folder) {
        for (size_t kind = 0; kind < KIND_CERTIFICATE; kind++) {
                bool foreign;
                _cleanup_free_ char *link = link_name(name, kind);
                _cleanup_free_ char *holder = link ? find_holder(directory, link, &foreign) : NULL;
                if (holder && strcmp(holder, folder) != 0)
                        (void)settle_link(directory, link, folder, kinds[kind].part);
        }
}

void links_settle(int directory) {
        _cleanup_string_list_ StringList entries = { 0 };

        (void)unlinkat(directory, LINK_STAGED, 0);
        (void)directory_list(directory, &entries);
        for (size_t i = 0; i < entries.count; i++) {
                bool foreign;
                _cleanup_free_ char *name = name_of_certificate_link(entries.items[i]);
                _cleanup_free_ char *folder = name ? find_holder(directory, entries.items[i], &foreign) : NULL;
                if (folder)
                        settle_name(directory, name, folder);
        }
}
