/* Paths of routes: what nginx matches as it stands, and nothing that it would read as syntax. Pure. */
#include "common/location-path.h"

#include "common/memory.h"
#include "common/regex.h"
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static bool has_only_plain_characters(const char *path) {
        for (; *path; path++)
                if (!isalnum((unsigned char)*path) && !strchr("/-._~!&()+,=:@", *path))
                        return false;
        return true;
}

/* nginx compares with a path that it has normalised: "//", "/." and "/.." never occur there. */
static bool is_normal(const char *path) {
        for (const char *c = path; (c = strchr(c, '/')); c++) {
                const char *next = c + 1 + strspn(c + 1, ".");
                if (c[1] == '/' || (next > c + 1 && next <= c + 3 && (*next == '/' || *next == '\0')))
                        return false;
        }
        return true;
}

int location_dest_check(const char *dest, char **ret_reason) {
        const char *wrong = NULL;

        if (*dest != '/')
                wrong = "does not begin with \"/\"";
        else if (strlen(dest) > LOCATION_PATH_MAX)
                wrong = "is too long";
        else if (!has_only_plain_characters(dest))
                wrong = "holds a character other than letters, digits and / - . _ ~ ! & ( ) + , = : @";
        else if (!is_normal(dest))
                wrong = "holds \"//\", \"/./\" or \"/../\"";
        if (!wrong)
                return 0;
        *ret_reason = xstrdup(wrong);
        return -EINVAL;
}

int location_path_check(const char *path, char **ret_reason) {
        return *path == '~' ? regex_check(path + 1, ret_reason) : location_dest_check(path, ret_reason);
}
