/* nginx's lexical syntax, both ways: statements out of a text, strings into one. Knows tokens, not directives. Source:
 * nginx's ngx_conf_file.c, ngx_conf_read_token(). Pure. */
#pragma once

#include "common/text.h"

#include <stdbool.h>

typedef enum ConfStatementType {
        CONF_END,         /* of the text */
        CONF_DIRECTIVE,   /* words, then ";" */
        CONF_BLOCK_START, /* words, then "{" */
        CONF_BLOCK_END,   /* "}" */
} ConfStatementType;

typedef struct ConfStatement {
        ConfStatementType type;
        StringList words;        /* at least one in a directive and at the start of a block; without their quotes */
        const char *start, *end; /* its bytes in the text: from the first word to behind the ";", "{" or "}" */
} ConfStatement;

/* Reads the statement at *cursor over the one that *ret held ({0} at first) and moves the cursor behind it. Returns 0,
 * or -EBADMSG where nginx's parser would refuse; whether blocks are balanced is for the caller to see. */
int conf_read(const char **cursor, ConfStatement *ret);
void conf_statement_clear(ConfStatement *s);
#define _cleanup_conf_statement_ _cleanup_(conf_statement_clear)

/* Appends what stands at the top level of `text`, up to the first error: each directive by its name, with or without a
 * block; a prefix location also as "location /path", since nginx takes no second one of that path. */
void conf_add_directives(const char *text, StringList *names);

/* Appends the hosts, each once, to which `text` hands on requests by `proxy_pass` and its kind, up to the first error.
 */
void conf_add_targets(const char *text, StringList *hosts);

/* Appends `string` as one quoted word. nginx knows no escape for "$": where a directive takes variables, such a string
 * must not get here. */
void conf_append_quoted(Text *t, const char *string);
/* Appends `before` and a regular expression as one quoted word, with the limit of common/regex.h. */
void conf_append_regex(Text *t, const char *before, const char *expression);
/* Appends `include "…";` for exactly this file: a path that looks like a pattern is escaped for glob(3). */
void conf_append_include(Text *t, const char *path);
/* Whether nginx would take the argument of an include for a pattern. */
bool conf_is_pattern(const char *path);
