/* nginx accepts whatever the unit tests of the rendered file render. */
#include "tests/component/consumer/nginx-accepts.h"

#include "tests/unit/consumer/test-render.c"
