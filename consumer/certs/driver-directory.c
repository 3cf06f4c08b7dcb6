/* What a driver leaves may be anything: its folder is held open from the start, so that only what lies there is read.
 */
#include "consumer/certs/driver-directory.h"

#include "common/file.h"
#include "common/log.h"
#include "common/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PREFIX "call-"

enum { OPEN_DIRECTORIES = 16 };

struct DriverDirectory {
        char *path, *csr, *out;
        int out_fd;
};

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *place) {
        (void)st, (void)type, (void)place;
        return remove(path);
}

static void remove_all(const char *path) {
        if (nftw(path, remove_entry, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
                log_warning("%s stays behind: %s; it may be removed", path, strerror(errno));
}

DriverDirectory *driver_directory_free(DriverDirectory *d) {
        if (!d)
                return NULL;
        closep(&d->out_fd);
        remove_all(d->path);
        free(d->path);
        free(d->csr);
        free(d->out);
        free(d);
        return NULL;
}

int driver_directory_make(DriverDirectory **ret, const char *scratch, const char *csr) {
        _cleanup_free_ char *path = xasprintf("%s/" PREFIX "XXXXXX", scratch);

        if (!mkdtemp(path))
                return -errno;
        _cleanup_(driver_directory_freep) DriverDirectory *d = new0(DriverDirectory);
        *d = (DriverDirectory){ .csr = xasprintf("%s/csr.pem", path), .out = xasprintf("%s/out", path), .out_fd = -1 };
        d->path = TAKE_PTR(path);
        int r = csr ? file_stage(d->csr, csr, strlen(csr), S_IRUSR | S_IWUSR) : 0;
        if (r < 0)
                return r;
        if (mkdir(d->out, S_IRWXU) < 0)
                return -errno;
        d->out_fd = open(d->out, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (d->out_fd < 0)
                return -errno;
        *ret = TAKE_PTR(d);
        return 0;
}

const char *driver_directory_csr(const DriverDirectory *d) {
        return d->csr;
}

const char *driver_directory_out(const DriverDirectory *d) {
        return d->out;
}

static int complain(const char *complaint, const char **ret_complaint) {
        *ret_complaint = complaint;
        return -EINVAL;
}

int driver_directory_read(const DriverDirectory *d, const char *name, size_t max, char **ret,
                          const char **ret_complaint) {
        _cleanup_close_ int fd = openat(d->out_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        _cleanup_free_ char *text = NULL;
        struct stat st;
        size_t size;

        if (fd < 0 && errno == ENOENT)
                return -ENOENT;
        if (fd < 0 && errno == ELOOP)
                return complain("is a link", ret_complaint);
        if (fd < 0 || fstat(fd, &st) < 0)
                return complain("cannot be read", ret_complaint);
        if (!S_ISREG(st.st_mode))
                return complain("is no regular file", ret_complaint);
        int r = file_read_fd(fd, max, &text, &size);
        if (r < 0)
                return complain(r == -EFBIG ? "is too large" : "cannot be read", ret_complaint);
        if (strlen(text) != size)
                return complain("is no text", ret_complaint);
        *ret = TAKE_PTR(text);
        return 0;
}

void driver_directory_tidy(const char *scratch) {
        DIR *directory = opendir(scratch);

        if (!directory)
                return;
        for (const struct dirent *entry; (entry = readdir(directory));) {
                if (!has_prefix(entry->d_name, PREFIX))
                        continue;
                _cleanup_free_ char *path = xasprintf("%s/%s", scratch, entry->d_name);
                remove_all(path);
        }
        (void)closedir(directory);
}
