/* libyaml's events into a tree with our caps. */
#include "registrar/yaml-tree.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

enum { QUOTED_MAX = 80 /* bytes of a key that a message quotes */ };

typedef struct Reader {
        yaml_parser_t yaml;
        size_t n_nodes;
        StringList *problems;
        char *message; /* once something is wrong */
} Reader;

YamlTree *yaml_tree_free(YamlTree *t) {
        if (!t)
                return NULL;
        for (size_t i = 0; i < t->count; i++) {
                if (t->keys)
                        free(t->keys[i]);
                (void)yaml_tree_free(t->items[i]);
        }
        free(t->keys);
        free(t->items);
        free(t->text);
        free(t);
        return NULL;
}

static int refuse(Reader *r, size_t line, const char *wrong) {
        r->message = xasprintf("line %zu: %s", line + 1, wrong);
        return -EINVAL;
}

/* What an event may not be, whatever stands around it. */
static const char *check_event(const yaml_event_t *e) {
        const yaml_char_t *anchor = NULL, *tag = NULL;

        if (e->type == YAML_ALIAS_EVENT)
                return "an alias, which is not allowed here";
        if (e->type == YAML_SCALAR_EVENT) {
                anchor = e->data.scalar.anchor;
                tag = e->data.scalar.tag;
        } else if (e->type == YAML_SEQUENCE_START_EVENT) {
                anchor = e->data.sequence_start.anchor;
                tag = e->data.sequence_start.tag;
        } else if (e->type == YAML_MAPPING_START_EVENT) {
                anchor = e->data.mapping_start.anchor;
                tag = e->data.mapping_start.tag;
        }
        return anchor ? "an anchor, which is not allowed here" : tag ? "a tag, which is not allowed here" : NULL;
}

/* What is no text has no lines yet. */
static int refuse_as_libyaml(Reader *r) {
        if (r->yaml.error == YAML_MEMORY_ERROR)
                abort();
        if (r->yaml.error != YAML_READER_ERROR)
                return refuse(r, r->yaml.problem_mark.line, r->yaml.problem);
        r->message = xasprintf("byte %zu: %s", r->yaml.problem_offset + 1, r->yaml.problem);
        return -EINVAL;
}

static int next_event(Reader *r, yaml_event_t *ret) {
        if (!yaml_parser_parse(&r->yaml, ret))
                return refuse_as_libyaml(r);
        const char *wrong = check_event(ret);
        return wrong ? refuse(r, ret->start_mark.line, wrong) : 0;
}

static bool scalar_is_null(const yaml_event_t *e) {
        static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

        for (size_t i = 0; e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && i < sizeof nulls / sizeof *nulls; i++)
                if (strcmp((const char *)e->data.scalar.value, nulls[i]) == 0)
                        return true;
        return false;
}

static int read_text(Reader *r, const yaml_event_t *e, char **ret) {
        const char *text = (const char *)e->data.scalar.value;

        if (strlen(text) != e->data.scalar.length)
                return refuse(r, e->start_mark.line, "a text with a NUL in it");
        *ret = xstrdup(text);
        return 0;
}

static YamlTree *new_node(Reader *r, YamlKind kind) {
        YamlTree *node = new0(YamlTree);

        r->n_nodes++;
        node->kind = kind;
        return node;
}

/* Owns both from now on. */
static void add_item(YamlTree *t, char *key, YamlTree *item) {
        if (key) {
                array_grow(t->keys, t->count);
                t->keys[t->count] = key;
        }
        array_grow(t->items, t->count);
        t->items[t->count++] = item;
}

static bool has_key(const YamlTree *t, const char *key) {
        for (size_t i = 0; i < t->count; i++)
                if (strcmp(t->keys[i], key) == 0)
                        return true;
        return false;
}

static int read_node(Reader *r, const yaml_event_t *e, size_t depth, YamlTree **ret);

static int read_member(Reader *r, const yaml_event_t *key, size_t depth, YamlTree *t) {
        _cleanup_(yaml_event_delete) yaml_event_t value = { 0 };
        _cleanup_(yaml_tree_freep) YamlTree *item = NULL;
        _cleanup_free_ char *name = NULL;

        if (key->type != YAML_SCALAR_EVENT)
                return refuse(r, key->start_mark.line, "a key that is no text");
        if (read_text(r, key, &name) < 0 || next_event(r, &value) < 0 || read_node(r, &value, depth, &item) < 0)
                return -EINVAL;
        if (has_key(t, name)) {
                _cleanup_free_ char *shown = printable(name, strlen(name), QUOTED_MAX);
                string_list_addf(r->problems, "line %zu: \"%s\" is there twice: the first counts",
                                 key->start_mark.line + 1, shown);
                return 0;
        }
        add_item(t, TAKE_PTR(name), TAKE_PTR(item));
        return 0;
}

