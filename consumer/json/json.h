/* The output "json": all sites as one file, for whatever reads files; see beachhead-sites(5).
 *
 * The file is replaced when its bytes differ, and put right at the next full pass where somebody else changed it.
 * apply() settles before it returns; what failed is tried again by itself, after longer and longer pauses. */
#pragma once

#include "consumer/output.h"

extern const OutputClass json_output_class;
