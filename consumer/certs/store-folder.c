/* One folder of the store. */
#include "consumer/certs/store-folder.h"

#include "common/directory.h"
#include "common/file.h"
#include "consumer/certs/private-key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FOLDER_MODE = 0755, FILE_MODE = 0600 };

static const char *const names[_FOLDER_PART_COUNT] = {
        [FOLDER_KEY] = "key.pem",
        [FOLDER_FULLCHAIN] = "fullchain.pem",
        [FOLDER_CERT] = "cert.pem",
        [FOLDER_CHAIN] = "chain.pem",
};

const char *folder_part_name(FolderPart part) {
        return names[part];
}

static bool is_a_part(const char *name) {
        for (FolderPart part = 0; part < _FOLDER_PART_COUNT; part++)
                if (strcmp(names[part], name) == 0)
                        return true;
        return false;
}

/* ---- texts ---- */

void folder_texts_init(FolderTexts *ret, const char *chain, const char *key) {
        static const char mark[] = "-----END CERTIFICATE-----";
        const char *end = strstr(chain, mark), *rest = end ? end + sizeof mark - 1 : chain + strlen(chain);

        rest += strspn(rest, " \t\r\n");
        *ret = (FolderTexts){ .parts = {
                                      [FOLDER_KEY] = xstrdup(key),
                                      [FOLDER_FULLCHAIN] = xstrdup(chain),
                                      [FOLDER_CERT] = xstrndup(chain, (size_t)(rest - chain)),
                                      [FOLDER_CHAIN] = *rest ? xstrdup(rest) : NULL,
                              } };
}

void folder_texts_done(FolderTexts *t) {
        for (FolderPart part = 0; part < _FOLDER_PART_COUNT; part++)
                secret_free(t->parts[part]);
}

/* ---- reading ---- */

