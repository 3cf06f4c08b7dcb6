/* One form for all messages about a container's values. */
#include "registrar/problem.h"

#include <errno.h>
#include <string.h>

enum { QUOTED_MAX = 80 /* bytes of a value that a message quotes */ };

char *problem_value(const char *value) {
        return printable(value, strlen(value), QUOTED_MAX);
}

void problem_add(StringList *problems, const Container *c, const char *setting, const char *value, const char *wrong) {
        _cleanup_free_ char *shown = problem_value(value);

        string_list_addf(problems, "%s \"%s\" %s", container_setting_source(c, setting), shown, wrong);
}

void problem_ignore(StringList *problems, const Container *c, const char *setting, const char *value,
                    const char *rule) {
        _cleanup_free_ char *wrong = xasprintf("%s: it is ignored", rule);

        problem_add(problems, c, setting, value, wrong);
}

int problem_refuse(StringList *problems, const Container *c, const char *setting, const char *value, const char *wrong,
                   const char *consequence) {
        _cleanup_free_ char *both = xasprintf("%s: %s", wrong, consequence);

        problem_add(problems, c, setting, value, both);
        return -EINVAL;
}
