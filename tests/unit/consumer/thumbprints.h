/* Thumbprints of accounts for tests. */
#pragma once

#include "consumer/nginx/thumbprint-files.h"

#define TEST_THUMBPRINT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA0"
#define TEST_OTHER_THUMBPRINT "-_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz9"

static HostThumbprint test_host_thumbprints[] = {
        { (char *)"[2001:db8::1]", (char *)TEST_OTHER_THUMBPRINT },
        { (char *)"own.example.org", (char *)TEST_OTHER_THUMBPRINT },
};
/* For all, and for hosts with an account of their own. */
static const ThumbprintFiles test_thumbprints = { (char *)TEST_THUMBPRINT, test_host_thumbprints, 2 };
