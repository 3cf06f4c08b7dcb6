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

/* The file that holds a password, owned by the caller; NULL: there is none. */
static char *password_path(const char *file, const char *credential) {
        const char *credentials = getenv("CREDENTIALS_DIRECTORY");

        if (file)
                return xstrdup(file);
        if (!credentials)
                return NULL;
        _cleanup_free_ char *path = xasprintf("%s/%s", credentials, credential);
        return access(path, F_OK) == 0 ? TAKE_PTR(path) : NULL;
}

/* Leaves *password as it is where there is no file. */
static int read_password(const char *file, const char *credential, char **password, char **ret_message) {
        _cleanup_free_ char *path = password_path(file, credential), *text = NULL;
        size_t size;

        if (!path)
                return 0;
        int r = file_read(path, PASSWORD_MAX, &text, &size);
        if (r < 0) {
                *ret_message = xasprintf("the password file %s cannot be read: %s", path, strerror(-r));
                return r;
        }
        text[strcspn(text, "\r\n")] = '\0';
        REPLACE_PTR(*password, TAKE_PTR(text));
        return 0;
}

/* What only sentinels are told. */
static int read_sentinel_settings(const RedisSettings *settings, RedisUrl *url, char **ret_message) {
        if (settings->sentinel_user)
                url->sentinel_user = xstrdup(settings->sentinel_user);
        return read_password(settings->sentinel_password_file, "redis-sentinel-password", &url->sentinel_password,
                             ret_message);
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

        if (r < 0 || (r = read_password(settings->password_file, "redis-password", &url->password, ret_message)) < 0 ||
            (url->master && (r = read_sentinel_settings(settings, url, ret_message)) < 0))
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
