/* What is wrong with sites: said once, until it changes. */
#pragma once

#include "common/memory.h"
#include "common/text.h"

typedef struct SiteNotes SiteNotes;

SiteNotes *site_notes_new(void);
SiteNotes *site_notes_free(SiteNotes *n);
DEFINE_CLEANUP(SiteNotes *, site_notes_free);

/* Warns of those notes that were not among the last ones of that domain ("": they are about no site). */
void site_notes_say(SiteNotes *n, const char *domain, const StringList *publishers, const StringList *notes);
/* Forgets the domains that had none since the last call. */
void site_notes_forget_unused(SiteNotes *n);
