/* INI through libinih, which is fed line by line: so that messages can name the line, and so that neither a line
 * beyond its limit nor an indented one is taken for something else. */
#include "common/ini-file.h"

#include "common/text.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

enum { KEY_SHOWN_MAX = 60 };

typedef struct IniFile {
        const char *name;
        IniPairFunc *pair;
        void *userdata;
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
        _cleanup_free_ char *complaint = f->message ? NULL : f->pair(f->userdata, key, value);

        (void)section;
        if (complaint) {
                _cleanup_free_ char *shown = printable(key, strlen(key), KEY_SHOWN_MAX);
                complain(f, shown, complaint);
        }
        return !f->message;
}

int ini_file_parse(const char *name, const char *bytes, size_t size, IniPairFunc *pair, void *userdata,
                   char **ret_message) {
        IniFile f = { .name = name, .pair = pair, .userdata = userdata, .cursor = bytes, .end = bytes + size };
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