static int read_list_item(Reader *r, const yaml_event_t *e, size_t depth, YamlTree *t) {
        _cleanup_(yaml_tree_freep) YamlTree *item = NULL;
        int wrong = read_node(r, e, depth, &item);

        if (wrong == 0)
                add_item(t, NULL, TAKE_PTR(item));
        return wrong;
}

/* What lies between the start of a mapping or a list and its end. */
static int read_items(Reader *r, size_t depth, YamlTree *t) {
        int wrong = 0;

        while (wrong == 0) {
                _cleanup_(yaml_event_delete) yaml_event_t e = { 0 };
                if (next_event(r, &e) < 0)
                        return -EINVAL;
                if (e.type == YAML_MAPPING_END_EVENT || e.type == YAML_SEQUENCE_END_EVENT)
                        return 0;
                wrong = t->kind == YAML_MAPPING ? read_member(r, &e, depth, t) : read_list_item(r, &e, depth, t);
        }
        return wrong;
}

/* The node that begins with the event. */
static int read_node(Reader *r, const yaml_event_t *e, size_t depth, YamlTree **ret) {
        _cleanup_(yaml_tree_freep) YamlTree *node = NULL;
        int wrong;

        if (r->n_nodes == YAML_TREE_NODES_MAX)
                return refuse(r, e->start_mark.line, "it holds more than may be in it");
        if (e->type == YAML_SCALAR_EVENT) {
                bool is_null = scalar_is_null(e);
                node = new_node(r, is_null ? YAML_NULL : YAML_TEXT);
                wrong = is_null ? 0 : read_text(r, e, &node->text);
        } else if (depth == YAML_TREE_DEPTH_MAX) {
                return refuse(r, e->start_mark.line, "it is nested too deep");
        } else {
                node = new_node(r, e->type == YAML_MAPPING_START_EVENT ? YAML_MAPPING : YAML_LIST);
                wrong = read_items(r, depth + 1, node);
        }
        if (wrong == 0)
                *ret = TAKE_PTR(node);
        return wrong;
}

/* Skips the events that say nothing here; *ret is the first of a document, or the end of all of them. */
static int next_document(Reader *r, yaml_event_t *ret) {
        for (;;) {
                yaml_event_delete(ret);
                int wrong = next_event(r, ret);
                if (wrong < 0 || (ret->type != YAML_STREAM_START_EVENT && ret->type != YAML_DOCUMENT_START_EVENT &&
                                  ret->type != YAML_DOCUMENT_END_EVENT))
                        return wrong;
        }
}

static int read_document(Reader *r, YamlTree **ret) {
        _cleanup_(yaml_event_delete) yaml_event_t first = { 0 }, last = { 0 };
        _cleanup_(yaml_tree_freep) YamlTree *root = NULL;

        if (next_document(r, &first) < 0)
                return -EINVAL;
        if (first.type == YAML_STREAM_END_EVENT)
                root = new_node(r, YAML_NULL);
        else if (read_node(r, &first, 0, &root) < 0 || next_document(r, &last) < 0)
                return -EINVAL;
        else if (last.type != YAML_STREAM_END_EVENT)
                return refuse(r, last.start_mark.line, "a second document");
        *ret = TAKE_PTR(root);
        return 0;
}

int yaml_tree_parse(const char *bytes, size_t size, YamlTree **ret, StringList *problems, char **ret_message) {
        Reader r = { .problems = problems };

        if (size > YAML_TREE_TEXT_MAX) {
                *ret_message = xasprintf("it is longer than %d bytes", YAML_TREE_TEXT_MAX);
                return -EINVAL;
        }
        if (!yaml_parser_initialize(&r.yaml))
                abort();
        yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&r.yaml, (const unsigned char *)bytes, size);
        int wrong = read_document(&r, ret);
        yaml_parser_delete(&r.yaml);
        if (wrong < 0)
                *ret_message = r.message;
        return wrong;
}
