/* A block of nginx configuration while it is written. What an operator's include into it, or into the block around it,
 * sets by itself is not set beside it: twice is an error for most directives, and headers of both would be sent. Pure.
 */
#pragma once

#include "common/text.h"
#include "consumer/nginx/render.h"

#include <stdbool.h>

typedef struct Block {
        Text *text, *references; /* of the whole rendering */
        const RenderPolicy *policy;
        const struct Block *outer;
        unsigned depth;        /* of its lines */
        const StringList *own; /* what the operator's include sets; borrowed, NULL without one */
} Block;

/* Looks into `include`, which may be NULL or no file; it is not written yet. The caller writes the block's first line.
 */
Block block_new(Text *text, Text *references, const RenderPolicy *policy, const OverrideFile *include);
Block block_inside(const Block *outer, const OverrideFile *include);
/* Writes its end. */
void block_end(Block *b);

/* Whether the operator sets `name` in it or around it. */
bool block_has(const Block *b, const char *name);
/* Writes one line, indented. */
void block_line(const Block *b, const char *line);
void block_linef(const Block *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes "directive name value;". */
void block_add(const Block *b, const char *directive, const char *name, const char *value);
/* Writes "name value;", but where the operator sets `name`. */
void block_set(const Block *b, const char *name, const char *value);
/* The same with a path of ours. */
void block_set_path(const Block *b, const char *name, const char *path);
/* Includes an operator's file and refers to it, if there is one. */
void block_include(const Block *b, const OverrideFile *file);
