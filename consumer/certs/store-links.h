/* The links through which the store's folders are found: <name>.crt, <name>.key and <name>.chain.pem, as
 * "./<folder>/…". What else stands under such a name is the operator's own and stays: a file, a link to elsewhere. */
#pragma once

#include "common/text.h"

#include <stdbool.h>

/* Whether the operator has files of his own for the name. */
bool links_are_foreign(int directory, const char *name);

/* Makes the links of the names into a folder that is there, its key before its certificate. Those into another folder
 * are taken over. A wildcard has the links "*.a.org.…", and besides "a.org.…", where nginx-proxy looks for it: these
 * only as long as no certificate that is for a.org by name has them. A name too long for a file has none: nginx could
 * not find it either. Returns 0, or -errno with the link that it is about in *ret_link (owned by the caller). */
int links_set(int directory, const char *folder, const StringList *names, char **ret_link);
/* Removes those into the folder that links_set() would make for `before` and not for `names`. Others into it are
 * somebody's who wants them. */
int links_drop(int directory, const char *folder, const StringList *before, const StringList *names, char **ret_link);
/* Removes all into the folder. */
int links_remove(int directory, const char *folder, char **ret_link);
/* Undoes what a crash has left half-made: a key that is taken over, beside a certificate that is not. */
void links_settle(int directory);