static int open_folder(int directory, const char *folder) {
        int fd = openat(directory, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

int folder_find(int directory, const char *folder) {
        _cleanup_close_ int fd = open_folder(directory, folder);

        return fd < 0 ? fd : 0;
}

static int read_part(int folder, FolderPart part, char **ret, size_t *ret_size, mode_t *ret_mode) {
        /* Not to wait for who writes to a pipe. */
        _cleanup_close_ int fd =
                openat(folder, names[part], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        *ret_mode = st.st_mode & ALLPERMS;
        return file_read_fd(fd, STORE_FILE_MAX, ret, ret_size);
}

int folder_read(int directory, const char *folder, FolderPart part, char **ret, size_t *ret_size) {
        _cleanup_close_ int fd = open_folder(directory, folder);
        mode_t mode;

        return fd < 0 ? fd : read_part(fd, part, ret, ret_size, &mode);
}

bool folder_is_of_a_certificate(int directory, const char *folder) {
        _cleanup_close_ int fd = open_folder(directory, folder);
        struct stat key, chain;

        return fd >= 0 && fstatat(fd, names[FOLDER_KEY], &key, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(key.st_mode) &&
               fstatat(fd, names[FOLDER_FULLCHAIN], &chain, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(chain.st_mode);
}

static bool is_directory(int folder, const char *name) {
        struct stat st;

        return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static bool part_is(int folder, FolderPart part, const char *text) {
        _cleanup_secret_ char *bytes = NULL;
        size_t size = 0;
        mode_t mode = 0;
        int r = read_part(folder, part, &bytes, &size, &mode);

        if (!text)
                return r == -ENOENT;
        return bytes && mode == FILE_MODE && size == strlen(text) && memcmp(bytes, text, size) == 0;
}

bool folder_holds(int directory, const char *folder, const FolderTexts *t) {
        _cleanup_close_ int fd = open_folder(directory, folder);

        for (FolderPart part = 0; part < _FOLDER_PART_COUNT; part++)
                if (fd < 0 || !part_is(fd, part, t->parts[part]))
                        return false;
        return true;
}

int folder_discard_staged(int directory) {
        _cleanup_close_ int fd = open_folder(directory, FOLDER_STAGED);
        _cleanup_string_list_ StringList entries = { 0 };

        if (fd == -ENOENT)
                return 0;
        if (fd == -ENOTDIR)
                return unlinkat(directory, FOLDER_STAGED, 0) < 0 ? -errno : 0;
        int r = fd < 0 ? fd : directory_list(fd, &entries);
        for (size_t i = 0; i < entries.count && r >= 0; i++)
                r = unlinkat(fd, entries.items[i], 0) < 0 ? -errno : 0;
        if (r < 0)
                return r;
        return unlinkat(directory, FOLDER_STAGED, AT_REMOVEDIR) < 0 ? -errno : 0;
}

/* ---- the next state ---- */

typedef struct Staging {
        const char *folder; /* what it is to replace */
        int fd;             /* of FOLDER_STAGED */
        char **ret_path;
} Staging;

static int failed_at(Staging *s, const char *folder, const char *name, int error) {
        REPLACE_PTR(*s->ret_path, name ? xasprintf("%s/%s", folder, name) : xstrdup(folder));
        return error;
}

static int stage_parts(Staging *s, const FolderTexts *t) {
        for (FolderPart part = 0; part < _FOLDER_PART_COUNT; part++) {
                const char *text = t->parts[part];
                int r = text ? file_stage_at(s->fd, names[part], text, strlen(text), FILE_MODE) : 0;
                if (r < 0)
                        return failed_at(s, FOLDER_STAGED, names[part], r);
        }
        return 0;
}

/* What is not ours goes on to the new folder: whoever has put it there, be it acme-companion its mark, still finds it.
 */
static int keep_others(Staging *s, int directory) {
        _cleanup_close_ int fd = open_folder(directory, s->folder);
        _cleanup_string_list_ StringList entries = { 0 };

        if (fd == -ENOENT)
                return 0;
        int r = fd < 0 ? fd : directory_list(fd, &entries);
        if (r < 0)
                return failed_at(s, s->folder, NULL, r);
        for (size_t i = 0; i < entries.count; i++) {
                const char *name = entries.items[i];
                if (is_directory(fd, name))
                        return failed_at(s, s->folder, name, -EISDIR);
                if (!is_a_part(name) && linkat(fd, name, s->fd, name, 0) < 0)
                        return failed_at(s, s->folder, name, -errno);
        }
        return 0;
}

static int fill(Staging *s, int directory, const FolderTexts *t) {
        int r = keep_others(s, directory);

        if (r < 0 || (r = stage_parts(s, t)) < 0)
                return r;
        r = fchmod(s->fd, FOLDER_MODE) < 0 ? -errno : directory_sync(s->fd);
        return r < 0 ? failed_at(s, FOLDER_STAGED, NULL, r) : 0;
}

int folder_stage(int directory, const char *folder, const FolderTexts *t, char **ret_path) {
        Staging s = { .folder = folder, .ret_path = ret_path };
        int r = folder_discard_staged(directory);

        if (r >= 0 && mkdirat(directory, FOLDER_STAGED, S_IRWXU) < 0)
                r = -errno;
        _cleanup_close_ int fd = s.fd = r < 0 ? r : open_folder(directory, FOLDER_STAGED);
        r = fd < 0 ? failed_at(&s, FOLDER_STAGED, NULL, fd) : fill(&s, directory, t);
        if (r < 0)
                (void)folder_discard_staged(directory);
        return r;
}

/* ---- the exchange ---- */

/* Key and chain come one right after the other. */
static int swap_parts(int directory, const char *folder) {
        _cleanup_close_ int to = open_folder(directory, folder), from = open_folder(directory, FOLDER_STAGED);

        if (to < 0 || from < 0)
                return to < 0 ? to : from;
        for (FolderPart part = 0; part < _FOLDER_PART_COUNT; part++) {
                if (renameat(from, names[part], to, names[part]) == 0)
                        continue;
                if (errno != ENOENT || (unlinkat(to, names[part], 0) < 0 && errno != ENOENT))
                        return -errno;
        }
        return directory_sync(to);
}

int folder_swap(int directory, const char *folder) {
        int r = renameat2(directory, FOLDER_STAGED, directory, folder, RENAME_EXCHANGE) < 0 ? -errno : 0;

        if (r == -EINVAL || r == -ENOSYS)
                r = folder_find(directory, folder) == 0 ? swap_parts(directory, folder) : -ENOENT;
        if (r == -ENOENT)
                r = renameat(directory, FOLDER_STAGED, directory, folder) < 0 ? -errno : 0;
        return r < 0 ? r : directory_sync(directory);
}

/* ---- removing ---- */

int folder_is_removable(int directory, const char *folder) {
        _cleanup_close_ int fd = open_folder(directory, folder);
        _cleanup_string_list_ StringList entries = { 0 };
        int r = fd < 0 ? fd : directory_list(fd, &entries);

        for (size_t i = 0; i < entries.count && r >= 0; i++)
                if (is_directory(fd, entries.items[i]))
                        r = -ENOTEMPTY;
        return r;
}

int folder_remove(int directory, const char *folder) {
        int r = folder_discard_staged(directory);

        if (r >= 0 && renameat(directory, folder, directory, FOLDER_STAGED) < 0)
                r = -errno;
        if (r < 0 || (r = directory_sync(directory)) < 0)
                return r;
        return folder_discard_staged(directory);
}
