/* The histories of all certificates as files: <directory>/<folder>.json, <folder> by certificate_folder(). Of a base
 * without a folder there is none. */
#pragma once

#include "consumer/certs/history.h"

enum { HISTORY_UNREADABLE_WAIT_SEC = 60 * 60 };

/* What is known of a certificate; an empty history where there is no file. Where there is one that cannot be read or
 * is broken, nobody knows how often a CA was asked: a warning says so, and the history is that of a failure, which
 * waits for HISTORY_UNREADABLE_WAIT_SEC whatever is asked. */
History *history_file_load(const char *directory, const char *base, int64_t now);
/* Replaces the file (0600) in a directory that is there. Returns 0, or -errno with a message in *ret_message that the
 * caller owns. */
int history_file_save(const char *directory, const char *base, const History *h, char **ret_message);
/* Removes the file, which need not be there. Returns as above. */
int history_file_remove(const char *directory, const char *base, char **ret_message);
/* Adds the bases of all that are there, sorted; where there is no directory there are none. Returns as above. */
int history_file_list(const char *directory, StringList *ret, char **ret_message);
