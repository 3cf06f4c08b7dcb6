/* The files from which an edge answers HTTP-01. */
#include "consumer/certs/thumbprints.h"

#include "common/directory.h"
#include "common/file.h"
#include "consumer/certs/base64url.h"
#include "consumer/certs/private-key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define SUFFIX ".thumbprint"
#define DEFAULT_FILE "default" SUFFIX
#define STAGED_SUFFIX ".new" /* of file_replace() */

typedef struct Thumbprints {
        const char *directory;
        const char *standard; /* NULL: there is none, and each name needs its own */
        StringList files;     /* that are to be there; sorted in the end */
        int error;            /* the first one, with its message */
        char **ret_message;
} Thumbprints;

static void complain(Thumbprints *t, const char *act, const char *file, int error) {
        if (t->error < 0)
                return;
        t->error = error;
        REPLACE_PTR(*t->ret_message,
                    xasprintf("Cannot %s %s/%s: %s; challenges cannot be answered until that is mended", act,
                              t->directory, file, strerror(-error)));
}

/* The thumbprint in a file of ours, owned by the caller; NULL where it is no such file. */
static char *read_thumbprint(const char *directory, const char *file) {
        _cleanup_free_ char *path = xasprintf("%s/%s", directory, file), *text = NULL;
        _cleanup_free_ unsigned char *digest = NULL;
        struct stat st;
        size_t size;

        if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || file_read(path, THUMBPRINT_SIZE + 1, &text, &size) < 0 ||
            size != THUMBPRINT_SIZE + 1 || text[THUMBPRINT_SIZE] != '\n')
                return NULL;
        text[THUMBPRINT_SIZE] = '\0';
        return base64url_decode(text, &digest, &size) < 0 ? NULL : TAKE_PTR(text);
}

static void write_file(Thumbprints *t, const char *file, const char *thumbprint) {
        _cleanup_free_ char *path = xasprintf("%s/%s", t->directory, file), *text = xasprintf("%s\n", thumbprint);
        _cleanup_free_ char *current = read_thumbprint(t->directory, file);

        string_list_add(&t->files, file);
        if (streq_or_null(current, thumbprint))
                return;
        int r = file_replace(path, text, strlen(text), 0644);
        if (r < 0)
                complain(t, "write", file, r);
}

static void write_item(Thumbprints *t, const NameThumbprint *item) {
        if (has_prefix(item->name, "*.") || !strchr(item->name, '.') ||
            strlen(item->name) + strlen(SUFFIX STAGED_SUFFIX) > NAME_MAX)
                return;
        _cleanup_free_ char *file = xasprintf("%s" SUFFIX, item->name);
        if (!streq_or_null(item->thumbprint, t->standard))
                write_file(t, file, item->thumbprint);
}

/* Ours, and nobody needs it. */
static bool is_superfluous(const Thumbprints *t, const char *file) {
        if (has_suffix(file, SUFFIX STAGED_SUFFIX))
                return true;
        if (!has_suffix(file, SUFFIX) || strcmp(file, DEFAULT_FILE) == 0 ||
            string_list_contains_sorted(&t->files, file))
                return false;
        _cleanup_free_ char *thumbprint = read_thumbprint(t->directory, file);
        return thumbprint;
}

static void remove_others(Thumbprints *t) {
        _cleanup_close_ int fd = open(t->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_string_list_ StringList entries = { 0 };
        int r = fd < 0 ? -errno : directory_list(fd, &entries);

        if (r < 0)
                complain(t, "read", ".", r);
        string_list_sort(&t->files);
        for (size_t i = 0; i < entries.count; i++)
                if (is_superfluous(t, entries.items[i]) && unlinkat(fd, entries.items[i], 0) < 0 && errno != ENOENT)
                        complain(t, "remove", entries.items[i], -errno);
}

int thumbprints_write(const char *directory, const char *standard, const NameThumbprint *items, size_t count,
                      char **ret_message) {
        _cleanup_free_ char *current = standard ? NULL : read_thumbprint(directory, DEFAULT_FILE);
        Thumbprints t = { .directory = directory,
                          .standard = standard ? standard : current,
                          .ret_message = ret_message };

        if (standard)
                write_file(&t, DEFAULT_FILE, standard);
        for (size_t i = 0; i < count; i++)
                write_item(&t, &items[i]);
        remove_others(&t);
        string_list_clear(&t.files);
        return t.error;
}
