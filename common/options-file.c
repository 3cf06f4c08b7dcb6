/* The configuration file, through libinih, which is fed line by line: so that messages can name the line, and so that
 * neither a line beyond its limit nor an indented one is taken for something else. */
#include "common/options-file.h"

#include "common/option-value.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

enum { KEY_SHOWN_MAX = 60 };

typedef struct IniFile {
        OptionSource source;
        const char *name;
        const char *cursor, *end;
        int line;
        char *message; /* of the first error; nothing is read behind it */
} IniFile;

static void complain(IniFile *f, const char *about, const char *what) {
        if (!f->message)
                f->message = xasprintf("%s:%d: %s%s%s", f->name, f->line, about, *about ? ": " : "", what);
}

/* The next line without white space before it (libinih takes an indented line for more of the last value), empty where
 * it is a comment, however long. */
static const char *next_line(IniFile *f, size_t *ret_size) {
        const char *newline = memchr(f->cursor, '\n', (size_t)(f->end - f->cursor));
        const char *start = f->cursor, *end = newline ? newline : f->end;

        f->cursor = newline ? newline + 1 : f->end;
        f->line++;
        while (start < end && *start && strchr(" \t\r\v\f", *start))
                start++;
        *ret_size = start < end && (*start == '#' || *start == ';') ? 0 : (size_t)(end - start);
        return start;
}

/* An ini_reader: like fgets. */
static char *read_line(char *buffer, int room, void *stream) {
        IniFile *f = stream;
        size_t size, max = (size_t)room - 2;

        if (f->message || f->cursor == f->end)
                return NULL;
        const char *line = next_line(f, &size);
        if (size > max) {
                _cleanup_free_ char *what = xasprintf("the line is longer than %zu bytes", max);
                complain(f, "", what);
                return NULL;
        }
        if (memchr(line, '\0', size)) {
                complain(f, "", "the line holds a NUL byte");
                return NULL;
        }
        memcpy(buffer, line, size);
        memcpy(buffer + size, "\n", 2);
        return buffer;
}

/* An ini_handler: returns 0 on error. */
static int take_pair(void *userdata, const char *section, const char *key, const char *value) {
        IniFile *f = userdata;
        const Option *option = option_find(f->source.table, key, strlen(key));
        _cleanup_free_ char *complaint = NULL, *shown = printable(key, strlen(key), KEY_SHOWN_MAX);

        (void)section;
        if (!option)
                complain(f, shown, "there is no such option; keys are the long names that --help lists");
        else if (option->command_line_only)
                complain(f, shown, "this option is for the command line only");
        else if (option_set(&f->source, option, value, &complaint) < 0)
                complain(f, shown, complaint);
        return !f->message;
}

int options_file_parse(const OptionTable *table, const char *name, const char *bytes, size_t size, void *settings,
                       char **ret_message) {
        _cleanup_option_source_ OptionSource source = option_source(table, settings);
        IniFile f = { .source = source, .name = name, .cursor = bytes, .end = bytes + size };
        int bad_line = ini_parse_stream(read_line, &f, take_pair, &f);

        /* libinih goes on after a line that it cannot read, so that one may come before the error of ours. */
        if (bad_line > 0 && (!f.message || bad_line < f.line)) {
                free(TAKE_PTR(f.message));
                f.line = bad_line;
                complain(&f, "", "neither \"key = value\" nor \"[section]\"");
        }
        if (!f.message)
                return 0;
        *ret_message = f.message;
        return -EINVAL;
}
