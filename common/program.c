/* What both programs do before their own work begins. */
#include "common/program.h"

#include "common/memory.h"

#include <stdio.h>

bool program_only_answers(const ProgramSettings *s) {
        return s->help || s->version;
}

bool program_answer(const ProgramSettings *s, const OptionTable *table) {
        if (!program_only_answers(s))
                return false;
        _cleanup_free_ char *text =
                s->help ? options_help(table, NULL) : xasprintf("%s " BEACHHEAD_VERSION "\n", table->program);
        (void)fputs(text, stdout);
        return true;
}

int program_log_level(const ProgramSettings *s) {
        if (s->quiet == s->verbose)
                return LOG_INFO;
        return s->quiet ? LOG_WARNING : LOG_DEBUG;
}

LogFormat program_log_format(const ProgramSettings *s) {
        return s->no_timestamp ? LOG_FORMAT_PLAIN : LOG_FORMAT_AUTO;
}

int program_fail(const OptionTable *table, int status, const char *message) {
        (void)fprintf(stderr, "%s: %s\n", table->program, message ? message : "out of resources");
        return status;
}
