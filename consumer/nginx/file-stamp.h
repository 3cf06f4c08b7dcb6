/* Whether a file is still the one that was read: without reading it. */
#pragma once

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

typedef struct FileStamp {
        dev_t device;
        ino_t inode; /* 0: there was no file */
        off_t size;
        struct timespec changed; /* the inode's time, which nobody can set back */
} FileStamp;

/* Follows links; all zero where there is no such file. */
static inline FileStamp file_stamp(const char *path) {
        struct stat st;

        if (stat(path, &st) < 0)
                return (FileStamp){ 0 };
        return (FileStamp){ .device = st.st_dev, .inode = st.st_ino, .size = st.st_size, .changed = st.st_ctim };
}

static inline bool file_stamp_equal(const FileStamp *a, const FileStamp *b) {
        return a->device == b->device && a->inode == b->inode && a->size == b->size &&
               a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}
