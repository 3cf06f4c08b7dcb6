/* The nginx output: sites into a checked and confirmed configuration of nginx. */
#pragma once

#include "consumer/output.h"

extern const OutputClass nginx_output_class;
