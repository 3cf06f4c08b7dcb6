/* One registration: what one container asks of the edge, as JSON in Redis and as a struct in C.
 *
 * The JSON is an array with one object a route, a superset of what beachhead-companion publishes. `http` and
 * `https` appear only where a reader that knows no more than these four fields serves the route correctly; any
 * other route carries `endpoint` and `schemes`, and names in `requires` what a reader must understand.
 * Includes nothing of ours but the contract; see beachhead-registration(5) for the same in words. */
#pragma once

#include "beachhead/certificate-terms.h"
#include "beachhead/edge-settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        REGISTRATION_VALUE_MAX = 256 * 1024, /* bytes of one value; a longer one is refused unread */
        REGISTRATION_ROUTES_MAX = 1000,      /* routes of one registration */
        REGISTRATION_NAMES_MAX = 100,        /* names of one certificate (the CAs' own limit) */
        REGISTRATION_TEXT_MAX = 4096,        /* bytes of any other string in a value */
};

/* Where a backend listens. `host` is an IPv4 address, an IPv6 address without brackets, or a name;
 * NULL: there is no such endpoint. */
typedef struct Endpoint {
        char *host;
        uint16_t port;
} Endpoint;

/* By which schemes the outside world is to reach a route. */
typedef enum Scheme {
        SCHEME_HTTP = 1 << 0,
        SCHEME_HTTPS = 1 << 1,
} Scheme;

/* nginx-proxy's HTTPS_METHOD; HTTPS_METHOD_UNSET: a route of BEACHHEAD_DOMAINS, which has its own rules. */
typedef enum HttpsMethod {
        HTTPS_METHOD_UNSET,
        HTTPS_METHOD_REDIRECT,
        HTTPS_METHOD_NOREDIRECT,
        HTTPS_METHOD_NOHTTP,
        HTTPS_METHOD_NOHTTPS,
        _HTTPS_METHOD_COUNT,
} HttpsMethod;

/* What a reader must understand to serve a route; their names in JSON stand in registration.c and in
 * beachhead-registration(5). */
typedef enum Requirement {
        REQUIRES_SCHEMES = 1 << 0,            /* "schemes": reachable by the listed schemes and by no other */
        REQUIRES_NO_ENDPOINT = 1 << 1,        /* "no-endpoint": nothing to reach; the edge answers 502 */
        REQUIRES_CERTIFICATE_ONLY = 1 << 2,   /* "certificate-only": a certificate is wanted, nothing is served */
        REQUIRES_PATH = 1 << 3,               /* "path": only below that path, perhaps with another destination */
        REQUIRES_PROTO = 1 << 4,              /* "proto": the backend speaks something else than HTTP */
        REQUIRES_INTERNAL = 1 << 5,           /* "internal": for internal networks alone */
        REQUIRES_WILDCARD = 1 << 6,           /* "wildcard": the domain is a pattern with a leading or last "*" */
        REQUIRES_REGEX = 1 << 7,              /* "regex": the domain is "~" and a regular expression */
        REQUIRES_CLIENT_CERTIFICATE = 1 << 8, /* "client-certificate": clients are verified (ssl_verify_client) */
        REQUIRES_PORTS = 1 << 9,              /* "ports": on ports of its own (external_http_port, …_https_port) */
        REQUIRES_NO_CLEAR = 1 << 10,          /* "no-clear": not in clear, even without a certificate
                                               * (enable_http_on_missing_cert) */
        _REQUIREMENT_COUNT = 11,
} Requirement;

/* A wish for one certificate over several names, the first of which is its base. */
typedef struct CertificateWish {
        char **names;
        size_t n_names;
        CertificateTerms terms;
        char *obstacle; /* what is so wrong with it, as it was read, that it cannot be fulfilled; or NULL */
        char *remark;   /* what was wrong with a term that is left out; or NULL */
} CertificateWish;

/* How the backend is spoken to. */
typedef enum Protocol {
        PROTOCOL_HTTP,
        PROTOCOL_HTTPS,
        PROTOCOL_GRPC,
        PROTOCOL_GRPCS,
        PROTOCOL_UWSGI,
        PROTOCOL_FASTCGI,
        _PROTOCOL_COUNT,
} Protocol;

typedef struct Route {
        char *domain;          /* server-name.h's one form: a name, a pattern, "~" and a regex, an address */
        Endpoint http, https;  /* the two forms that every reader understands */
        bool https_implied;    /* nobody wrote the https: the edge may end TLS itself and use `http` */
        Endpoint endpoint;     /* the form for readers that understand `requires` */
        unsigned schemes;      /* Scheme bits, of every form */
        unsigned requirements; /* Requirement bits */
        char *unknown;         /* the first name in `requires` that this code does not know, or NULL */
        HttpsMethod https_method;
        bool https_method_implied; /* nobody wrote it: an edge may have another default */
        char *path;                /* "/…", or "~" and a regex; NULL: "/" */
        char *dest;                /* "/…", in place of the path; NULL: the path stays */
        Protocol proto;
        EdgeSettings settings;
        CertificateWish certificate; /* without names: none wanted */
} Route;

typedef struct Registration {
        Route *routes;
        size_t n_routes;
        int64_t created; /* Unix seconds; -1: unknown, sorts last */
        char *container; /* or NULL */
        char *machine;   /* machine id of the publishing registrar, or NULL */
} Registration;

/* Told of each route that is set aside, and why. `domain` is NULL where the route has none that is valid. What is
 * wrong with its wish for a certificate costs no route: the wish itself says it. */
typedef void RegistrationProblemFunc(void *userdata, const char *domain, const char *reason);

/* Reads a value. Routes that are not valid are left out and reported to `problem`; the others stand.
 * Returns 0 and a registration that the caller owns, -E2BIG where the value is larger than REGISTRATION_VALUE_MAX,
 * or -EBADMSG where it is no JSON array at all; *ret is then untouched. */
int registration_decode(Registration **ret, const char *bytes, size_t size, RegistrationProblemFunc *problem,
                        void *userdata);

/* Writes a value, the same bytes for the same registration. Returns 0 and a string that the caller owns, or -E2BIG
 * where it would be larger than REGISTRATION_VALUE_MAX or have more than REGISTRATION_ROUTES_MAX routes. */
int registration_encode(const Registration *r, char **ret);

/* Appends an empty route and returns it; it is valid until the next call. */
Route *registration_add_route(Registration *r);
/* Takes the last one away again. */
void registration_drop_route(Registration *r);
Registration *registration_new(void);
Registration *registration_free(Registration *r);

/* A copy of its own. */
void endpoint_set(Endpoint *e, const char *host, uint16_t port);
/* Below 0, 0 or above 0, by host, then port. */
int endpoint_compare(const Endpoint *a, const Endpoint *b);
void certificate_wish_add(CertificateWish *w, const char *name);
void certificate_wish_done(CertificateWish *w);

/* Names as in JSON; those from a name return 0 or -EINVAL. */
const char *protocol_name(Protocol protocol);
int protocol_from_name(const char *name, Protocol *ret);
/* Names as in JSON; the second finds the method of a name and returns 0 or -EINVAL. */
const char *https_method_name(HttpsMethod method);
int https_method_from_name(const char *name, HttpsMethod *ret);
/* The name of a single bit. */
const char *requirement_name(Requirement requirement);
