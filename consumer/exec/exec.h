/* The output "exec": a program of the operator's gets all sites on its standard input; see beachhead-sites(5).
 *
 * It is run when they differ from what it last succeeded with, once at a time: a first change at once, those within
 * the interval behind it together. What fails or hangs is run again, after longer and longer pauses, with what is
 * wanted then. */
#pragma once

#include "consumer/output.h"

extern const OutputClass exec_output_class;
