/* The output "requests": which certificates are wanted, as files that any ACME tooling can act on.
 *
 * <state-dir>/requests/<name>.json holds {"names":[…],"email":…,"key":…,"challenge":…,"test":true,"ca":…,"chain":…,
 * "profile":…,"why":…}, without what nobody asks for. <name> is the first name; a leading "*." of it is "_wildcard."
 * there. A file is written when its bytes differ, and removed when nobody asks for it any more. apply() settles before
 * it returns; what failed is tried again by itself. */
#pragma once

#include "consumer/output.h"

extern const OutputClass requests_output_class;
