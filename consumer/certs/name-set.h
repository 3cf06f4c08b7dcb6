/* A set of names. Pure. */
#pragma once

#include "common/memory.h"

#include <stdbool.h>

typedef struct NameSet NameSet;

NameSet *name_set_new(void);
/* Borrows the name; nothing where it is there already. */
void name_set_add(NameSet *s, const char *name);
bool name_set_has(const NameSet *s, const char *name);
NameSet *name_set_free(NameSet *s);
DEFINE_CLEANUP(NameSet *, name_set_free);
