/* What of YAML is read, and how much of it. */
#include "registrar/yaml-tree.h"

#include "tests/unit/check-main.h"

#include <errno.h>

/* "{a: <x>, b: [<y>, null]}". */
static void append(Text *t, const YamlTree *tree) {
        static const char *const brackets[] = { [YAML_LIST] = "[]", [YAML_MAPPING] = "{}" };

        if (tree->kind == YAML_NULL || tree->kind == YAML_TEXT) {
                text_appendf(t, tree->kind == YAML_NULL ? "null" : "<%s>", tree->text);
                return;
        }
        text_appendf(t, "%c", brackets[tree->kind][0]);
        for (size_t i = 0; i < tree->count; i++) {
                text_append(t, i > 0 ? ", " : "");
                if (tree->kind == YAML_MAPPING)
                        text_appendf(t, "%s: ", tree->keys[i]);
                append(t, tree->items[i]);
        }
        text_appendf(t, "%c", brackets[tree->kind][1]);
}

/* The tree, or the message where there is none. */
static char *parse(const char *bytes, size_t size, StringList *problems) {
        _cleanup_(yaml_tree_freep) YamlTree *tree = NULL;
        char *message = NULL;
        Text t = { 0 };
        int r = yaml_tree_parse(bytes, size, &tree, problems, &message);

        ck_assert((r == 0) == (tree != NULL) && (r == 0) == (message == NULL));
        if (message)
                return message;
        append(&t, tree);
        return text_take(&t);
}

typedef struct Case {
        const char *text, *expected;
} Case;

static void assert_cases(const Case *cases, size_t count) {
        for (size_t i = 0; i < count; i++) {
                _cleanup_string_list_ StringList problems = { 0 };
                _cleanup_free_ char *found = parse(cases[i].text, strlen(cases[i].text), &problems);
                ck_assert_msg(strcmp(found, cases[i].expected) == 0, "%s: %s", cases[i].text, found);
                ck_assert_uint_eq(problems.count, 0);
        }
}
#define ASSERT_CASES(cases) assert_cases(cases, sizeof(cases) / sizeof *(cases))

START_TEST(plain_documents_are_read) {
        static const Case cases[] = {
                { "", "null" },
                { "# nothing", "null" },
                { "---\n...\n", "null" },
                { "x", "<x>" },
                { "a: 8080", "{a: <8080>}" },
                { "a: [1, x, [], {}]\nb:\n- y\n- ~\n", "{a: [<1>, <x>, [], {}], b: [<y>, null]}" },
                { "{\"a\": {\"b\": null, \"c\": \"null\"}}", "{a: {b: null, c: <null>}}" },
                { "{\t\"a\": {\n\t\t\"b\": 1\n\t}\n}", "{a: {b: <1>}}" },
                { "a: '~'\nb: ''\nc: Null\nd: NULL\ne: nUll", "{a: <~>, b: <>, c: null, d: null, e: <nUll>}" },
                { "~: a\nnull: b", "{~: <a>, null: <b>}" },
                { "%YAML 1.1\n---\na: |\n  x\n  y\n", "{a: <x\ny\n>}" },
        };

        ASSERT_CASES(cases);
}
END_TEST

START_TEST(what_no_setting_needs_is_refused_with_its_line) {
        static const Case cases[] = {
                { "a: &x {}\nb: *x", "line 1: an anchor, which is not allowed here" },
                { "a: &x 1", "line 1: an anchor, which is not allowed here" },
                { "a:\n  <<: *x", "line 2: an alias, which is not allowed here" },
                { "a: &a [*a]", "line 1: an anchor, which is not allowed here" },
                { "*x : a", "line 1: an alias, which is not allowed here" },
                { "a: !!map {}", "line 1: a tag, which is not allowed here" },
                { "a: !!str x", "line 1: a tag, which is not allowed here" },
                { "\n!x []", "line 2: a tag, which is not allowed here" },
                { "a:\n---\nb:", "line 3: a second document" },
                { "a:\n---\n", "line 3: a second document" },
                { "? [a]\n: {}", "line 1: a key that is no text" },
                { "{{a: b}: c}", "line 1: a key that is no text" },
                { "a:\n  \"a\\0b\": {}", "line 2: a text with a NUL in it" },
                { "a: {", "line 2: did not find expected node content" },
                { "a: b: c", "line 1: mapping values are not allowed in this context" },
                { "a: \xff", "byte 4: invalid leading UTF-8 octet" },
        };

        ASSERT_CASES(cases);
}
END_TEST

START_TEST(what_is_there_twice_counts_once) {
        _cleanup_string_list_ StringList problems = { 0 };
        static const char text[] = "a: {x: 1, \"\\x1b\": 2, x: 3, \"\\x1b\": {y: 4}}";
        _cleanup_free_ char *found = parse(text, strlen(text), &problems);

        ck_assert_str_eq(found, "{a: {x: <1>, \x1b: <2>}}");
        ck_assert_uint_eq(problems.count, 2);
        ck_assert_str_eq(problems.items[0], "line 1: \"x\" is there twice: the first counts");
        ck_assert_str_eq(problems.items[1], "line 1: \"\\x1b\" is there twice: the first counts");
}
END_TEST

static void assert_limit(const char *text, size_t size, const char *beginning) {
        _cleanup_string_list_ StringList problems = { 0 };
        _cleanup_free_ char *found = parse(text, size, &problems);

        ck_assert_msg(has_prefix(found, beginning), "%.60s instead of %s", found, beginning);
}

START_TEST(as_many_nodes_as_may_be_and_not_one_more) {
        _cleanup_text_ Text list = { 0 };

        text_append(&list, "[");
        for (int i = 1; i < YAML_TREE_NODES_MAX; i++)
                text_append(&list, "0,");
        text_append(&list, "]");
        assert_limit(list.data, list.size, "[<0>, <0>");
        list.data[list.size - 1] = '0';
        text_append(&list, "]");
        assert_limit(list.data, list.size, "line 1: it holds more than may be in it");
}
END_TEST

START_TEST(as_deep_as_may_be_and_no_deeper) {
        static const Case cases[] = {
                { "[[[[{a: [{b: {}}]}]]]]", "[[[[{a: [{b: {}}]}]]]]" },
                { "[[[[{a: [{b: {c: []}}]}]]]]", "line 1: it is nested too deep" },
        };

        ASSERT_CASES(cases);
}
END_TEST

START_TEST(as_long_as_may_be_and_no_longer) {
        _cleanup_free_ char *text = xcalloc(YAML_TREE_TEXT_MAX + 2, 1);

        memset(text, ' ', YAML_TREE_TEXT_MAX + 1);
        text[0] = 'a';
        assert_limit(text, YAML_TREE_TEXT_MAX, "<a>");
        assert_limit(text, YAML_TREE_TEXT_MAX + 1, "it is longer than 65536 bytes");
}
END_TEST

TEST_MAIN("yaml-tree", plain_documents_are_read, what_no_setting_needs_is_refused_with_its_line,
          what_is_there_twice_counts_once, as_many_nodes_as_may_be_and_not_one_more, as_deep_as_may_be_and_no_deeper,
          as_long_as_may_be_and_no_longer)
