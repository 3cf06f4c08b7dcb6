/* What is served under which path. Pure. */
#pragma once

#include "consumer/status/view.h"

#include <stdbool.h>

typedef struct StatusContent {
        const char *path, *type;
        /* The caller owns it; *ret_status is the HTTP status, 200 unless it is set. */
        char *(*render)(const StatusView *v, unsigned *ret_status);
        bool changes_by_itself; /* with the time, not only with what is known */
        bool is_page;           /* a browser may run what is in it */
} StatusContent;

enum { STATUS_CONTENTS = 4 };
extern const StatusContent status_contents[STATUS_CONTENTS];

/* Whether a request with this Host header may be answered: one for an address or "localhost", or without any. With
 * another name, a page of somebody else's may have had a browser here look that name up. */
bool status_host_is_ours(const char *host);
