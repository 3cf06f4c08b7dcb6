/* INI files: pairs of key and value, sections only group. Pure. */
#pragma once

#include <stddef.h>

/* Takes a pair, borrowed. Returns NULL, or what is wrong with it (handed over): nothing is read behind it. */
typedef char *IniPairFunc(void *userdata, const char *key, const char *value);

/* Calls for each pair of the file's bytes; `name` is how messages call it. "#" and ";" begin a comment, at the start
 * of a line or, ";" alone, after white space. Returns 0, or -EINVAL with a message (file, line, key) owned by the
 * caller. */
int ini_file_parse(const char *name, const char *bytes, size_t size, IniPairFunc *pair, void *userdata,
                   char **ret_message);
