/* The configuration file: each key is an option. */
#include "common/options-file.h"

#include "common/ini-file.h"
#include "common/option-value.h"

#include <string.h>

static char *take_option(void *userdata, const char *key, const char *value) {
        OptionSource *source = userdata;
        const Option *option = option_find(source->table, key, strlen(key));
        char *complaint = NULL;

        if (!option)
                return xstrdup("there is no such option; keys are the long names that --help lists");
        if (option->command_line_only)
                return xstrdup("this option is for the command line only");
        (void)option_set(source, option, value, &complaint);
        return complaint;
}

int options_file_parse(const OptionTable *table, const char *name, const char *bytes, size_t size, void *settings,
                       char **ret_message) {
        _cleanup_option_source_ OptionSource source = option_source(table, settings);

        return ini_file_parse(name, bytes, size, take_option, &source, ret_message);
}
