/* YAML from a container, as far as a setting needs it: mappings, lists and plain texts. Anchors, aliases, tags and
 * further documents are refused. Pure. Source: YAML 1.1, by libyaml. */
#pragma once

#include "common/text.h"

#include <stddef.h>

enum {
        YAML_TREE_TEXT_MAX = 64 * 1024, /* bytes of a document */
        YAML_TREE_NODES_MAX = 5000,
        YAML_TREE_DEPTH_MAX = 8, /* mappings and lists in each other */
};

typedef enum YamlKind {
        YAML_NULL, /* nothing, "~" or "null", without quotes */
        YAML_TEXT, /* all other scalars, numbers among them */
        YAML_LIST,
        YAML_MAPPING,
} YamlKind;

typedef struct YamlTree {
        YamlKind kind;
        char *text;  /* YAML_TEXT */
        char **keys; /* YAML_MAPPING: one an item, each once */
        struct YamlTree **items;
        size_t count;
} YamlTree;

/* Reads one document. A key that a mapping has twice is added to `problems` with its line; the first counts. Returns 0
 * and a tree that the caller owns, or -EINVAL with what is wrong, and the line of it, in *ret_message (owned by the
 * caller). */
int yaml_tree_parse(const char *bytes, size_t size, YamlTree **ret, StringList *problems, char **ret_message);
YamlTree *yaml_tree_free(YamlTree *t);
DEFINE_CLEANUP(YamlTree *, yaml_tree_free);
