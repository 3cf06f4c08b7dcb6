/* nginx accepts whatever the unit tests of what holds for all sites render. */
#include "tests/component/consumer/nginx-accepts.h"

#include "tests/unit/consumer/test-render-http.c"
