/* Whole files: read with a cap, replaced atomically. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads a file of at most `max` bytes; the caller owns *ret, which has a NUL behind its *ret_size bytes.
 * Returns 0, -EFBIG, or -errno; *ret is then untouched. */
int file_read(const char *path, size_t max, char **ret, size_t *ret_size);
/* The same of an open file, from where it stands. */
int file_read_fd(int fd, size_t max, char **ret, size_t *ret_size);

/* Whether a file is there with just these bytes. */
bool file_holds(const char *path, const void *bytes, size_t size);

/* All of the bytes, however many calls it takes. Returns 0 or -errno. */
int file_write_all(int fd, const char *bytes, size_t size);
/* A file without a name, in memory, that is read from its beginning. Returns a descriptor that the caller owns, or
 * -errno. */
int file_in_memory(const void *bytes, size_t size);

/* Writes beside (as `<path>.new`), syncs, renames, syncs the directory. On error `path` is as before
 * and no new file is left, save where the very last step failed: the new one is then in place, but may not outlive a
 * power cut. Returns 0 or -errno. */
int file_replace(const char *path, const void *bytes, size_t size, mode_t mode);

/* The two halves of it, for what has to be checked in between: the synced file at `staged` (one that is there already
 * is replaced), and its renaming. Either removes `staged` where it fails. */
int file_stage(const char *staged, const void *bytes, size_t size, mode_t mode);
int file_rename(const char *staged, const char *path);
/* The first half without its sync: for what need not outlive a power cut, or is synced by the second function while
 * something else reads it. */
int file_write(const char *path, const void *bytes, size_t size, mode_t mode);
int file_sync(const char *path);
/* The first half in an open directory; `staged` is a name in it. */
int file_stage_at(int directory, const char *staged, const void *bytes, size_t size, mode_t mode);

/* Whether so many files can be opened now. Returns 0 or -errno. */
int file_descriptors_are_left(size_t count);

/* What to do about such an error (negative errno) of a file, for the end of a log line: "make room there". */
const char *file_advice(int error);

/* The directory of a path, "." where it has none; the caller owns it. */
char *file_directory(const char *path);
