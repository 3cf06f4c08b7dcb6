/* The file that nginx includes. */
#include "consumer/nginx/live-file.h"

#include "common/file.h"
#include "common/text.h"
#include "consumer/nginx/file-stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { LIVE_FILE_MODE = 0644 };

struct LiveFile {
        const char *path, *staged;
        FileStamp stamp;     /* of the file that is known to be ... */
        char generation[65]; /* ... this generation; "": none is known */
        char *previous;      /* what the last swap replaced; NULL: there was no file */
        size_t previous_size;
};

LiveFile *live_file_new(const char *path, const char *staged) {
        LiveFile *l = new0(LiveFile);

        l->path = path;
        l->staged = staged;
        return l;
}

LiveFile *live_file_free(LiveFile *l) {
        if (!l)
                return NULL;
        free(l->previous);
        free(l);
        return NULL;
}

static void remember(LiveFile *l, const char *generation) {
        l->stamp = file_stamp(l->path);
        memcpy(l->generation, generation, strlen(generation) + 1);
}

bool live_file_is(LiveFile *l, const Rendering *rendering) {
        FileStamp stamp = file_stamp(l->path);
        _cleanup_free_ char *text = NULL;
        size_t size;

        if (stamp.inode == 0 || (uintmax_t)stamp.size != rendering->size)
                return false;
        if (l->generation[0] && file_stamp_equal(&stamp, &l->stamp))
                return strcmp(l->generation, rendering->generation) == 0;
        if (file_read(l->path, LIVE_FILE_MAX, &text, &size) < 0 || size != rendering->size ||
            memcmp(text, rendering->text, size) != 0)
                return false;
        remember(l, rendering->generation);
        return true;
}

int live_file_stage(LiveFile *l, const Rendering *rendering) {
        return file_stage(l->staged, rendering->text, rendering->size, LIVE_FILE_MODE);
}

void live_file_unstage(LiveFile *l) {
        (void)unlink(l->staged);
}

int live_file_swap(LiveFile *l, const Rendering *rendering) {
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        int r = file_read(l->path, LIVE_FILE_MAX, &text, &size);

        if (r < 0 && r != -ENOENT)
                return r;
        r = file_rename(l->staged, l->path);
        if (r < 0)
                return r;
        REPLACE_PTR(l->previous, TAKE_PTR(text));
        l->previous_size = size;
        remember(l, rendering->generation);
        return 0;
}

/* Removes the file for good. */
static int remove_synced(const char *path) {
        _cleanup_free_ char *directory = file_directory(path);
        _cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0 || (unlink(path) < 0 && errno != ENOENT) || fsync(fd) < 0)
                return -errno;
        return 0;
}

int live_file_restore(LiveFile *l) {
        l->generation[0] = '\0';
        if (!l->previous)
                return remove_synced(l->path);

        int r = file_stage(l->staged, l->previous, l->previous_size, LIVE_FILE_MODE);
        if (r < 0)
                return r;
        return file_rename(l->staged, l->path);
}

char *live_file_generation(const LiveFile *l) {
        _cleanup_free_ char *text = NULL;
        size_t size;

        return file_read(l->path, LIVE_FILE_MAX, &text, &size) < 0 ? NULL : rendering_generation(text);
}
