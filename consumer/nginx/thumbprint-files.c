/* With which ACME accounts challenges of HTTP-01 are answered: read anew at each look, since few hosts have an account
 * of their own. */
#include "consumer/nginx/thumbprint-files.h"

#include "common/file.h"
#include "common/memory.h"
#include "common/server-name.h"

#include <errno.h>
#include <string.h>

#define SUFFIX ".thumbprint"
#define STANDARD "default"

enum { NAME_SHOWN_MAX = 100 }; /* bytes of a file's name in a log line */

int thumbprint_parse(const char *bytes, size_t size, char **ret) {
        static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        bool ends_line = size == THUMBPRINT_LENGTH + 1 && bytes[THUMBPRINT_LENGTH] == '\n';

        if (size != THUMBPRINT_LENGTH && !ends_line)
                return -EINVAL;
        for (size_t i = 0; i < THUMBPRINT_LENGTH; i++)
                if (!memchr(base64url, bytes[i], sizeof base64url - 1))
                        return -EINVAL;
        *ret = xstrndup(bytes, THUMBPRINT_LENGTH);
        return 0;
}

/* NULL where it cannot be used; the caller owns it. */
static char *read_thumbprint(const char *path, StringList *reasons) {
        _cleanup_free_ char *bytes = NULL;
        char *thumbprint = NULL;
        size_t size;
        int r = file_read(path, THUMBPRINT_FILE_MAX, &bytes, &size);

        if (r == 0)
                r = thumbprint_parse(bytes, size, &thumbprint);
        if (r == -EINVAL || r == -EFBIG)
                string_list_addf(reasons,
                                 "%s is not used: it holds no thumbprint, which is %d letters, digits, \"-\" or \"_\"",
                                 path, THUMBPRINT_LENGTH);
        else if (r < 0)
                string_list_addf(reasons, "%s is not used: %s", path, strerror(-r));
        return thumbprint;
}

/* The host of a file's name; NULL where it is none. The caller owns it. */
static char *host_of(const char *name) {
        _cleanup_free_ char *text = xstrndup(name, strlen(name) - strlen(SUFFIX)), *host = NULL;
        ServerNameKind kind;

        if (server_name_normalize(text, &host, &kind, NULL) < 0 || strcmp(host, text) != 0 ||
            (kind != SERVER_NAME_EXACT && kind != SERVER_NAME_ADDRESS))
                return NULL;
        return TAKE_PTR(host);
}

static void add_host(const FileSet *files, const char *name, ThumbprintFiles *t, StringList *reasons) {
        _cleanup_free_ char *host = host_of(name);

        if (!host) {
                _cleanup_free_ char *shown = printable(name, strlen(name), NAME_SHOWN_MAX);
                string_list_addf(reasons, "%s, beside the certificates, is not used: it is named as no host", shown);
                return;
        }
        _cleanup_free_ char *path = file_set_path(files, name, ""), *thumbprint = read_thumbprint(path, reasons);
        if (!thumbprint)
                return;
        array_grow(t->items, t->count);
        t->items[t->count++] = (HostThumbprint){ TAKE_PTR(host), TAKE_PTR(thumbprint) };
}

/* One that is hidden is being written. */
static bool is_a_hosts(const char *name) {
        return *name != '.' && strcmp(name, STANDARD SUFFIX) != 0;
}

void thumbprint_files_read(const FileSet *files, ThumbprintFiles *ret, StringList *reasons) {
        _cleanup_free_ char *standard = file_set_path(files, STANDARD, SUFFIX);
        _cleanup_string_list_ StringList names = { 0 };

        ret->standard = standard ? read_thumbprint(standard, reasons) : NULL;
        file_set_find(files, SUFFIX, &names);
        for (size_t i = 0; i < names.count && ret->count < THUMBPRINT_FILES_MAX; i++)
                if (is_a_hosts(names.items[i]))
                        add_host(files, names.items[i], ret, reasons);
}

void thumbprint_files_done(ThumbprintFiles *t) {
        for (size_t i = 0; i < t->count; i++) {
                free(t->items[i].host);
                free(t->items[i].thumbprint);
        }
        free(t->items);
        free(t->standard);
        *t = (ThumbprintFiles){ 0 };
}

bool thumbprint_files_any(const ThumbprintFiles *t) {
        return t && (t->standard || t->count > 0);
}
