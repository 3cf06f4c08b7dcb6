/* The names in a directory, read once. */
#include "consumer/nginx/file-set.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <uthash.h>

typedef struct Name {
        UT_hash_handle hh;
        char text[];
} Name;

struct FileSet {
        const char *directory;
        Name *names;
        bool unlisted; /* it is there and could not be read: each name is looked for */
};

static void add(FileSet *s, const char *text) {
        size_t size = strlen(text);
        Name *name = xcalloc(1, sizeof *name + size + 1);

        memcpy(name->text, text, size);
        HASH_ADD_KEYPTR(hh, s->names, name->text, size, name);
}

static int list(FileSet *s) {
        DIR *directory = opendir(s->directory);

        if (!directory)
                return -errno;
        errno = 0;
        for (const struct dirent *entry; (entry = readdir(directory)) && HASH_COUNT(s->names) < FILE_SET_MAX;)
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        add(s, entry->d_name);
        int r = HASH_COUNT(s->names) < FILE_SET_MAX ? -errno : -EFBIG;
        (void)closedir(directory);
        return r;
}

FileSet *file_set_read(const char *directory) {
        FileSet *s = new0(FileSet);

        s->directory = directory;
        if (directory) {
                int r = list(s);
                s->unlisted = r < 0 && r != -ENOENT;
        }
        return s;
}

FileSet *file_set_free(FileSet *s) {
        Name *name, *next;

        if (!s)
                return NULL;
        HASH_ITER (hh, s->names, name, next) {
                HASH_DEL(s->names, name);
                free(name);
        }
        free(s);
        return NULL;
}

/* What cannot be looked for may be there, and may be what closes a site. */
static bool may_be_on_disk(const FileSet *s, const char *name) {
        _cleanup_free_ char *path = xasprintf("%s/%s", s->directory, name);
        struct stat st;

        return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG);
}

bool file_set_has(const FileSet *s, const char *name) {
        Name *found;

        HASH_FIND_STR(s->names, name, found);
        return found || (s->unlisted && may_be_on_disk(s, name));
}

void file_set_find(const FileSet *s, const char *suffix, StringList *ret) {
        for (const Name *name = s->names; name; name = name->hh.next)
                if (has_suffix(name->text, suffix))
                        string_list_add(ret, name->text);
        string_list_sort(ret);
}

bool file_set_is_empty(const FileSet *s) {
        return !s->names && !s->unlisted;
}

char *file_set_path(const FileSet *s, const char *stem, const char *suffix) {
        char name[NAME_MAX + 1];
        size_t length = strlen(stem), more = strlen(suffix);

        if (length + more > NAME_MAX || file_set_is_empty(s))
                return NULL;
        memcpy(name, stem, length);
        memcpy(name + length, suffix, more + 1);
        return file_set_has(s, name) ? xasprintf("%s/%s", s->directory, name) : NULL;
}
