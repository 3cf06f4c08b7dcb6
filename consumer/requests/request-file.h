/* One certificate request as a file: its name and its bytes. Pure. */
#pragma once

#include "consumer/sites.h"

#include <stdbool.h>

#define REQUEST_FILE_SUFFIX ".json"
#define REQUEST_FILE_STAGED_SUFFIX REQUEST_FILE_SUFFIX ".new" /* what file_replace() may leave behind */

/* The file's name without a directory, and its bytes; the caller owns both. No name where
 * certificate_folder_obstacle() knows of an obstacle. */
char *request_file_name(const CertificateRequest *r);
char *request_file_text(const CertificateRequest *r);
/* Whether a name in the directory of requests is one of ours. */
bool request_file_is_ours(const char *name);
