/* nginx accepts whatever the unit tests of the debug endpoint render. */
#include "tests/component/consumer/nginx-accepts.h"

#include "tests/unit/consumer/test-render-debug.c"
