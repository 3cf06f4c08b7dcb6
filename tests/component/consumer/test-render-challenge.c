/* nginx accepts whatever the unit tests of challenges render. */
#include "tests/component/consumer/nginx-accepts.h"

#include "tests/unit/consumer/test-render-challenge.c"
