/* Open directories. */
#include "common/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void closedirp(DIR **directory) {
        if (*directory)
                (void)closedir(*directory);
}

/* One of its own: reading moves on where it stands, and the caller's is not to be moved. NULL with errno. */
static DIR *open_again(int fd) {
        int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *directory = again < 0 ? NULL : fdopendir(again);

        if (!directory)
                closep(&again);
        return directory;
}

int directory_list(int fd, StringList *ret) {
        _cleanup_(closedirp) DIR *directory = open_again(fd);
        _cleanup_string_list_ StringList names = { 0 };
        const struct dirent *entry;

        if (!directory)
                return -errno;
        while ((errno = 0, entry = readdir(directory)))
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        string_list_add(&names, entry->d_name);
        if (errno != 0)
                return -errno;
        string_list_sort(&names);
        *ret = names;
        names = (StringList){ 0 };
        return 0;
}

int directory_sync(int fd) {
        return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}
