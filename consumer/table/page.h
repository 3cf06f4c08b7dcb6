/* The table as lines of text. Pure. */
#pragma once

#include "common/text.h"
#include "consumer/view.h"

enum {
        PAGE_HEAD = 2,       /* lines before the rows: how things stand, and the names of the columns */
        PAGE_WIDTH_MIN = 40, /* columns of a line; a narrower window cuts it */
};

/* Adds the head and the rows, each without spaces at its end. `width`: columns that no line goes beyond, what does not
 * fit ends in "…"; 0: as wide as it takes, with all endpoints. */
void page_make(const View *view, size_t width, StringList *lines);
