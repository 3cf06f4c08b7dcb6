/* Open directories. */
#pragma once

#include "common/text.h"

/* The names in it, sorted, without "." and "..". Returns 0 or -errno. */
int directory_list(int fd, StringList *ret);
/* fsync(), where its file system can do that for directories. Returns 0 or -errno. */
int directory_sync(int fd);
