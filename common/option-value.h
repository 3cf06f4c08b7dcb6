/* What the readers of options share: finding an option, and turning its text into a field of the settings. */
#pragma once

#include "common/options.h"

/* One place that options come from: the defaults, the file, or the command line. */
typedef struct OptionSource {
        const OptionTable *table;
        void *settings;
        bool *mentioned; /* for each option: whether this source has named it */
} OptionSource;

OptionSource option_source(const OptionTable *table, void *settings);
void option_source_done(OptionSource *s);
#define _cleanup_option_source_ _cleanup_(option_source_done)

/* By its long name, of which `size` bytes count; NULL where there is none. */
const Option *option_find(const OptionTable *table, const char *name, size_t size);

/* The first mention of a list replaces what earlier sources said, further ones add to it. Returns 0, or -EINVAL with
 * what is wrong with the value, as in `"x" is not a whole number`, owned by the caller. */
int option_set(OptionSource *s, const Option *option, const char *text, char **ret_complaint);
