/* The output "table": who is served where, for a person, until when and why not.
 *
 * With --once one table; on a terminal, a screen that is painted every second; else a table at every change. It is a
 * command beside a running service: nothing is written, no state directory is used by it. */
#pragma once

#include "consumer/output.h"

extern const OutputClass table_output_class;
