/* The settings that containers choose, of a site or of one path of it, into one for all. Pure. */
#pragma once

#include "common/text.h"
#include "consumer/contest.h"

/* Takes the settings from `first` up to but without `end`, each from the first candidate that gives it; what restricts
 * access from the strictest. Where others give another value, a note names both and what they gave; `notes` may be
 * NULL. */
void settings_merge(EdgeSettings *ret, const Contest *contest, EdgeSetting first, EdgeSetting end, StringList *notes);

/* Whether they restrict the site so that nobody may open it in clear. */
bool settings_forbid_clear(const EdgeSettings *e);
