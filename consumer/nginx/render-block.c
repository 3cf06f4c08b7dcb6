/* A block of nginx configuration while it is written. */
#include "consumer/nginx/render-block.h"

#include "consumer/nginx/render-server.h"

#include <string.h>

Block block_new(Text *text, Text *references, const RenderPolicy *policy, const OverrideFile *include) {
        return (Block){
                .text = text,
                .references = references,
                .policy = policy,
                .own = include ? &include->directives : NULL,
                .depth = 1,
        };
}

Block block_inside(const Block *outer, const OverrideFile *include) {
        Block b = block_new(outer->text, outer->references, outer->policy, include);

        b.outer = outer;
        b.depth = outer->depth + 1;
        return b;
}

static void indent(const Block *b, unsigned depth) {
        for (; depth > 0; depth--)
                text_append(b->text, "    ");
}

void block_end(Block *b) {
        indent(b, b->depth - 1);
        text_append(b->text, "}\n");
}

bool block_has(const Block *b, const char *name) {
        return b && ((b->own && string_list_contains(b->own, name)) || block_has(b->outer, name));
}

void block_line(const Block *b, const char *line) {
        indent(b, b->depth);
        text_append_all(b->text, line, "\n");
}

void block_linef(const Block *b, const char *format, ...) {
        va_list arguments;

        indent(b, b->depth);
        va_start(arguments, format);
        text_appendv(b->text, format, arguments);
        va_end(arguments);
        text_append(b->text, "\n");
}

void block_add(const Block *b, const char *directive, const char *name, const char *value) {
        indent(b, b->depth);
        text_append_all(b->text, directive, " ", name, " ", value, ";\n");
}

void block_set(const Block *b, const char *name, const char *value) {
        if (block_has(b, name))
                return;
        indent(b, b->depth);
        text_append_all(b->text, name, " ", value, ";\n");
}

void block_set_path(const Block *b, const char *name, const char *path) {
        if (block_has(b, name))
                return;
        indent(b, b->depth);
        text_append_all(b->text, name, " ");
        render_path(b->text, b->policy, path);
        text_append(b->text, ";\n");
}

void block_include(const Block *b, const OverrideFile *file) {
        if (!file || !file->path)
                return;
        indent(b, b->depth);
        render_include(b->text, b->policy, file->path);
        text_append(b->references, file->digest);
}
