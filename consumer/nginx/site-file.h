/* How an operator's files beside a site are named: as nginx-proxy names them. Pure. */
#pragma once

/* By the domain; a regular expression, which is no file name, by its SHA-1 with the "~". The caller owns it. */
char *site_file_name(const char *domain);
/* Those of one path of it: "NAME_SHA1", by the SHA-1 of the path. The caller owns it. */
char *site_path_file_name(const char *domain, const char *path);
