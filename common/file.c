/* Whole files: read with a cap, replaced so that a crash at any point leaves the old or the new one. */
#include "common/file.h"

#include "common/directory.h"
#include "common/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Reads on until the end or until `room` bytes are there. Returns their number or -errno. */
static ssize_t read_up_to(int fd, char *bytes, size_t room) {
        size_t size = 0;

        while (size < room) {
                ssize_t n = read(fd, bytes + size, room - size);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                size += (size_t)n;
        }
        return (ssize_t)size;
}

/* How much to read at first: one byte more than the file says it has, so that its end is seen in the same go. What
 * lies in /proc or comes through a pipe says 0. */
static size_t expected_size(int fd, size_t max) {
        struct stat st;
        size_t size = 4096;

        if (fstat(fd, &st) >= 0 && st.st_size > 0)
                size = (size_t)st.st_size;
        return (size < max ? size : max) + 1;
}

int file_read_fd(int fd, size_t max, char **ret, size_t *ret_size) {
        _cleanup_free_ char *bytes = NULL;
        size_t size = 0;

        for (size_t room = expected_size(fd, max);; room = (room <= max / 2 ? room * 2 : max) + 1) {
                bytes = xrealloc(bytes, room + 1, 1);
                ssize_t n = read_up_to(fd, bytes + size, room - size);
                if (n < 0)
                        return (int)n;
                size += (size_t)n;
                if (size > max)
                        return -EFBIG;
                if (size < room)
                        break;
        }
        bytes[size] = '\0';
        *ret = TAKE_PTR(bytes);
        *ret_size = size;
        return 0;
}

int file_read(const char *path, size_t max, char **ret, size_t *ret_size) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

        return fd < 0 ? -errno : file_read_fd(fd, max, ret, ret_size);
}

bool file_holds(const char *path, const void *bytes, size_t size) {
        _cleanup_free_ char *there = NULL;
        size_t size_there = 0;

        return file_read(path, size, &there, &size_there) == 0 && there && size_there == size &&
               memcmp(there, bytes, size) == 0;
}

int file_write_all(int fd, const char *bytes, size_t size) {
        while (size > 0) {
                ssize_t n = write(fd, bytes, size);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                bytes += n;
                size -= (size_t)n;
        }
        return 0;
}

int file_in_memory(const void *bytes, size_t size) {
        int fd = memfd_create("beachhead", MFD_CLOEXEC);

        if (fd < 0)
                return -errno;
        int r = file_write_all(fd, bytes, size);
        if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
                r = -errno;
        if (r < 0)
                (void)close(fd);
        return r < 0 ? r : fd;
}

/* The mode is set by itself, since the umask would narrow it on the way. */
static int fill(int fd, const void *bytes, size_t size, mode_t mode, bool sync) {
        if (fchmod(fd, mode) < 0)
                return -errno;
        int r = file_write_all(fd, bytes, size);
        if (r < 0)
                return r;
        return sync && fsync(fd) < 0 ? -errno : 0;
}

static int write_anew(int directory, const char *staged, const void *bytes, size_t size, mode_t mode, bool sync) {
        /* What a crash left behind may be read-only or of another owner: it is replaced, not written to. */
        if (unlinkat(directory, staged, 0) < 0 && errno != ENOENT)
                return -errno;
        int fd = openat(directory, staged, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
        if (fd < 0)
                return -errno;
        int r = fill(fd, bytes, size, mode, sync);
        if (close(fd) < 0 && r == 0)
                r = -errno;
        if (r < 0)
                (void)unlinkat(directory, staged, 0);
        return r;
}

int file_stage_at(int directory, const char *staged, const void *bytes, size_t size, mode_t mode) {
        return write_anew(directory, staged, bytes, size, mode, true);
}

int file_stage(const char *staged, const void *bytes, size_t size, mode_t mode) {
        return file_stage_at(AT_FDCWD, staged, bytes, size, mode);
}

int file_write(const char *path, const void *bytes, size_t size, mode_t mode) {
        return write_anew(AT_FDCWD, path, bytes, size, mode, false);
}

int file_sync(const char *path) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int file_rename(const char *staged, const char *path) {
        _cleanup_free_ char *directory = file_directory(path);
        _cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0 || rename(staged, path) < 0) {
                int r = -errno;
                (void)unlink(staged);
                return r;
        }
        return directory_sync(fd);
}

int file_replace(const char *path, const void *bytes, size_t size, mode_t mode) {
        _cleanup_free_ char *staged = xasprintf("%s.new", path);
        int r = file_stage(staged, bytes, size, mode);

        return r < 0 ? r : file_rename(staged, path);
}

int file_descriptors_are_left(size_t count) {
        _cleanup_close_ int fd = count > 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;

        if (count == 0)
                return 0;
        return fd < 0 ? -errno : file_descriptors_are_left(count - 1);
}

const char *file_advice(int error) {
        switch (-error) {
        case ENOSPC:
        case EDQUOT:
                return "make room there";
        case EROFS:
                return "mount it for writing";
        case EACCES:
        case EPERM:
                return "make it this user's, and writable";
        case ENOTDIR:
        case EISDIR:
        case EEXIST:
        case ENOTEMPTY:
                return "move away what stands there";
        case ENOENT:
                return "make the directory";
        case EMFILE:
                return "give this service a higher LimitNOFILE";
        case ENFILE:
                return "raise fs.file-max";
        default:
                return "look at the disk";
        }
}

char *file_directory(const char *path) {
        _cleanup_free_ char *copy = xstrdup(path);

        return xstrdup(dirname(copy));
}
