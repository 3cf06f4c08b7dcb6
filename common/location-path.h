/* The path of a route, and what takes its place at the backend. Pure. */
#pragma once

enum { LOCATION_PATH_MAX = 1024 }; /* bytes; nginx takes no word of more than 4,096 */

/* "/…" of characters that need no quoting in nginx's configuration and no escape in a URL, without "//", "/." and
 * "/.." (nginx compares with a path that has none), or "~" and a regular expression (regex.h). Neither "?" nor "%":
 * what is compared is decoded. Nor "*": it would stand for itself. Returns 0, or -EINVAL with what is wrong in
 * *ret_reason (owned by the caller). */
int location_path_check(const char *path, char **ret_reason);
/* The same without regular expressions. */
int location_dest_check(const char *dest, char **ret_reason);
