/* What "/" answers in a site that has no such path: the argument of a `return`, parsed. Pure. */
#pragma once

#include "common/text.h"

typedef struct RootAnswer {
        int status; /* 0: nothing is rendered, nginx' own files are served ("none") */
        char *url;  /* of 301, 302, 303, 307, 308; or NULL. Needs no quoting; "$" begins one of the variables $scheme,
                     * $host, $request_uri and $args alone */
} RootAnswer;

enum { ROOT_ANSWER_URL_MAX = 1024 };

/* "none", "404", "418", "301 https://host/path", "https://host/path" (302). Returns 0 or -EINVAL. */
int root_answer_parse(const char *text, RootAnswer *ret);
void root_answer_done(RootAnswer *a);
#define _cleanup_root_answer_ _cleanup_(root_answer_done)
