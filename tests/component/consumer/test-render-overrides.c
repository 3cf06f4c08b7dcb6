/* nginx accepts whatever the unit tests of an operator's files render. */
#include "tests/component/consumer/nginx-accepts.h"

#include "tests/unit/consumer/test-render-overrides.c"
