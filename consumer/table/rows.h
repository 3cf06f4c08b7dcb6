/* What the consumer knows, as rows of a table for people: one a path of a site, one a note, one a route that is set
 * aside. Pure. */
#pragma once

#include "consumer/view.h"

#include <stddef.h>

typedef enum Column {
        COLUMN_DOMAIN,
        COLUMN_PATH,
        COLUMN_ENDPOINTS,
        COLUMN_TLS,
        COLUMN_LEASE,
        COLUMN_STATE, /* the last: it takes what room there is */
        _COLUMN_COUNT,
} Column;

typedef struct Row {
        char *cells[_COLUMN_COUNT]; /* printable ASCII; "" where there is nothing to say */
} Row;

typedef struct Rows {
        Row *items;
        size_t count;
} Rows;

enum { ROWS_ENDPOINTS_SHOWN_MAX = 3 }; /* of a path, where not all are asked for; then how many there are more */

/* In the order of the sites, what is set aside behind them. `view->sites` is not NULL. */
void rows_make(Rows *ret, const View *view, bool all_endpoints);
void rows_done(Rows *r);
/* "41s", "12m", "5h", "3d": for a glance. The caller owns it. */
char *duration_words(uint64_t usec);
