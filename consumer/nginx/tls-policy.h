/* What the names of TLS policies come to. Sources: Mozilla, "Server Side TLS" 5.7; AWS, "Security policies for your
 * Application Load Balancer". Pure. */
#pragma once

#include "beachhead/edge-settings.h"
#include "common/text.h"

#include <stdbool.h>

enum { TLS_1_0 = 1 << 0, TLS_1_1 = 1 << 1, TLS_1_2 = 1 << 2, TLS_1_3 = 1 << 3 };

typedef struct TlsProfile {
        unsigned protocols;  /* bits of the above */
        const char *ciphers; /* OpenSSL's names; nginx has no say in those of TLS 1.3 */
        bool prefer_server_ciphers;
} TlsProfile;

const TlsProfile *tls_profile(TlsPolicy policy);
/* As the arguments of `ssl_protocols`: "TLSv1.2 TLSv1.3". */
void tls_append_protocols(Text *t, unsigned protocols);
