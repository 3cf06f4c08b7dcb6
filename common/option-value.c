/* What the readers of options share: finding an option, and turning its text into a field of the settings. */
#include "common/option-value.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { SHOWN_MAX = 60 }; /* bytes of a bad value that a message repeats */

OptionSource option_source(const OptionTable *table, void *settings) {
        return (OptionSource){
                .table = table,
                .settings = settings,
                .mentioned = xcalloc(table->count, sizeof(bool)),
        };
}

void option_source_done(OptionSource *s) {
        free(s->mentioned);
}

const Option *option_find(const OptionTable *table, const char *name, size_t size) {
        for (const Option *o = table->options; o < table->options + table->count; o++)
                if (o->type != OPTION_HEADING && strlen(o->name) == size && memcmp(o->name, name, size) == 0)
                        return o;
        return NULL;
}

/* Everything that is accepted, for a message about what is not. */
static char *accepted(const Option *option) {
        Text t = { 0 };

        switch (option->type) {
        case OPTION_TEXT:
                return xstrdup("a value");
        case OPTION_FLAG:
                return xstrdup("yes or no");
        case OPTION_UNSIGNED:
                if (option->max > 0)
                        return xasprintf("a whole number from %ju to %ju", (uintmax_t)option->min,
                                         (uintmax_t)option->max);
                return xasprintf("a whole number, %ju or more", (uintmax_t)option->min);
        default:
                for (const char *const *choice = option->choices; *choice; choice++)
                        text_appendf(&t, "%s%s", choice == option->choices ? "" : choice[1] ? ", " : " or ", *choice);
                return text_take(&t);
        }
}

static int set_flag(bool *field, const char *text) {
        static const char *const words[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };

        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                if (strcasecmp(text, words[i]) == 0) {
                        *field = i % 2;
                        return 0;
                }
        return -EINVAL;
}

static int set_choice(int *field, const char *text, const char *const *choices) {
        for (int i = 0; choices[i]; i++)
                if (strcmp(text, choices[i]) == 0) {
                        *field = i;
                        return 0;
                }
        return -EINVAL;
}

/* An empty mention empties the list. */
static void add_text(StringList *field, const char *text, bool first) {
        if (first || !*text)
                string_list_clear(field);
        if (*text)
                string_list_add(field, text);
}

static int set_field(OptionSource *s, const Option *o, const char *text) {
        void *field = (char *)s->settings + o->offset;
        bool *mentioned = &s->mentioned[o - s->table->options];
        bool first = !*mentioned;

        *mentioned = true;
        switch (o->type) {
        case OPTION_FLAG:
                return set_flag(field, text);
        case OPTION_TEXT:
                if (o->needed && !*text)
                        return -EINVAL;
                REPLACE_PTR(*(char **)field, *text ? xstrdup(text) : NULL);
                return 0;
        case OPTION_TEXTS:
                add_text(field, text, first);
                return 0;
        case OPTION_UNSIGNED:
                return parse_unsigned(text, o->min, o->max > 0 ? o->max : UINT64_MAX, field);
        case OPTION_CHOICE:
                return set_choice(field, text, o->choices);
        case OPTION_HEADING:
                break;
        }
        return 0;
}

int option_set(OptionSource *s, const Option *option, const char *text, char **ret_complaint) {
        if (set_field(s, option, text) >= 0)
                return 0;
        _cleanup_free_ char *shown = printable(text, strlen(text), SHOWN_MAX), *expected = accepted(option);
        *ret_complaint = xasprintf("\"%s\" is not %s", shown, expected);
        return -EINVAL;
}
