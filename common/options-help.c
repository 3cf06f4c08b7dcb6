/* --help, from the same table that reads the options. */
#include "common/options.h"

#include <string.h>

enum {
        WIDTH = 100,     /* columns of a line */
        LEFT_MAX = 38,   /* columns of an option; the help of a longer one begins on the next line */
        LEFT_MARGIN = 2, /* columns between an option and its help */
};

/* "  -n, --dry-run" or "      --expire=SECONDS" */
static char *left_side(const Option *o) {
        char letter[] = "    ";

        if (o->letter) {
                letter[0] = '-';
                letter[1] = o->letter;
                letter[2] = ',';
        }
        return xasprintf("  %s--%s%s%s", letter, o->name, o->argument ? "=" : "", o->argument ? o->argument : "");
}

/* By the heading before it. */
static bool is_about(const OptionTable *table, const Option *o, const char *topic) {
        while (o > table->options && o->type != OPTION_HEADING)
                o--;
        return streq_or_null(o->type == OPTION_HEADING ? o->topic : NULL, topic);
}

/* Where all help begins: behind the longest option that is not too long. */
static size_t help_column(const OptionTable *table, const char *topic) {
        size_t longest = 0;

        for (size_t i = 0; i < table->count; i++) {
                const Option *o = &table->options[i];
                if (o->type == OPTION_HEADING || !is_about(table, o, topic))
                        continue;
                _cleanup_free_ char *left = left_side(o);
                size_t length = strlen(left);
                if (length > longest && length <= LEFT_MAX)
                        longest = length;
        }
        return longest + LEFT_MARGIN;
}

/* Words, wrapped, every line but the first indented to `column`, where the first stands already. */
static void append_wrapped(Text *t, const char *text, size_t column) {
        size_t at = column;

        for (char *word; (word = next_word(&text, " ")); free(word)) {
                size_t length = strlen(word);
                if (at > column && at + 1 + length > WIDTH) {
                        text_appendf(t, "\n%*s", (int)column, "");
                        at = column;
                }
                text_appendf(t, "%s%s", at > column ? " " : "", word);
                at += length + (at > column);
        }
        text_append(t, "\n");
}

static void append_option(Text *t, const Option *o, size_t column) {
        _cleanup_free_ char *left = left_side(o), *help = NULL;

        help = o->standard ? xasprintf("%s [%s]", o->help, o->standard) : xstrdup(o->help);
        if (strlen(left) + LEFT_MARGIN > column)
                text_appendf(t, "%s\n%*s", left, (int)column, "");
        else
                text_appendf(t, "%-*s", (int)column, left);
        append_wrapped(t, help, column);
}

char *options_help(const OptionTable *table, const char *topic) {
        size_t column = help_column(table, topic);
        Text t = { 0 };

        text_appendf(&t, "usage: %s %s\n", table->program, table->synopsis);
        append_wrapped(&t, table->summary, 0);
        for (const Option *o = table->options; o < table->options + table->count; o++) {
                if (!is_about(table, o, topic))
                        continue;
                if (o->type == OPTION_HEADING)
                        text_appendf(&t, "\n%s:\n", o->help);
                else
                        append_option(&t, o, column);
        }
        return text_take(&t);
}
