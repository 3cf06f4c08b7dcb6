/* What an operator may say about the output "exec": whether it can be meant. */
#include "consumer/exec/settings.h"

#include "common/command.h"

int exec_settings_check(const ExecSettings *s, bool is_used, char **ret_message) {
        char **argv = NULL;

        if (!s->command)
                return is_used ? options_refuse("output", "exec", "needs a command, --exec=CMD", ret_message) : 0;
        int r = command_split(s->command, &argv);
        command_free(argv);
        return r < 0 ? options_refuse("exec", s->command, "is no command: a quote is not closed", ret_message) : 0;
}
