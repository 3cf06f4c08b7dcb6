/* What the names of TLS policies come to. */
#include "consumer/nginx/tls-policy.h"

/* OpenSSL 3 has nothing below TLS 1.2 at its usual level. */
#define ANY_LEVEL "@SECLEVEL=0:"

/* nginx chooses the protocol by the first server of an address, before the name is known (unless it is newer than
 * this). A site is kept to TLS 1.3 by its ciphers for the rest: a suite with a pre-shared key, which nobody has. */
#define NOTHING_BELOW_1_3 "PSK-AES256-GCM-SHA384"

#define EPHEMERAL_GCM_128 "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
#define EPHEMERAL_GCM_256 "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
#define EPHEMERAL_SHA256 "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256"
#define EPHEMERAL_SHA384 "ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384"
#define EPHEMERAL_SHA_128 "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA"
#define EPHEMERAL_SHA_256 "ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA"

#define MOZILLA_INTERMEDIATE                                                                                          \
        EPHEMERAL_GCM_128 ":" EPHEMERAL_GCM_256 ":ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"         \
                          "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305"
#define MOZILLA_OLD                                                                                                   \
        MOZILLA_INTERMEDIATE ":" EPHEMERAL_SHA256 ":" EPHEMERAL_SHA_128 ":" EPHEMERAL_SHA384 ":" EPHEMERAL_SHA_256    \
                             ":DHE-RSA-AES128-SHA256:DHE-RSA-AES256-SHA256:AES128-GCM-SHA256:AES256-GCM-SHA384:"      \
                             "AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA:DES-CBC3-SHA"

#define AWS_GCM EPHEMERAL_GCM_128 ":" EPHEMERAL_GCM_256
#define AWS_SHA2 EPHEMERAL_GCM_128 ":" EPHEMERAL_SHA256 ":" EPHEMERAL_GCM_256 ":" EPHEMERAL_SHA384
#define AWS_SHA                                                                                                       \
        EPHEMERAL_GCM_128 ":" EPHEMERAL_SHA256 ":" EPHEMERAL_SHA_128 ":" EPHEMERAL_GCM_256 ":" EPHEMERAL_SHA384       \
                          ":" EPHEMERAL_SHA_256
#define AWS_RSA_SHA2 "AES128-GCM-SHA256:AES128-SHA256:AES256-GCM-SHA384:AES256-SHA256"
#define AWS_RSA_SHA "AES128-GCM-SHA256:AES128-SHA256:AES128-SHA:AES256-GCM-SHA384:AES256-SHA256:AES256-SHA"
#define AWS_ALL AWS_SHA ":" AWS_RSA_SHA

#define FROM_1_0 (TLS_1_0 | TLS_1_1 | TLS_1_2)
#define FROM_1_1 (TLS_1_1 | TLS_1_2)

static const TlsProfile profiles[_TLS_POLICY_COUNT] = {
        [TLS_MOZILLA_MODERN] = { TLS_1_3, NOTHING_BELOW_1_3, false },
        [TLS_MOZILLA_INTERMEDIATE] = { TLS_1_2 | TLS_1_3, MOZILLA_INTERMEDIATE, false },
        [TLS_MOZILLA_OLD] = { FROM_1_0 | TLS_1_3, ANY_LEVEL MOZILLA_OLD, true },
        [TLS_AWS_TLS13_1_3_2021_06] = { TLS_1_3, NOTHING_BELOW_1_3, true },
        [TLS_AWS_TLS13_1_2_2021_06] = { TLS_1_2 | TLS_1_3, AWS_SHA2, true },
        [TLS_AWS_TLS13_1_2_RES_2021_06] = { TLS_1_2 | TLS_1_3, AWS_GCM, true },
        [TLS_AWS_TLS13_1_2_EXT1_2021_06] = { TLS_1_2 | TLS_1_3, AWS_SHA2 ":" AWS_RSA_SHA2, true },
        [TLS_AWS_TLS13_1_2_EXT2_2021_06] = { TLS_1_2 | TLS_1_3, AWS_ALL, true },
        [TLS_AWS_TLS13_1_1_2021_06] = { FROM_1_1 | TLS_1_3, ANY_LEVEL AWS_ALL, true },
        [TLS_AWS_TLS13_1_0_2021_06] = { FROM_1_0 | TLS_1_3, ANY_LEVEL AWS_ALL, true },
        [TLS_AWS_FS_1_2_RES_2020_10] = { TLS_1_2, AWS_GCM, true },
        [TLS_AWS_FS_1_2_RES_2019_08] = { TLS_1_2, AWS_SHA2, true },
        [TLS_AWS_FS_1_2_2019_08] = { TLS_1_2, AWS_SHA, true },
        [TLS_AWS_FS_1_1_2019_08] = { FROM_1_1, ANY_LEVEL AWS_SHA, true },
        [TLS_AWS_FS_2018_06] = { FROM_1_0, ANY_LEVEL AWS_SHA, true },
        [TLS_AWS_TLS_1_2_EXT_2018_06] = { TLS_1_2, AWS_ALL, true },
        [TLS_AWS_TLS_1_2_2017_01] = { TLS_1_2, AWS_SHA2 ":" AWS_RSA_SHA2, true },
        [TLS_AWS_TLS_1_1_2017_01] = { FROM_1_1, ANY_LEVEL AWS_ALL, true },
        [TLS_AWS_2016_08] = { FROM_1_0, ANY_LEVEL AWS_ALL, true },
        [TLS_AWS_2015_05] = { FROM_1_0, ANY_LEVEL AWS_ALL ":DES-CBC3-SHA", true },
        [TLS_AWS_2015_03] = { FROM_1_0, ANY_LEVEL AWS_ALL ":DHE-DSS-AES128-SHA:DES-CBC3-SHA", true },
        [TLS_AWS_2015_02] = { FROM_1_0, ANY_LEVEL AWS_ALL ":DHE-DSS-AES128-SHA", true },
};

const TlsProfile *tls_profile(TlsPolicy policy) {
        return &profiles[policy];
}

void tls_append_protocols(Text *t, unsigned protocols) {
        static const char *const names[] = { "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3" };
        const char *separator = "";

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (protocols & (1u << i)) {
                        text_appendf(t, "%s%s", separator, names[i]);
                        separator = " ";
                }
}
