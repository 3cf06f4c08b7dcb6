/* Says what becomes of each item of a source: once when it changes, not at every refresh. */
#pragma once

#include "common/memory.h"
#include "registrar/announcements.h"

#include <stdint.h>

typedef struct Reporter Reporter;

/* `noun` is what messages call an item: "container". Borrowed. */
Reporter *reporter_new(const char *noun);
Reporter *reporter_free(Reporter *r);
DEFINE_CLEANUP(Reporter *, reporter_free);

/* Between begin and end, one call for each item by its name; what was there before and is not named any more is said
 * to be gone. */
void reporter_begin(Reporter *r);
/* `revision` is that of the announcement: the same one again is no news. */
void reporter_announced(Reporter *r, const char *name, const Announcement *a, uint64_t revision);
/* `why` completes "container web …". */
void reporter_withheld(Reporter *r, const char *name, int level, const char *why);
/* Nothing new is known of it. */
void reporter_keep(Reporter *r, const char *name);
void reporter_end(Reporter *r);
