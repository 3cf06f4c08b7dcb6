/* The directory of certificates: which one a site gets, with which CA's its clients identify themselves, and with what
 * challenges are answered before there is one. Each pair of files is verified once for all sites, and again when one
 * of its files has changed or its time has come. */
#pragma once

#include "common/memory.h"
#include "consumer/nginx/certificate.h"
#include "consumer/nginx/client-ca.h"
#include "consumer/nginx/thumbprint-files.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Certificates Certificates;

enum { CERTIFICATES_PATIENCE = 5 }; /* seconds; a certificate and its key are two files */

/* Which one a site asks for; all borrowed. */
typedef struct CertificateQuery {
        const char *domain;    /* in its one form; NULL: default.crt, whatever its names */
        const char *cert_name; /* what its container chose, or NULL */
        bool trust_default;    /* default.crt is better than none, whatever its names */
} CertificateQuery;

/* `directory` is borrowed; NULL: there are none. */
Certificates *certificates_new(const char *directory);
Certificates *certificates_free(Certificates *c);
DEFINE_CLEANUP(Certificates *, certificates_free);

/* The first pair that can be used: by the name that the container chose, by the domain's own (site-file.h), by "*."
 * and that one label up, by the latter (each where that has two labels at least), "default". One that has expired only
 * where no other is there. NULL without one.
 *
 * `*ret_reason` says why there is none, NULL where simply no file is there. Together with a certificate it is a
 * warning: that one has expired or is for others, a better one was passed over, a file was left out. Both are
 * borrowed, the reason until the next call, the certificate until the next look. */
const Certificate *certificates_find(Certificates *c, const CertificateQuery *query, int64_t now,
                                     const char **ret_reason);
/* The same, as client_ca_read() gives it: the domain's own CA, else that for all. */
const ClientCa *certificates_find_client_ca(Certificates *c, const char *domain, int64_t now, const char **ret_reason);

/* The thumbprints that lie beside the certificates, see thumbprint_files_read(). */
void certificates_read_thumbprints(Certificates *c, ThumbprintFiles *ret, StringList *reasons);

/* Whether something that the last look asked for could be used until a few seconds ago: who renews it may be half-way.
 */
bool certificates_are_in_transit(const Certificates *c, int64_t now);

/* Whether one of the files that the last look found is another one by now. */
bool certificates_have_changed(const Certificates *c);

/* Ends one look at all sites: what nobody asked for is forgotten, and the disk is asked anew from now on. */
void certificates_end_look(Certificates *c);
/* Ends one look at some of the sites: nothing is forgotten, and the disk is asked anew from now on. */
void certificates_end_look_at_some(Certificates *c);
