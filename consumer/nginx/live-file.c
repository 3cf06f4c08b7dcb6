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
        const char *path, *staged, *previous;
        FileStamp stamp;     /* of the file that is known to be ... */
        char generation[65]; /* ... this generation; "": none is known */
        bool had_previous;   /* the last swap replaced a file */
};

LiveFile *live_file_new(const char *path, const char *staged, const char *previous) {
        LiveFile *l = new0(LiveFile);

        l->path = path;
        l->staged = staged;
        l->previous = previous;
        return l;
}

LiveFile *live_file_free(LiveFile *l) {
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
        return file_write(l->staged, rendering->text, rendering->size, LIVE_FILE_MODE);
}

int live_file_sync(LiveFile *l) {
        return file_sync(l->staged);
}

void live_file_unstage(LiveFile *l) {
        (void)unlink(l->staged);
}

static int copy_file(const char *from, const char *to) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = file_read(from, LIVE_FILE_MAX, &text, &size);

        return r < 0 ? r : file_stage(to, text, size, LIVE_FILE_MODE);
}

/* Has the file under a second name as well, in place of what is there; not every file system has links. */
static int have_also_as(const char *path, const char *other) {
        if (unlink(other) < 0 && errno != ENOENT)
                return -errno;
        if (link(path, other) >= 0)
                return 0;
        return errno == ENOENT ? -ENOENT : copy_file(path, other);
}

int live_file_swap(LiveFile *l, const Rendering *rendering) {
        int kept = have_also_as(l->path, l->previous);

        if (kept < 0 && kept != -ENOENT)
                return kept;
        int r = file_rename(l->staged, l->path);
        if (r < 0)
                return r;
        l->had_previous = kept == 0;
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
        if (!l->had_previous)
                return remove_synced(l->path);
        return file_rename(l->previous, l->path);
}

void live_file_settle(LiveFile *l) {
        (void)unlink(l->previous);
}

char *live_file_generation(const LiveFile *l) {
        _cleanup_free_ char *text = NULL;
        size_t size;

        return file_read(l->path, LIVE_FILE_MAX, &text, &size) < 0 ? NULL : rendering_generation(text);
}
