/* A file of services.d: what is not a container, described like one. Pure.
 * INI, as beachhead-registrar(8) describes it: `address`, the settings of a container by their names, and a check. */
#pragma once

#include "registrar/announcements.h"
#include "registrar/check-spec.h"
#include "registrar/container.h"

#include <stddef.h>

enum { SERVICE_FILE_MAX = 64 * 1024 }; /* bytes; a larger one is refused unread */

typedef struct ServiceFile {
        Container *container; /* that runs; without health check, whatever `check` says */
        CheckSpec check;
} ServiceFile;

/* Reads the bytes of the file at `path`, which is how messages call it; `name` is that of the service. What is taken
 * asks for something that `policy` would publish. Returns 0, or -EINVAL with what is wrong, and with which key and
 * value, in *ret_message (owned by the caller). */
int service_file_parse(ServiceFile *ret, const char *path, const char *name, const char *bytes, size_t size,
                       const AnnouncementPolicy *policy, char **ret_message);
void service_file_done(ServiceFile *f);
