/* Which nginx it is. Pure. */
#include "consumer/nginx/nginx-version.h"

#include "common/text.h"

#include <errno.h>
#include <string.h>

#define BANNER "nginx version: "

enum { PART_MAX = 999 };

static int parse_number(const char *text, unsigned *ret) {
        uint64_t parts[3];

        for (size_t i = 0; i < 3; i++) {
                size_t length = strcspn(text, ".");
                _cleanup_free_ char *part = xstrndup(text, length);
                if (parse_unsigned(part, 0, PART_MAX, &parts[i]) < 0 || (text[length] == '.') != (i < 2))
                        return -EINVAL;
                text += length + (i < 2);
        }
        *ret = NGINX_VERSION((unsigned)parts[0], (unsigned)parts[1], (unsigned)parts[2]);
        return 0;
}

int nginx_version_parse(const char *text, NginxVersion *ret) {
        unsigned number;

        if (parse_number(text, &number) < 0)
                return -EINVAL;
        *ret = (NginxVersion){ .number = number, .has_http3 = number >= NGINX_VERSION(1, 25, 0) };
        return 0;
}

/* The bytes of its first three numbers. */
static size_t three_numbers(const char *text) {
        size_t length = 0;

        for (size_t i = 0; i < 3; i++) {
                length += i > 0 && text[length] == '.';
                length += strspn(text + length, "0123456789");
        }
        return length;
}

/* "nginx version: nginx/1.22.1 (Ubuntu)". Forks have another name before the slash, and perhaps one number more. */
int nginx_version_from_output(const char *output, NginxVersion *ret) {
        const char *banner = strstr(output, BANNER), *slash = banner ? strchr(banner, '/') : NULL;
        unsigned number;

        if (!slash)
                return -EINVAL;
        _cleanup_free_ char *version = xstrndup(slash + 1, three_numbers(slash + 1));
        if (parse_number(version, &number) < 0)
                return -EINVAL;
        *ret = (NginxVersion){ .number = number, .has_http3 = strstr(output, "--with-http_v3_module") != NULL };
        return 0;
}
