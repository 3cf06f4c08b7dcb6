/* The names in a directory, read once: to ask for a file that is not there costs no look at the disk. */
#pragma once

#include "common/memory.h"
#include "common/text.h"

#include <stdbool.h>

enum { FILE_SET_MAX = 1000000 }; /* names; of a larger directory each is looked for on disk */

typedef struct FileSet FileSet;

/* `directory` is borrowed; NULL, or one that is not there: it is empty. */
FileSet *file_set_read(const char *directory);
FileSet *file_set_free(FileSet *s);
DEFINE_CLEANUP(FileSet *, file_set_free);
/* A link counts, wherever it leads; and what cannot be looked for, since it may be there. */
bool file_set_has(const FileSet *s, const char *name);
/* Appends the names that end with `suffix`, sorted; those of a directory that could not be listed are not known. */
void file_set_find(const FileSet *s, const char *suffix, StringList *ret);
/* The path of the file whose name is the two together, where it is there, else NULL. The caller owns it. Most of what
 * is asked for is not there: that costs no allocation. */
char *file_set_path(const FileSet *s, const char *stem, const char *suffix);
bool file_set_is_empty(const FileSet *s);
