/* A command as an operator writes it, into the words that are executed. */
#include "common/command.h"

#include "common/memory.h"
#include "common/text.h"

#include <errno.h>
#include <string.h>

#define WHITE_SPACE " \t\r\n\v\f"

/* Takes one word off *cursor, which stands at its first character. Returns 0 or -EINVAL. */
static int take_word(const char **cursor, Text *word) {
        const char *c = *cursor;
        char quote = '\0';

        for (; *c && (quote || !strchr(WHITE_SPACE, *c)); c++) {
                if (*c == quote) {
                        quote = '\0';
                } else if (!quote && (*c == '\'' || *c == '"')) {
                        quote = *c;
                } else {
                        if (*c == '\\' && quote != '\'')
                                c++;
                        if (!*c)
                                return -EINVAL;
                        text_append_bytes(word, c, 1);
                }
        }
        *cursor = c;
        return quote ? -EINVAL : 0;
}

int command_split(const char *command, char ***ret) {
        _cleanup_string_list_ StringList words = { 0 };

        for (const char *c = command;;) {
                _cleanup_text_ Text word = { 0 };
                c += strspn(c, WHITE_SPACE);
                if (!*c)
                        break;
                int r = take_word(&c, &word);
                if (r < 0)
                        return r;
                string_list_take(&words, text_take(&word));
        }
        if (words.count == 0)
                return -EINVAL;
        string_list_take(&words, NULL);
        *ret = TAKE_PTR(words.items);
        words.count = 0;
        return 0;
}

void command_free(char **argv) {
        for (char **word = argv; word && *word; word++)
                free(*word);
        free(argv);
}
