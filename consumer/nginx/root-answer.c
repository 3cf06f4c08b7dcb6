/* What "/" answers in a site that has no such path. Pure. */
#include "consumer/nginx/root-answer.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define URL_CHARACTERS                                                                                                \
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"                                              \
        "-._~:/?#[]@!&()*+,=%"

enum { STATUS_MIN = 200, STATUS_MAX = 599 };

static bool is_redirect(uint64_t status) {
        return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

/* The length of the variable at `text`, which begins with "$"; 0 where it is none that a URL is made of. */
static size_t variable_length(const char *text) {
        static const char *const names[] = { "$scheme", "$host", "$request_uri", "$args" };

        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                size_t length = strlen(names[i]);
                if (has_prefix(text, names[i]) && !isalnum((unsigned char)text[length]) && text[length] != '_')
                        return length;
        }
        return 0;
}

static bool url_is_valid(const char *url) {
        if (strlen(url) > ROOT_ANSWER_URL_MAX || !(has_prefix(url, "http://") || has_prefix(url, "https://") ||
                                                   has_prefix(url, "$scheme://") || *url == '/'))
                return false;
        while (*url) {
                size_t length = *url == '$' ? variable_length(url) : strspn(url, URL_CHARACTERS);
                if (length == 0)
                        return false;
                url += length;
        }
        return true;
}

int root_answer_parse(const char *text, RootAnswer *ret) {
        _cleanup_free_ char *first = next_word(&text, " \t"), *url = next_word(&text, " \t"),
                            *more = next_word(&text, " \t");
        uint64_t status = 302;

        if (!first || more)
                return -EINVAL;
        if (!url && strcmp(first, "none") == 0) {
                *ret = (RootAnswer){ 0 };
                return 0;
        }
        if (!url && !isdigit((unsigned char)*first))
                url = TAKE_PTR(first);
        else if (parse_unsigned(first, STATUS_MIN, STATUS_MAX, &status) < 0)
                return -EINVAL;
        if (is_redirect(status) != (url != NULL) || (url && !url_is_valid(url)))
                return -EINVAL;
        *ret = (RootAnswer){ .status = (int)status, .url = TAKE_PTR(url) };
        return 0;
}

void root_answer_done(RootAnswer *a) {
        free(a->url);
        *a = (RootAnswer){ 0 };
}
