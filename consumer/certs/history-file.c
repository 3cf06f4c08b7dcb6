/* Histories as files. */
#include "consumer/certs/history-file.h"

#include "common/file.h"
#include "common/log.h"
#include "consumer/certificate-folder.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#define SUFFIX ".json"

static char *path_of(const char *directory, const char *base) {
        _cleanup_free_ char *folder = certificate_folder(base);

        return folder ? xasprintf("%s/%s" SUFFIX, directory, folder) : NULL;
}

static int fail(char **ret_message, const char *act, const char *path, int error) {
        *ret_message = xasprintf("Cannot %s %s: %s", act, path, strerror(-error));
        return error;
}

/* Returns 0, 1 where there is none, or negative. */
static int read_history(const char *path, History **ret) {
        _cleanup_free_ char *bytes = NULL;
        size_t size;
        int r = file_read(path, HISTORY_BYTES_MAX, &bytes, &size);

        if (r < 0)
                return r == -ENOENT ? 1 : r;
        return history_decode(ret, bytes, size);
}

static History *cautious_history(int64_t now) {
        History *h = history_new();

        history_failed(h, NULL, now, HISTORY_UNREADABLE_WAIT_SEC, 0, 0, "its history cannot be read");
        return h;
}

History *history_file_load(const char *directory, const char *base, int64_t now) {
        _cleanup_free_ char *path = path_of(directory, base);
        History *h = NULL;
        int r = path ? read_history(path, &h) : 1;

        if (r == 1)
                return history_new();
        if (r == 0)
                return h;
        log_warning_about(
                ABOUT(.domain = base),
                "Cannot read %s: %s; no CA is asked for the certificate of %s for %d min, since nobody knows how "
                "often it was: remove the file where that is too long",
                path, r == -EBADMSG ? "it is no history of a certificate" : strerror(-r), base,
                HISTORY_UNREADABLE_WAIT_SEC / 60);
        return cautious_history(now);
}

int history_file_save(const char *directory, const char *base, const History *h, char **ret_message) {
        _cleanup_free_ char *path = path_of(directory, base), *bytes = history_encode(h);
        int r = path ? file_replace(path, bytes, strlen(bytes), 0600) : 0;

        return r < 0 ? fail(ret_message, "write", path, r) : 0;
}

int history_file_remove(const char *directory, const char *base, char **ret_message) {
        _cleanup_free_ char *path = path_of(directory, base);

        if (path && unlink(path) < 0 && errno != ENOENT)
                return fail(ret_message, "remove", path, -errno);
        return 0;
}

/* The base whose history the file is, owned by the caller; NULL: it is none. */
static char *base_of(const char *file) {
        size_t length = strlen(file), tail = strlen(SUFFIX);

        if (length <= tail || strcmp(file + length - tail, SUFFIX) != 0)
                return NULL;
        _cleanup_free_ char *folder = xstrndup(file, length - tail);
        return certificate_folder_base(folder);
}

int history_file_list(const char *directory, StringList *ret, char **ret_message) {
        DIR *open_directory = opendir(directory);
        const struct dirent *entry;

        if (!open_directory)
                return errno == ENOENT ? 0 : fail(ret_message, "read", directory, -errno);
        while ((entry = readdir(open_directory))) {
                char *base = base_of(entry->d_name);
                if (base)
                        string_list_take(ret, base);
        }
        (void)closedir(open_directory);
        string_list_sort(ret);
        return 0;
}
