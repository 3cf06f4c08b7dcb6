/* The settings from their three sources, each of which overrides the one before: defaults, file, command line. */
#include "common/options.h"

#include "common/file.h"
#include "common/option-value.h"
#include "common/options-file.h"

#include <errno.h>
#include <string.h>

enum { SHOWN_MAX = 60 };

/* An option on the command line; the value is borrowed from argv. */
typedef struct Mention {
        const Option *option;
        const char *value;
} Mention;

typedef struct CommandLine {
        const OptionTable *table;
        char *const *next, *const *end; /* of the arguments that are not looked at yet */
        Mention *mentions;
        size_t count;
        StringList *words;
        char *message;
} CommandLine;

static void command_line_done(CommandLine *l) {
        free(l->mentions);
        free(l->message);
}

static int unknown(CommandLine *l, const char *dashes, const char *name, size_t size) {
        _cleanup_free_ char *shown = printable(name, size, SHOWN_MAX);

        l->message = xasprintf("unknown option %s%s; see --help", dashes, shown);
        return -EINVAL;
}

static void mention(CommandLine *l, const Option *option, const char *value) {
        array_grow(l->mentions, l->count);
        l->mentions[l->count++] = (Mention){ .option = option, .value = value };
}

/* The value is `attached` where that is not NULL, else the next argument. */
static int mention_with_value(CommandLine *l, const Option *option, const char *attached) {
        if (!attached && l->next == l->end) {
                l->message = xasprintf("--%s needs a value: --%s=%s", option->name, option->name, option->argument);
                return -EINVAL;
        }
        mention(l, option, attached ? attached : *l->next++);
        return 0;
}

/* name, name=value, or name with the value as the next argument. */
static int take_long(CommandLine *l, const char *text) {
        size_t size = strcspn(text, "=");
        const char *value = text[size] ? text + size + 1 : NULL;
        const Option *option = option_find(l->table, text, size);

        if (!option)
                return unknown(l, "--", text, size);
        if (option->type != OPTION_FLAG)
                return mention_with_value(l, option, value);
        if (value) {
                l->message = xasprintf("--%s takes no value", option->name);
                return -EINVAL;
        }
        mention(l, option, "yes");
        return 0;
}

static const Option *find_letter(const OptionTable *table, char letter) {
        for (size_t i = 0; i < table->count; i++)
                if (table->options[i].letter == letter && table->options[i].type != OPTION_HEADING)
                        return &table->options[i];
        return NULL;
}

/* Flags may stand together; the last letter may have a value behind it or as the next argument. */
static int take_letters(CommandLine *l, const char *letters) {
        for (; *letters; letters++) {
                const Option *option = find_letter(l->table, *letters);
                if (!option)
                        return unknown(l, "-", letters, 1);
                if (option->type != OPTION_FLAG)
                        return mention_with_value(l, option, letters[1] ? letters + 1 : NULL);
                mention(l, option, "yes");
        }
        return 0;
}

static int take_word(CommandLine *l, const char *word) {
        if (l->words) {
                string_list_add(l->words, word);
                return 0;
        }
        _cleanup_free_ char *shown = printable(word, strlen(word), SHOWN_MAX);
        l->message = xasprintf("unexpected argument \"%s\"; see --help", shown);
        return -EINVAL;
}

/* Takes the command line apart, without a look at the values. */
static int take_arguments(CommandLine *l) {
        bool only_words = false;

        while (l->next < l->end) {
                const char *argument = *l->next++;
                int r = 0;
                if (only_words || argument[0] != '-' || !argument[1])
                        r = take_word(l, argument);
                else if (argument[1] != '-')
                        r = take_letters(l, argument + 1);
                else if (argument[2])
                        r = take_long(l, argument + 2);
                else
                        only_words = true;
                if (r < 0)
                        return r;
        }
        return 0;
}

static int set_defaults(const OptionTable *table, void *settings, char **ret_message) {
        _cleanup_option_source_ OptionSource source = option_source(table, settings);

        for (size_t i = 0; i < table->count; i++) {
                const Option *o = &table->options[i];
                if (o->type == OPTION_HEADING || !o->standard)
                        continue;
                int r = option_set(&source, o, o->standard, ret_message);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The file of the last --config, NULL without one. */
static const char *config_path(const CommandLine *l) {
        for (size_t i = l->count; i > 0; i--)
                if (strcmp(l->mentions[i - 1].option->name, "config") == 0)
                        return *l->mentions[i - 1].value ? l->mentions[i - 1].value : NULL;
        return NULL;
}

static int read_config(const OptionTable *table, const char *path, void *settings, char **ret_message) {
        _cleanup_free_ char *bytes = NULL;
        size_t size;
        int r = file_read(path, OPTIONS_FILE_MAX, &bytes, &size);

        if (r < 0) {
                *ret_message = r == -EFBIG ? xasprintf("%s: larger than %d bytes", path, OPTIONS_FILE_MAX)
                                           : xasprintf("%s: cannot be read: %s", path, strerror(-r));
                return r;
        }
        return options_file_parse(table, path, bytes, size, settings, ret_message);
}

static int apply_mentions(const CommandLine *l, void *settings, char **ret_message) {
        _cleanup_option_source_ OptionSource source = option_source(l->table, settings);

        for (size_t i = 0; i < l->count; i++) {
                _cleanup_free_ char *complaint = NULL;
                int r = option_set(&source, l->mentions[i].option, l->mentions[i].value, &complaint);
                if (r < 0) {
                        *ret_message = xasprintf("--%s: %s", l->mentions[i].option->name, complaint);
                        return r;
                }
        }
        return 0;
}

int options_read(const OptionTable *table, int argc, char *const argv[], void *settings, StringList *words,
                 char **ret_message) {
        _cleanup_(command_line_done)
                CommandLine line = { .table = table, .next = argv + (argc > 0), .end = argv + argc, .words = words };
        int r = set_defaults(table, settings, ret_message);

        if (r < 0)
                return r;
        r = take_arguments(&line);
        if (r < 0) {
                *ret_message = TAKE_PTR(line.message);
                return r;
        }
        const char *path = config_path(&line);
        if (path)
                r = read_config(table, path, settings, ret_message);
        return r < 0 ? r : apply_mentions(&line, settings, ret_message);
}

int options_refuse(const char *name, const char *value, const char *rule, char **ret_message) {
        _cleanup_free_ char *quoted = printable(value, strlen(value), SHOWN_MAX);

        *ret_message = xasprintf("--%s=%s: %s", name, quoted, rule);
        return -EINVAL;
}

void options_free(const OptionTable *table, void *settings) {
        for (size_t i = 0; i < table->count; i++) {
                const Option *o = &table->options[i];
                void *field = (char *)settings + o->offset;
                if (o->type == OPTION_TEXT)
                        REPLACE_PTR(*(char **)field, NULL);
                else if (o->type == OPTION_TEXTS)
                        string_list_clear(field);
        }
}
