/* Whether two inspects of a container told the same. Pure. */
#pragma once

#include "registrar/container.h"

#include <stdbool.h>

/* In everything that is kept of a container, and in the same order. */
bool container_equal(const Container *a, const Container *b);
