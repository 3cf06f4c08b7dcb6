/* Sites: what the table comes to, one a domain. Pure and deterministic: the same entries give the same sites, whatever
 * order they came in. A site never changes: where two pointers are the same, so is the site. A site's shape (names,
 * schemes, TLS) and its endpoints are apart: only a change of shape needs more than new endpoints. */
#pragma once

#include "beachhead/registration.h"
#include "common/memory.h"
#include "common/server-name.h"
#include "common/text.h"
#include "consumer/claims.h"
#include "consumer/table.h"

#include <stdbool.h>
#include <stddef.h>

enum {
        SITES_MAX = 200000, /* of more, those that were created first */
        SITE_LOCATIONS_MAX = 1000,
        SITE_ENDPOINTS_MAX = 1000, /* of one location */
        SITE_NOTES_MAX = 100,      /* of one site; a last one says how many there are more */
};

/* What the HTTP port answers for a site. */
typedef enum PlainAnswer {
        PLAIN_SERVE,              /* the site, always */
        PLAIN_REDIRECT_OR_SERVE,  /* a redirect to HTTPS once there is a certificate, the site until then */
        PLAIN_REDIRECT_OR_REFUSE, /* a redirect once there is a certificate, 503 until then: never in clear */
        PLAIN_REFUSE_OR_SERVE,    /* 503 once there is a certificate (HTTPS_METHOD=nohttp), the site until then */
} PlainAnswer;

typedef enum SiteState {
        SITE_LIVE,
        SITE_HELD,      /* all it had is missing: served on */
        SITE_LINGERING, /* its last endpoint left on purpose: 503 for a while */
} SiteState;

typedef struct Endpoints {
        Endpoint *items; /* sorted, each once */
        size_t count;
} Endpoints;

/* One path of a site. Held, lingering or live by itself: what lies below "/" must not get the requests of a path whose
 * containers are missing. */
typedef struct Location {
        char *path; /* "/…", or "~" and a regular expression */
        char *dest; /* "/…", or NULL */
        SiteState state;
        Protocol proto;          /* how `endpoints` are spoken to; those of `tls_endpoints` by HTTPS */
        bool internal;           /* for internal networks alone */
        bool tls_to_backend;     /* over HTTPS the backend is reached by TLS, at tls_endpoints */
        EdgeSettings settings;   /* those of a path that containers chose */
        Endpoints endpoints;     /* none: 502, or 503 where it lingers */
        Endpoints tls_endpoints; /* for what was written as https */
} Location;

typedef struct SiteShape {
        PlainAnswer plain;
        bool method_implied;   /* nobody chose `plain` and `https`: an edge may have another default (HTTPS_METHOD) */
        bool https;            /* is to be served over HTTPS, given a certificate */
        EdgeSettings settings; /* those of a site that containers chose */
} SiteShape;

typedef struct Site {
        unsigned references;
        char *domain;
        ServerNameKind kind;
        SiteState state; /* of its locations the most alive */
        int64_t created; /* Unix seconds, of the first container that decides on it; -1: not known */
        SiteShape shape;
        Location *locations; /* in the order of their paths; at least one */
        size_t n_locations;
        StringList publishers; /* who it comes from, for people: instances; sorted, each once */
        StringList notes;      /* decisions worth a warning: settings that disagree, with both named */
} Site;

/* A wish for a certificate, by its first name. It never changes either. */
typedef struct CertificateRequest {
        unsigned references;
        StringList names;       /* the first is the base; the rest sorted; at most REGISTRATION_NAMES_MAX */
        CertificateTerms terms; /* each as the first one says that has a say: see certificate_request_merge() */
        StringList publishers;  /* as for a site */
} CertificateRequest;

/* A route, or a wish of its, that is not served, and why. */
typedef struct SetAside {
        char *key, *domain, *reason;
} SetAside;

/* By (domain, key, reason), for qsort() and bsearch(). */
int set_aside_compare(const void *a, const void *b);
void set_aside_done(SetAside *aside);

typedef struct Sites {
        Site **items; /* in the order of the domains; each is held by a reference, as other Sites may hold it */
        size_t count;
        CertificateRequest **requests; /* in the order of their first names; held alike */
        size_t n_requests;
        SetAside *set_aside; /* in the order of (domain, key) */
        size_t n_set_aside;
} Sites;

Site *site_ref(Site *s);
Site *site_unref(Site *s);
CertificateRequest *certificate_request_ref(CertificateRequest *r);
CertificateRequest *certificate_request_unref(CertificateRequest *r);

/* By (created, domain): who was there first comes first; unknown comes last. */
int site_compare_age(const Site *a, const Site *b);
const char *site_state_name(SiteState state); /* "live", "held", "lingering" */
const Site *sites_find(const Sites *s, const char *domain);
/* Whether the same was set aside for the same reason. */
bool sites_has_set_aside(const Sites *s, const SetAside *aside);
Sites *sites_free(Sites *s);
DEFINE_CLEANUP(Sites *, sites_free);
