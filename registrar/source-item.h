/* What a source shows of one thing that may be published. Pure. */
#pragma once

#include "registrar/container.h"

#include <stdbool.h>
#include <stdint.h>

/* Borrowed. */
typedef struct SourceItem {
        const Container *container;
        const char *unread; /* why it is not known: not read yet, or it cannot be. NULL: it was read; otherwise only
                             * `name` is set in `container` */
        bool draining;      /* not to be published */
        uint64_t revision; /* another one for whatever differs in what was read of any item of the source; 0: unread */
} SourceItem;

typedef void SourceEachFunc(void *userdata, const SourceItem *item);
