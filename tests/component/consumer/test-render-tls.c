/* nginx accepts whatever the unit tests of a site's TLS render. */
#include "tests/component/consumer/nginx-accepts.h"

#include "tests/unit/consumer/test-render-tls.c"
