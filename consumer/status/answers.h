/* What is served, rendered when somebody asks and kept until it differs: a thousand requests cost one rendering, and
 * one that takes long is made seldom. */
#pragma once

#include "common/memory.h"
#include "consumer/digest.h"
#include "consumer/status/contents.h"

#include <microhttpd.h>

enum {
        ANSWERS_REST = 20, /* a rendering is kept as many times longer than it took to make, whatever has changed */
};

typedef struct Answers Answers;

typedef struct Answer {
        struct MHD_Response *response; /* borrowed until the next call */
        unsigned status;
        const char *etag; /* as it stands in the header */
} Answer;

/* Shows what is so now; borrowed until the loop runs again. */
typedef void StatusViewFunc(void *userdata, StatusView *ret);

Answers *answers_new(void);
Answers *answers_free(Answers *a);
DEFINE_CLEANUP(Answers *, answers_free);

/* From now on this is what is rendered. */
void answers_show(Answers *a, StatusViewFunc *view, void *userdata);
/* What is kept is out of date. */
void answers_outdate(Answers *a);

/* Returns whether there is such a path. */
bool answers_find(Answers *a, const char *path, Answer *ret);
