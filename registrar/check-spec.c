/* "http:8080/health", and what else belongs to a check. */
#include "registrar/check-spec.h"

#include "common/text.h"

#include <errno.h>
#include <string.h>

/* Nothing that would end the request line, or that a URL ends with. */
static bool path_is_valid(const char *path) {
        return *path == '/' && strlen(path) <= CHECK_PATH_MAX && is_printable(path) && !strpbrk(path, " #");
}

/* ":PORT", or nothing: the cursor moves behind it. */
static int take_port(const char **cursor, uint16_t *ret) {
        *ret = 0;
        if (**cursor != ':')
                return 0;
        size_t length = strcspn(++*cursor, "/");
        _cleanup_free_ char *number = xstrndup(*cursor, length);
        *cursor += length;
        return parse_port(number, ret);
}

int check_spec_parse(const char *text, CheckSpec *ret) {
        size_t length = strcspn(text, ":/");
        const char *cursor = text + length;
        static const char *const kinds[] = { [CHECK_NONE] = "none", [CHECK_TCP] = "tcp", [CHECK_HTTP] = "http" };
        _cleanup_free_ char *word = xstrndup(text, length);
        int kind = name_find(kinds, sizeof kinds / sizeof *kinds, word);
        uint16_t port;

        if (kind < 0 || take_port(&cursor, &port) < 0)
                return -EINVAL;
        if ((*cursor && (kind != CHECK_HTTP || !path_is_valid(cursor))) || (kind == CHECK_NONE && port > 0))
                return -EINVAL;
        ret->kind = (CheckKind)kind;
        ret->port = port;
        if (kind == CHECK_HTTP)
                REPLACE_PTR(ret->path, xstrdup(*cursor ? cursor : "/"));
        return 0;
}

bool check_spec_same_target(const CheckSpec *a, const CheckSpec *b) {
        return a->kind == b->kind && a->port == b->port && a->timeout_sec == b->timeout_sec &&
               streq_or_null(a->host, b->host) && streq_or_null(a->path, b->path) &&
               streq_or_null(a->domain, b->domain);
}

void check_spec_done(CheckSpec *s) {
        free(s->host);
        free(s->path);
        free(s->domain);
        *s = (CheckSpec){ 0 };
}
