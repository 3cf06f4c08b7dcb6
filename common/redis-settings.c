/* Where Redis is: from the options, with the password from a file or a credential. */
#include "common/redis-settings.h"

#include "beachhead/keyspace.h"
#include "common/file.h"
#include "common/memory.h"
#include "common/options.h"
#include "common/redis-tls.h"
#include "common/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { PASSWORD_MAX = 4096 };

/* The file that holds the password, owned by the caller; NULL: there is none. */
static char *password_path(const RedisSettings *settings) {
        const char *credentials = getenv("CREDENTIALS_DIRECTORY");

        if (settings->password_file)
                return xstrdup(settings->password_file);
        if (!credentials)
                return NULL;
        _cleanup_free_ char *path = xasprintf("%s/redis-password", credentials);
        return access(path, F_OK) == 0 ? TAKE_PTR(path) : NULL;
}

static int read_password(const RedisSettings *settings, RedisUrl *url, char **ret_message) {
        _cleanup_free_ char *path = password_path(settings), *text = NULL;
        size_t size;

        if (!path)
                return 0;
        int r = file_read(path, PASSWORD_MAX, &text, &size);
        if (r < 0) {
                *ret_message = xasprintf("the password file %s cannot be read: %s", path, strerror(-r));
                return r;
        }
        text[strcspn(text, "\r\n")] = '\0';
        REPLACE_PTR(url->password, TAKE_PTR(text));
        return 0;
}

int redis_settings_check_prefix(const char *key_prefix, char **ret_message) {
        Keyspace keyspace;

        if (keyspace_init(&keyspace, key_prefix) < 0)
                return options_refuse("key-prefix", key_prefix,
                                      "must be up to 127 characters without white space and *?[]\\", ret_message);
        keyspace_done(&keyspace);
        return 0;
}

int redis_settings_resolve(const RedisSettings *settings, RedisUrl **ret, char **ret_message) {
        _cleanup_(redis_url_freep) RedisUrl *url = NULL;
        bool ipv6 = strchr(settings->host, ':') != NULL;
        _cleanup_free_ char *text = settings->url ? xstrdup(settings->url)
                                                  : xasprintf(ipv6 ? "redis://[%s]:%" PRIu64 : "redis://%s:%" PRIu64,
                                                              settings->host, settings->port);
        int r = redis_url_parse(text, &url, ret_message);

        if (r < 0 || (r = read_password(settings, url, ret_message)) < 0)
                return r;
        if (url->tls && !redis_tls_supported()) {
                *ret_message =
                        xstrdup("rediss:// needs a hiredis with TLS (1.0 or newer, as in Debian 13); this build has "
                                "none. Use redis:// over a private network or a tunnel, or unix://");
                return -EOPNOTSUPP;
        }
        *ret = TAKE_PTR(url);
        return 0;
}
