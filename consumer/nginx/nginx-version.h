/* Which nginx it is: what may be rendered for it. Pure. */
#pragma once

#include <stdbool.h>

/* Its version as one number: 1.22.1 is 1022001. */
#define NGINX_VERSION(major, minor, patch) ((major)*1000000u + (minor)*1000u + (patch))

typedef struct NginxVersion {
        unsigned number;
        bool has_http3; /* built with it */
} NginxVersion;

/* Debian 12's: what everything that is rendered works with. */
#define NGINX_VERSION_ASSUMED ((NginxVersion){ .number = NGINX_VERSION(1, 22, 1) })

/* "1.22.1". Whether it was built with HTTP/3 is then a guess by the version. Returns 0 or -EINVAL. */
int nginx_version_parse(const char *text, NginxVersion *ret);
/* From what `nginx -V` prints. Returns 0 or -EINVAL. */
int nginx_version_from_output(const char *output, NginxVersion *ret);
