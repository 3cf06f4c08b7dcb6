/* Whole files: read with a cap, replaced atomically. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads a file of at most `max` bytes; the caller owns *ret, which has a NUL behind its *ret_size bytes.
 * Returns 0, -EFBIG, or -errno; *ret is then untouched. */
int file_read(const char *path, size_t max, char **ret, size_t *ret_size);

/* Writes beside (as `<path>.new`), syncs, renames, syncs the directory. On error `path` is as before
 * and no new file is left, save where the very last step failed: the new one is then in place, but may not outlive a
 * power cut. Returns 0 or -errno. */
int file_replace(const char *path, const void *bytes, size_t size, mode_t mode);

/* The two halves of it, for what has to be checked in between: the synced file at `staged` (one that is there already
 * is replaced), and its renaming. Either removes `staged` where it fails. */
int file_stage(const char *staged, const void *bytes, size_t size, mode_t mode);
int file_rename(const char *staged, const char *path);

/* The directory of a path, "." where it has none; the caller owns it. */
char *file_directory(const char *path);
