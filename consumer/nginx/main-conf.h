/* nginx's main configuration, as far as we must read it: which include takes the live file, where the pid file and the
 * error log are. Paths are absolute; of symbolic links nothing is known, as nginx compares names too. */
#pragma once

#include "consumer/nginx/path-map.h"

#include <stdbool.h>
#include <stddef.h>

enum {
        MAIN_CONF_FILE_MAX = 4 * 1024 * 1024, /* bytes of one file */
        MAIN_CONF_FILES_MAX = 10000,          /* files that are read on the way to the live one */
        MAIN_CONF_DEPTH_MAX = 10,             /* includes within includes */
};

/* nginx's prefix as Debian compiles it in: what a relative pid file or log is relative to. (Relative includes are
 * relative to the directory of the main configuration.) */
#define MAIN_CONF_PREFIX "/usr/share/nginx"

/* Reads the file at `path` for the caller of main_conf_with_candidate(): returns 0 and an owned text, or -errno. */
typedef int MainConfReadFunc(void *userdata, const char *path, char **ret);

/* The main configuration at `main_path` with every include that takes `live_path` naming `candidate_path` in its place
 * (the other files of the pattern stay, in nginx's order); includes of files that include it are put in whole. It must
 * be written into the directory of `main_path`, so that relative includes mean the same. All paths are as they are
 * called here; in the text they are as nginx calls them, by `maps`.
 *
 * Returns 0 and an owned text, -ENOENT where no include takes it, -EBADMSG where the text does not parse, -EFBIG where
 * it is larger than MAIN_CONF_FILE_MAX, or the error of reading. A file that cannot be read or parsed is left to nginx
 * to judge; only where no other include takes the live file is it an error (-ELOOP, -E2BIG: more depth or files than
 * allowed). */
int main_conf_with_candidate(const char *main_path, const char *live_path, const char *candidate_path,
                             const PathMaps *maps, MainConfReadFunc *read, void *userdata, char **ret);

/* Whether the main configuration, or a file that it includes other than the live one, has a directive of that name, in
 * whichever block. What cannot be read or parsed has none. */
bool main_conf_has(const char *main_path, const char *live_path, const PathMaps *maps, MainConfReadFunc *read,
                   void *userdata, const char *name);

/* The paths of the pid file and of the error log that `text` names at the top level, made absolute against
 * MAIN_CONF_PREFIX; `otherwise` (copied) where it names none. The caller owns the result. NULL: the error log is no
 * file ("stderr", "syslog:…", "memory:…"). */
char *main_conf_pid_path(const char *text, const char *otherwise);
char *main_conf_error_log(const char *text, const char *otherwise);
