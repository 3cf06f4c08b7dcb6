/* nginx accepts what is rendered with each option once. */
#include "tests/component/consumer/nginx-accepts.h"

#include "tests/unit/consumer/test-render-options.c"
