/* The certificates of all sites, verified once for as long as their files are the same. */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/certificate.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Certificates Certificates;

/* `directory` is borrowed; NULL: there are none. */
Certificates *certificates_new(const char *directory);
Certificates *certificates_free(Certificates *c);
DEFINE_CLEANUP(Certificates *, certificates_free);

/* As certificate_find(), but what is returned is borrowed until the next call for that domain: a certificate or NULL,
 * and a reason or NULL. `*ret_news` says whether this answer differs from the last one for that domain. */
const Certificate *certificates_find(Certificates *c, const char *domain, int64_t now, const char **ret_reason,
                                     bool *ret_news);
/* Forgets the domains that nobody asked about since the last call. */
void certificates_forget_unused(Certificates *c);
