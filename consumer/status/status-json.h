/* /status.json: how everything stands, for the page. Pure. */
#pragma once

#include "consumer/status/view.h"

enum {
        STATUS_ROUTES_MAX = 50000,  /* rows; "more" says how many there are beyond */
        STATUS_PUBLISHERS_MAX = 20, /* of a row; its "publishers" says how many there are */
        STATUS_ENDPOINTS_MAX = 20,  /* of a row; its "endpoints" says how many there are */
        STATUS_WORDS_MAX = 2000,    /* bytes of what is quoted */
};

/* The caller owns it. Times are Unix seconds. The same bytes for the same state, whatever the time. */
char *status_json(const StatusView *v);
