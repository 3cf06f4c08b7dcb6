/* Any bytes as a configuration file: read, or refused with one line that says why. */
#include "common/memory.h"
#include "common/options-file.h"

#include <string.h>

typedef struct Settings {
        bool flag;
        char *text;
        StringList texts;
        uint64_t number;
        int choice;
} Settings;

static const char *const choices[] = { "one", "two", NULL };

static const Option options[] = {
        { .type = OPTION_HEADING, .help = "heading" },
        { .type = OPTION_FLAG, .name = "flag", .offset = offsetof(Settings, flag) },
        { .type = OPTION_TEXT, .name = "text", .offset = offsetof(Settings, text) },
        { .type = OPTION_TEXTS, .name = "texts", .offset = offsetof(Settings, texts) },
        { .type = OPTION_UNSIGNED, .name = "number", .offset = offsetof(Settings, number), .min = 1, .max = 1000 },
        { .type = OPTION_CHOICE, .name = "choice", .offset = offsetof(Settings, choice), .choices = choices },
        { .type = OPTION_FLAG, .name = "once", .offset = offsetof(Settings, flag), .command_line_only = true },
};

static const OptionTable table = { .options = options, .count = sizeof options / sizeof *options };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
        _cleanup_free_ char *copy = xcalloc(size + 1, 1), *message = NULL;
        Settings s = { 0 };

        if (size > 0)
                memcpy(copy, bytes, size);
        int r = options_file_parse(&table, "f", copy, size, &s, &message);
        if ((r < 0) != (message != NULL) || (message && strpbrk(message, "\r\n")))
                abort();
        if (s.number > 1000 || s.choice < 0 || s.choice > 1)
                abort();
        options_free(&table, &s);
        return 0;
}
