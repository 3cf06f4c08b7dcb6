/* Which certificates are to be there, and on which terms: what containers wish, what the operator allows and leaves
 * unsaid. Pure. */
#pragma once

#include "common/memory.h"
#include "consumer/digest.h"
#include "consumer/sites.h"

#include <stdbool.h>
#include <stddef.h>

/* What the operator says; all borrowed. */
typedef struct CertsPolicy {
        const char *ca, *test_ca;              /* directories of CAs */
        const StringList *allowed_cas;         /* which others a container may choose */
        const char *email;                     /* of all accounts; NULL: as each container says */
        const char *preferred_chain, *profile; /* of `ca` and `test_ca`, where a container says nothing; or NULL */
        KeyType key_type;                      /* where a container says nothing; given */
        Challenge challenge;                   /* the same */
        bool has_dns;                          /* DNS-01 can be done at all */
        bool every_site;                       /* --certs-auto: also for each HTTPS domain that no wish covers */
} CertsPolicy;

typedef struct WantedCertificate {
        StringList names;       /* the first is the base, which has a folder (certificate-folder.h); the rest sorted */
        CertificateTerms terms; /* settled: `ca`, `key_type` and `challenge` are given; `test` is in `ca` */
        StringList publishers;
        bool is_automatic; /* no container wishes for it: --certs-auto */
} WantedCertificate;

typedef struct WantedCertificates {
        WantedCertificate *items; /* in the order of their bases, which differ */
        size_t count;
        SetAside *set_aside; /* a whole wish, by its base in `domain`, or one of its names; `key` names the publishers;
                              * in the order of (domain, key, reason) */
        size_t n_set_aside;
} WantedCertificates;

/* A name that two wishes have belongs to both certificates. A wish that cannot be fulfilled here is set aside with a
 * reason that says what to do (a CA that the operator does not allow, a wildcard or DNS-01 without --acme-dns); a name
 * that no CA certifies (one label, an address) is left out of it by itself. With `every_site` each live or held HTTPS
 * site whose domain no certificate covers then gets one, unless it is no plain domain of two labels at least, or the
 * container has named a certificate for it (CERT_NAME). */
WantedCertificates *wanted_from_sites(const Sites *sites, const CertsPolicy *policy);
WantedCertificates *wanted_free(WantedCertificates *w);
DEFINE_CLEANUP(WantedCertificates *, wanted_free);
const WantedCertificate *wanted_find(const WantedCertificates *w, const char *base);
/* Whether the same was set aside for the same reason. */
bool wanted_has_set_aside(const WantedCertificates *w, const SetAside *aside);

/* Whether something holds for a name. */
typedef bool NameFunc(void *userdata, const char *name);

/* Leaves the names for which it holds out of their certificates, and sets them aside for `reason` (of a phrase for
 * people) where a container wishes for them. A certificate without a name goes; one that loses its base goes by its
 * next name that is not the base of another one, or goes too: each of its names then has another certificate. */
void wanted_drop(WantedCertificates *w, NameFunc *holds, void *userdata, const char *reason);
/* Takes the names for which it holds out of certificates with others: each gets one of its own, on the same terms,
 * where it has none already. The others go on as above. */
void wanted_isolate(WantedCertificates *w, NameFunc *holds, void *userdata);

/* What is asked of a CA, as a text that differs where any of it differs. */
void wanted_digest(const StringList *names, const CertificateTerms *terms, char ret[static DIGEST_SIZE]);
