/* nginx's lexical syntax, both ways. Pure. */
#include "consumer/nginx/conf-syntax.h"

#include "common/regex.h"

#include <errno.h>
#include <string.h>

#define SPACES " \t\r\n"
#define PATTERN_CHARACTERS "*?["

void conf_statement_clear(ConfStatement *s) {
        string_list_clear(&s->words);
        *s = (ConfStatement){ 0 };
}

static bool is_one_of(char c, const char *set) {
        return c != '\0' && strchr(set, c);
}

static const char *skip_spaces_and_comments(const char *c) {
        for (;;) {
                c += strspn(c, SPACES);
                if (*c != '#')
                        return c;
                c += strcspn(c, "\n");
        }
}

/* A backslash stays, but before the few characters that it escapes. */
static char *unescape(const char *bytes, size_t size) {
        char *word = xcalloc(size + 1, 1), *to = word;

        for (const char *c = bytes; c < bytes + size;) {
                const char *escaped = *c == '\\' ? strchr("\"'\\trn", c[1]) : NULL;
                if (escaped && *escaped) {
                        *to++ = "\"'\\\t\r\n"[escaped - "\"'\\trn"];
                        c += 2;
                } else {
                        *to++ = *c++;
                }
        }
        return word;
}

/* The end of the quoted word that begins behind `c`, at its closing quote; NULL without one. */
static const char *quoted_end(const char *c, char quote) {
        for (; *c && *c != quote; c++)
                if (*c == '\\' && *++c == '\0')
                        return NULL;
        return *c ? c : NULL;
}

/* The end of a word without quotes. "${" belongs to a variable and starts no block. */
static const char *plain_end(const char *c) {
        bool variable = false;

        for (; *c && !is_one_of(*c, SPACES ";"); c++) {
                if (*c == '{' && variable)
                        continue;
                if (*c == '{')
                        return c;
                variable = *c == '$';
                if (*c == '\\' && *++c == '\0')
                        return NULL;
        }
        return *c ? c : NULL;
}

/* Takes one word; a quoted one needs something behind it that ends words (or ")", as in `if ($a = "b")`). */
static int read_word(const char **cursor, StringList *words) {
        const char *start = *cursor, *end;

        if (*start == '"' || *start == '\'') {
                end = quoted_end(start + 1, *start);
                if (!end || !is_one_of(end[1], SPACES ";{)"))
                        return -EBADMSG;
                *cursor = end + 1;
                start++;
        } else {
                end = plain_end(start);
                if (!end)
                        return -EBADMSG;
                *cursor = end;
        }
        string_list_take(words, unescape(start, (size_t)(end - start)));
        return 0;
}

int conf_read(const char **cursor, ConfStatement *ret) {
        conf_statement_clear(ret);
        *cursor = skip_spaces_and_comments(*cursor);
        ret->start = *cursor;
        while (!is_one_of(**cursor, ";{}") && **cursor) {
                int r = read_word(cursor, &ret->words);
                if (r < 0)
                        return r;
                *cursor = skip_spaces_and_comments(*cursor);
        }
        char last = **cursor;
        if ((ret->words.count > 0) != (last == ';' || last == '{'))
                return -EBADMSG;
        ret->type = last == ';'   ? CONF_DIRECTIVE
                    : last == '{' ? CONF_BLOCK_START
                    : last == '}' ? CONF_BLOCK_END
                                  : CONF_END;
        if (last)
                (*cursor)++;
        ret->end = *cursor;
        return 0;
}

/* `location /path` and `location ^~ /path`. */
static bool is_prefix_location(const ConfStatement *s) {
        const StringList *w = &s->words;

        return s->type == CONF_BLOCK_START && strcmp(w->items[0], "location") == 0 &&
               (w->count == 2 || (w->count == 3 && strcmp(w->items[1], "^~") == 0)) &&
               w->items[w->count - 1][0] == '/';
}

static void add_names(const ConfStatement *s, StringList *names) {
        if (!string_list_contains(names, s->words.items[0]))
                string_list_add(names, s->words.items[0]);
        if (is_prefix_location(s))
                string_list_addf(names, "location %s", s->words.items[s->words.count - 1]);
}

void conf_add_directives(const char *text, StringList *names) {
        _cleanup_conf_statement_ ConfStatement s = { 0 };
        size_t depth = 0;

        while (conf_read(&text, &s) >= 0 && s.type != CONF_END) {
                if (s.words.count > 0 && depth == 0)
                        add_names(&s, names);
                if (s.type == CONF_BLOCK_START)
                        depth++;
                if (s.type == CONF_BLOCK_END && depth-- == 0)
                        return;
        }
}

/* "http://HOST/…" or "HOST/…": with a port it is no upstream's name. */
static char *host_of(const char *target) {
        const char *scheme_end = strstr(target, "://"), *host = scheme_end ? scheme_end + strlen("://") : target;

        return xstrndup(host, strcspn(host, "/?"));
}

void conf_add_targets(const char *text, StringList *hosts) {
        _cleanup_conf_statement_ ConfStatement s = { 0 };

        while (conf_read(&text, &s) >= 0 && s.type != CONF_END) {
                if (s.type != CONF_DIRECTIVE || s.words.count != 2 || !strstr(s.words.items[0], "_pass"))
                        continue;
                _cleanup_free_ char *host = host_of(s.words.items[1]);
                if (!string_list_contains(hosts, host))
                        string_list_take(hosts, TAKE_PTR(host));
        }
}

void conf_append_quoted(Text *t, const char *string) {
        static const char special[] = "\"\\\t\r\n", letters[] = "\"\\trn";

        text_append(t, "\"");
        for (const char *c = string; *c;) {
                size_t plain = strcspn(c, special);
                text_append_bytes(t, c, plain);
                c += plain;
                if (*c)
                        text_appendf(t, "\\%c", letters[strchr(special, *c++) - special]);
        }
        text_append(t, "\"");
}

void conf_append_regex(Text *t, const char *before, const char *expression) {
        _cleanup_free_ char *word = xasprintf("%s(*LIMIT_MATCH=%d)%s", before, REGEX_MATCH_LIMIT, expression);

        conf_append_quoted(t, word);
}

bool conf_is_pattern(const char *path) {
        return strpbrk(path, PATTERN_CHARACTERS);
}

static char *escape_pattern(const char *path) {
        Text t = { 0 };

        for (const char *c = path; *c; c++)
                text_appendf(&t, is_one_of(*c, PATTERN_CHARACTERS "\\") ? "\\%c" : "%c", *c);
        return text_take(&t);
}

void conf_append_include(Text *t, const char *path) {
        _cleanup_free_ char *name = conf_is_pattern(path) ? escape_pattern(path) : xstrdup(path);

        text_append(t, "include ");
        conf_append_quoted(t, name);
        text_append(t, ";");
}
