/* The file that nginx includes: staged beside, put in place, and put back. */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/render.h"

#include <stdbool.h>

enum { LIVE_FILE_MAX = 512 * 1024 * 1024 }; /* bytes; a larger one is none of ours */

typedef struct LiveFile LiveFile;

/* Borrows the paths, which must be in one directory: what is staged, and what the last swap replaced. */
LiveFile *live_file_new(const char *path, const char *staged, const char *previous);
LiveFile *live_file_free(LiveFile *l);
DEFINE_CLEANUP(LiveFile *, live_file_free);

/* Whether the file on disk is this rendering: by its stamp when it is the one last written or read, else by its text.
 */
bool live_file_is(LiveFile *l, const Rendering *rendering);
/* Writes the rendering beside the file, and sees that it outlives a power cut, as it must before it is swapped. Both
 * return 0 or -errno. */
int live_file_stage(LiveFile *l, const Rendering *rendering);
int live_file_sync(LiveFile *l);
/* Removes what is staged. */
void live_file_unstage(LiveFile *l);
/* Puts what is staged, the rendering, in the place of the file, which is kept as `previous`. Returns 0 or -errno; the
 * file is then as before. */
int live_file_swap(LiveFile *l, const Rendering *rendering);
/* Puts back what the last swap replaced, which is not settled yet: the file, or that there was none. Returns 0 or
 * -errno. */
int live_file_restore(LiveFile *l);
/* The last swap stands, or was undone: what it replaced is not kept any longer. */
void live_file_settle(LiveFile *l);
/* The generation that the file on disk says it is; NULL without one. The caller owns it. */
char *live_file_generation(const LiveFile *l);
