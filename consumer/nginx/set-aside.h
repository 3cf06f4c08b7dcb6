/* The sites that nginx would not have: why, and when each is tried again. */
#pragma once

#include "common/text.h"
#include "consumer/digest.h"
#include "consumer/nginx/vhosts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Refused {
        char *domain, *words;
        char digest[DIGEST_SIZE]; /* of what it came to, see render_digest() */
        uint64_t retry_usec;      /* monotonic */
} Refused;

typedef struct RefusedSites RefusedSites;

RefusedSites *refused_sites_new(void);
RefusedSites *refused_sites_free(RefusedSites *r);
DEFINE_CLEANUP(RefusedSites *, refused_sites_free);

/* Sets a site aside, with nginx's words. Returns whether that is news: it was not set aside before in this form, or
 * for other words. The same again is tried again later and later. */
bool refused_sites_add(RefusedSites *r, const char *domain, const char *digest, const char *words, uint64_t now);
/* NULL where it is not set aside; valid until the next change. */
const Refused *refused_sites_find(const RefusedSites *r, const char *domain);

/* Takes out of the vhosts, which are all there are, what is set aside in this very form and not due; forgets what is
 * not among them any more. */
void refused_sites_leave_out(RefusedSites *r, Vhosts *vhosts, uint64_t now);
/* nginx takes these vhosts: forgets, with a log line, those that had been set aside. */
void refused_sites_accept(RefusedSites *r, const Vhosts *vhosts);
/* Something outside them has changed: all are due. */
void refused_sites_hurry(RefusedSites *r);

size_t refused_sites_count(const RefusedSites *r);
/* ", 2 set aside (a.example.org, b.example.org)", or nothing; with `others`, which are set aside as well. */
void refused_sites_describe(const RefusedSites *r, const StringList *others, Text *t);
/* When the next one is due (monotonic); UINT64_MAX: none is set aside. */
uint64_t refused_sites_next(const RefusedSites *r);
