/* One folder of the store: the files of a certificate, and how all of them change at once. Everything is named below
 * an open directory, and no link is followed. */
#pragma once

#include "common/memory.h"

#include <stdbool.h>
#include <stddef.h>

enum { STORE_FILE_MAX = 256 * 1024 }; /* bytes of each file */

typedef enum FolderPart {
        FOLDER_KEY,
        FOLDER_FULLCHAIN,
        FOLDER_CERT,  /* the first one of the chain */
        FOLDER_CHAIN, /* the rest; not there where there is none */
        _FOLDER_PART_COUNT,
} FolderPart;

const char *folder_part_name(FolderPart part); /* "key.pem" */

/* What is to stand in it. */
typedef struct FolderTexts {
        char *parts[_FOLDER_PART_COUNT]; /* NULL: that file is not to be there */
} FolderTexts;

/* Copies both. */
void folder_texts_init(FolderTexts *ret, const char *chain, const char *key);
void folder_texts_done(FolderTexts *t);

/* Whether there is a real folder of that name: no link, no file. Returns 0 or -errno. */
int folder_find(int directory, const char *folder);
/* Whether both a key and a chain are there. */
bool folder_is_of_a_certificate(int directory, const char *folder);
/* Reads one part; the caller owns it, with a NUL behind it. Returns 0 or -errno. */
int folder_read(int directory, const char *folder, FolderPart part, char **ret, size_t *ret_size);
/* Whether these texts and no others stand there, for our eyes alone. */
bool folder_holds(int directory, const char *folder, const FolderTexts *t);

/* Where the next state of a folder is made, and the last one goes. */
#define FOLDER_STAGED ".beachhead-new"

/* Makes FOLDER_STAGED, all synced, with what somebody else has put into `folder`, should that be there. Returns 0, or
 * -errno with the path that it is about in *ret_path (owned by the caller): nothing is left of it then. */
int folder_stage(int directory, const char *folder, const FolderTexts *t, char **ret_path);
/* Puts what was staged in place of `folder`, in one step; where the file system has none for that, key and chain are
 * renamed one after the other. Returns 0 or -errno. */
int folder_swap(int directory, const char *folder);
/* Removes FOLDER_STAGED, whatever it is. Returns 0 or -errno. */
int folder_discard_staged(int directory);

/* Whether folder_remove() may have it: 0; -ENOTEMPTY where it holds directories, which are not ours; or -errno. */
int folder_is_removable(int directory, const char *folder);
/* Takes it out of sight in one step, then removes its files; what a crash leaves of it is FOLDER_STAGED. Returns 0 or
 * -errno. */
int folder_remove(int directory, const char *folder);
