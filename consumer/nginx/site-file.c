/* How an operator's files beside a site are named. */
#include "consumer/nginx/site-file.h"

#include "common/memory.h"
#include "common/server-name.h"
#include "consumer/digest.h"

char *site_file_name(const char *domain) {
        char sha1[DIGEST_SHA1_SIZE];

        if (server_name_kind(domain) != SERVER_NAME_REGEX)
                return xstrdup(domain);
        digest_sha1_hex(domain, sha1);
        return xstrdup(sha1);
}

char *site_path_file_name(const char *domain, const char *path) {
        _cleanup_free_ char *name = site_file_name(domain);
        char sha1[DIGEST_SHA1_SIZE];

        digest_sha1_hex(path, sha1);
        return xasprintf("%s_%s", name, sha1);
}
