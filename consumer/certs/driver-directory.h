/* The directory of one call of a driver: what it needs is put there, and what it has left is read with suspicion. */
#pragma once

#include "common/memory.h"

#include <stddef.h>

typedef struct DriverDirectory DriverDirectory;

/* Makes one of mode 0700 in `scratch`, with csr.pem (where there is a request) and an empty folder out. Returns 0 or
 * -errno; nothing is then left. */
int driver_directory_make(DriverDirectory **ret, const char *scratch, const char *csr);
/* Removes it with all that is in it. */
DriverDirectory *driver_directory_free(DriverDirectory *d);
DEFINE_CLEANUP(DriverDirectory *, driver_directory_free);

/* Paths, borrowed. */
const char *driver_directory_csr(const DriverDirectory *d);
const char *driver_directory_out(const DriverDirectory *d);

/* Reads a file that the driver has left in out: a regular one that is a text of at most `max` bytes, never waiting for
 * it, nor through a link. Returns 0 and a string that the caller owns; -ENOENT; or -EINVAL with a static phrase. */
int driver_directory_read(const DriverDirectory *d, const char *name, size_t max, char **ret,
                          const char **ret_complaint);

/* Removes what a crash has left in `scratch`. */
void driver_directory_tidy(const char *scratch);
