/* Any text as a server name, a regular expression and a path: what is taken is in its one form, holds nothing that
 * nginx would read as syntax, and an expression gives up where it is told to. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "common/location-path.h"
#include "common/memory.h"
#include "common/regex.h"
#include "common/server-name.h"
#include "common/text.h"

#include <pcre2.h>
#include <string.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-_.*[]:"
#define PATH_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._~!&()+,=:@"

/* It goes into a line of the log as it is. */
static void check_reason(const char *reason) {
        for (const char *c = reason; c == reason || *c; c++)
                if (*c < ' ' || *c >= 0x7f)
                        abort();
}

static int find_callout(pcre2_callout_enumerate_block *block, void *userdata) {
        (void)block;
        (void)userdata;
        return 1;
}

/* What nginx would do with it: no variable of its own making, and no match without end. */
static void check_expression(const char *expression) {
        static const char *const subjects[] = { "www.example.org", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" };
        uint32_t names = 0;
        int error;
        size_t at;
        pcre2_code *code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);

        if (!code || strlen(expression) > REGEX_MAX || pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &names) != 0 ||
            names > 0 || pcre2_callout_enumerate(code, find_callout, NULL) != 0)
                abort();
        pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
        pcre2_match_context *limits = pcre2_match_context_create(NULL);
        (void)pcre2_set_match_limit(limits, REGEX_MATCH_LIMIT);
        for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
                int r = pcre2_match(code, (PCRE2_SPTR)subjects[i], strlen(subjects[i]), 0, 0, data, limits);
                if (r < 0 && r != PCRE2_ERROR_NOMATCH && r != PCRE2_ERROR_MATCHLIMIT)
                        abort();
        }
        pcre2_match_context_free(limits);
        pcre2_match_data_free(data);
        pcre2_code_free(code);
}

static void try_name(const char *text) {
        _cleanup_free_ char *name = NULL, *again = NULL, *reason = NULL;
        ServerNameKind kind, kind_again;

        if (server_name_normalize(text, &name, &kind, &reason) < 0) {
                check_reason(reason);
                return;
        }
        if (kind == SERVER_NAME_REGEX)
                check_expression(name + 1);
        else if (name[strspn(name, NAME_CHARACTERS)] != '\0')
                abort();
        if (kind != server_name_kind(name) || server_name_normalize(name, &again, &kind_again, NULL) < 0 ||
            strcmp(name, again) != 0 || kind != kind_again)
                abort();
}

static void try_path(const char *text) {
        _cleanup_free_ char *reason = NULL;

        if (location_path_check(text, &reason) < 0)
                check_reason(reason);
        else if (*text == '~')
                check_expression(text + 1);
        else if (text[strspn(text, PATH_CHARACTERS)] != '\0' || strstr(text, "//") || strstr(text, "/../"))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
        _cleanup_free_ char *text = xstrndup((const char *)bytes, size), *regex = xasprintf("~%s", text);
        _cleanup_free_ char *ascii = NULL;

        try_name(text);
        try_name(regex);
        try_path(text);
        if (server_name_to_ascii(text, &ascii) == 0)
                try_name(ascii);
        return 0;
}
