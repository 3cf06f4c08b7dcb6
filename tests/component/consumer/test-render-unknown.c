/* nginx accepts whatever the unit tests of unknown hosts render. */
#include "tests/component/consumer/nginx-accepts.h"

#include "tests/unit/consumer/test-render-unknown.c"
