/* Messages about values of a container that cannot be used: every one names variable or label, value and rule. Pure.
 */
#pragma once

#include "common/text.h"
#include "registrar/container.h"

/* A value as messages show it: printable, and no longer than a line can bear. The caller owns it. */
char *problem_value(const char *value);

/* Adds `NAME "value" wrong`, NAME being what the container itself calls that setting. */
void problem_add(StringList *problems, const Container *c, const char *setting, const char *value, const char *wrong);

/* The same of a value that breaks a rule ("must be …") and is therefore ignored. */
void problem_ignore(StringList *problems, const Container *c, const char *setting, const char *value,
                    const char *rule);

/* The same of a value without which domains would be published wider than the container asks, with what therefore
 * happens ("VIRTUAL_HOST is left out"). Returns -EINVAL. */
int problem_refuse(StringList *problems, const Container *c, const char *setting, const char *value, const char *wrong,
                   const char *consequence);
