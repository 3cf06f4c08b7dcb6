/* VIRTUAL_HOST and LETSENCRYPT_HOST into routes: what nginx-proxy and acme-companion read on a container. */
#include "registrar/virtual-host.h"

#include "common/hostname.h"
#include "common/location-path.h"

#include <errno.h>
#include <string.h>

enum {
        QUOTED_MAX = 80, /* bytes of a value that a message quotes */
        EMAIL_MAX = 254, /* bytes of an address (RFC 5321, 4.5.3.1.3) */
};

/* What the hosts of one container have in common. */
typedef struct VirtualHost {
        Endpoint endpoint; /* host NULL: there is none to reach */
        char *path, *dest; /* NULL: "/", as it came */
        Protocol proto;
        HttpsMethod https_method;
        bool https_method_implied;
        bool internal;
} VirtualHost;

static void virtual_host_done(VirtualHost *v) {
        free(v->endpoint.host);
        free(v->path);
        free(v->dest);
}

/* "<variable> "<value>" <what is wrong with it>". */
static void add_problem(StringList *problems, const char *variable, const char *value, const char *wrong) {
        _cleanup_free_ char *shown = printable(value, strlen(value), QUOTED_MAX);

        string_list_addf(problems, "%s \"%s\" %s", variable, shown, wrong);
}

/* As above, of a value without which the hosts would be published wider than asked. */
static int refuse(StringList *problems, const char *variable, const char *value, const char *wrong) {
        _cleanup_free_ char *consequence = xasprintf("%s: VIRTUAL_HOST is left out", wrong);

        add_problem(problems, variable, value, consequence);
        return -EINVAL;
}

/* The next item of a comma list that is not empty, trimmed; NULL at the end. The caller owns it. */
static char *next_item(const char **cursor) {
        for (;;) {
                _cleanup_free_ char *word = next_word(cursor, ",");
                if (!word)
                        return NULL;
                _cleanup_free_ char *item = trimmed(word);
                if (*item)
                        return TAKE_PTR(item);
        }
}

static Route *find_route(Registration *r, const char *domain) {
        for (size_t i = 0; i < r->n_routes; i++)
                if (strcmp(r->routes[i].domain, domain) == 0)
                        return &r->routes[i];
        return NULL;
}

static uint16_t read_port(const Container *c, StringList *problems) {
        _cleanup_free_ char *text = container_setting(c, "VIRTUAL_PORT", NULL);
        uint16_t port = container_default_port(c);

        if (text && parse_port(text, &port) < 0) {
                _cleanup_free_ char *wrong =
                        xasprintf("is no number from 1 to 65535: port %u is taken", container_default_port(c));
                add_problem(problems, "VIRTUAL_PORT", text, wrong);
        }
        return port;
}

static void read_https_method(const Container *c, VirtualHost *v, StringList *problems) {
        _cleanup_free_ char *text = container_setting(c, "HTTPS_METHOD", NULL), *name = text ? lower_case(text) : NULL;

        v->https_method = HTTPS_METHOD_REDIRECT;
        v->https_method_implied = !name;
        if (name && https_method_from_name(name, &v->https_method) < 0)
                add_problem(problems, "HTTPS_METHOD", text,
                            "is none of redirect, noredirect, nohttp, nohttps: redirect is taken");
}

/* Takes a variable that is a path, without its default "/". Returns 0, or -EINVAL with a problem. */
static int read_path(const Container *c, const char *variable, char **ret, StringList *problems) {
        _cleanup_free_ char *text = container_setting(c, variable, NULL), *wrong = NULL;

        if (text && location_dest_check(text, &wrong) < 0)
                return refuse(problems, variable, text, wrong);
        *ret = TAKE_PTR(text);
        return 0;
}

/* "/" is no path of its own, unless something else is appended there. */
static int read_location(const Container *c, VirtualHost *v, StringList *problems) {
        if (read_path(c, "VIRTUAL_PATH", &v->path, problems) < 0 ||
            read_path(c, "VIRTUAL_DEST", &v->dest, problems) < 0)
                return -EINVAL;
        if (v->path && strcmp(v->path, "/") != 0)
                return 0;
        if (v->dest && strcmp(v->dest, "/") == 0)
                REPLACE_PTR(v->dest, NULL);
        REPLACE_PTR(v->path, v->dest ? xstrdup("/") : NULL);
        return 0;
}

static int read_protocol(const Container *c, Protocol *ret, StringList *problems) {
        _cleanup_free_ char *text = container_setting(c, "VIRTUAL_PROTO", NULL),
                            *name = text ? lower_case(text) : NULL;

        if (!name || protocol_from_name(name, ret) == 0)
                return 0;
        return refuse(problems, "VIRTUAL_PROTO", text, "is none of http, https, grpc, grpcs, uwsgi, fastcgi");
}

static int read_access(const Container *c, bool *ret_internal, StringList *problems) {
        _cleanup_free_ char *text = container_setting(c, "NETWORK_ACCESS", NULL);

        *ret_internal = text && strcasecmp(text, "internal") == 0;
        if (!text || *ret_internal || strcasecmp(text, "external") == 0)
                return 0;
        return refuse(problems, "NETWORK_ACCESS", text, "is neither internal nor external");
}

/* Everything but the address. Returns 0, or -EINVAL where the hosts may not be published at all. */
static int read_virtual_host(const Container *c, VirtualHost *v, StringList *problems) {
        read_https_method(c, v, problems);
        int location = read_location(c, v, problems), protocol = read_protocol(c, &v->proto, problems);
        int access = read_access(c, &v->internal, problems);

        return location < 0 || protocol < 0 || access < 0 ? -EINVAL : 0;
}

/* Returns 0, also where nothing can be reached, or -ENXIO where --only-exposed rules the port out. */
static int find_endpoint(const Container *c, const AddressPolicy *policy, uint16_t port, Endpoint *ret,
                         StringList *warnings) {
        _cleanup_free_ char *reason = NULL;
        int r = container_endpoint(c, policy, port, ret, &reason);

        if (r == 0)
                return 0;
        string_list_addf(warnings, "VIRTUAL_HOST: %s: %s", reason,
                         r == -ENXIO ? "it is left out" : "its routes are published without an endpoint");
        return r == -ENXIO ? r : 0;
}

static void add_route(Registration *r, const VirtualHost *v, const char *domain, bool wildcard) {
        Route *route = registration_add_route(r);
        bool nohttp = v->https_method == HTTPS_METHOD_NOHTTP, nohttps = v->https_method == HTTPS_METHOD_NOHTTPS;

        route->domain = xstrdup(domain);
        route->https_method = v->https_method;
        route->https_method_implied = v->https_method_implied;
        route->path = v->path ? xstrdup(v->path) : NULL;
        route->dest = v->dest ? xstrdup(v->dest) : NULL;
        route->proto = v->proto;
        route->schemes = (nohttp ? 0 : SCHEME_HTTP) | (nohttps ? 0 : SCHEME_HTTPS);
        route->requirements = (nohttp ? REQUIRES_SCHEMES : 0) | (v->endpoint.host ? 0 : REQUIRES_NO_ENDPOINT) |
                              (v->path ? REQUIRES_PATH : 0) | (v->proto != PROTOCOL_HTTP ? REQUIRES_PROTO : 0) |
                              (v->internal ? REQUIRES_INTERNAL : 0) | (wildcard ? REQUIRES_WILDCARD : 0);
        /* A reader that understands nothing more still serves a route without requirements rightly. */
        if (v->endpoint.host)
                endpoint_set(route->requirements == 0 ? &route->http : &route->endpoint, v->endpoint.host,
                             v->endpoint.port);
}

static void add_host(Registration *r, const VirtualHost *v, const char *host, StringList *problems) {
        _cleanup_free_ char *domain = NULL;
        bool wildcard = false;

        if (*host == '~')
                add_problem(problems, "VIRTUAL_HOST", host,
                            "is a regular expression, which is not supported yet: it is left out");
        else if (*host == '[')
                add_problem(problems, "VIRTUAL_HOST", host,
                            "is an IPv6 address, which is not supported yet: it is left out");
        else if (hostname_pattern_normalize(host, &domain, &wildcard) < 0)
                add_problem(problems, "VIRTUAL_HOST", host, "is no domain and is left out");
        else if (!find_route(r, domain))
                add_route(r, v, domain, wildcard);
}

void virtual_host_routes(const Container *c, const AddressPolicy *policy, Registration *r, StringList *problems,
                         StringList *warnings) {
        _cleanup_free_ char *multiports = container_setting(c, "VIRTUAL_HOST_MULTIPORTS", NULL);
        _cleanup_free_ char *hosts = container_setting(c, "VIRTUAL_HOST", NULL);
        _cleanup_(virtual_host_done) VirtualHost v = { 0 };
        const char *cursor = hosts;

        if (multiports) {
                string_list_add(problems, "VIRTUAL_HOST_MULTIPORTS is not supported yet: VIRTUAL_HOST is left out");
                return;
        }
        if (!hosts || read_virtual_host(c, &v, problems) < 0 ||
            find_endpoint(c, policy, read_port(c, problems), &v.endpoint, warnings) < 0)
                return;
        /* One route more than may be is enough for registration_encode() to refuse them. */
        while (r->n_routes <= REGISTRATION_ROUTES_MAX) {
                _cleanup_free_ char *host = next_item(&cursor);
                if (!host)
                        break;
                add_host(r, &v, host, problems);
        }
}

/* The setting of acme-companion with this ending, by its new name or its old one; `ret_variable` says which. */
static char *certificate_setting(const Container *c, const char *ending, char **ret_variable) {
        static const char *const beginnings[] = { "ACME", "LETSENCRYPT" };

        for (size_t i = 0; i < 2; i++) {
                _cleanup_free_ char *variable = xasprintf("%s_%s", beginnings[i], ending);
                _cleanup_free_ char *value = container_setting(c, variable, NULL);
                if (value) {
                        *ret_variable = TAKE_PTR(variable);
                        return TAKE_PTR(value);
                }
        }
        return NULL;
}

static bool email_is_valid(const char *text) {
        const char *at = strchr(text, '@');

        if (!at || at == text || at[1] == '\0' || strchr(at + 1, '@') || strlen(text) > EMAIL_MAX)
                return false;
        for (const char *c = text; *c; c++)
                if (*c <= ' ' || *c >= 0x7f || strchr("\"'`\\", *c))
                        return false;
        return true;
}

/* The address that the CA may write to, or NULL. */
static char *read_email(const Container *c, StringList *problems) {
        _cleanup_free_ char *variable = NULL, *email = certificate_setting(c, "EMAIL", &variable);

        if (!email || email_is_valid(email))
                return TAKE_PTR(email);
        add_problem(problems, variable, email, "is no address of mail and is left out");
        return NULL;
}

static bool read_single_domain(const Container *c, StringList *problems) {
        _cleanup_free_ char *variable = NULL, *text = certificate_setting(c, "SINGLE_DOMAIN_CERTS", &variable);

        if (text && strcasecmp(text, "true") != 0 && strcasecmp(text, "false") != 0)
                add_problem(problems, variable, text, "is neither true nor false: false is taken");
        return text && strcasecmp(text, "true") == 0;
}

/* The names that a certificate may have, each once: domains, also "*.example.org", but not "www.example.*". */
static void read_names(const Container *c, size_t max, StringList *ret, StringList *problems) {
        _cleanup_free_ char *variable = NULL, *text = certificate_setting(c, "HOST", &variable);
        const char *cursor = text;
        char *item;

        while (text && (item = next_item(&cursor))) {
                _cleanup_free_ char *host = item, *name = NULL;
                bool wildcard = false;
                if (hostname_pattern_normalize(host, &name, &wildcard) < 0 || (wildcard && *name != '*'))
                        add_problem(problems, variable, host, "is no domain and is left out");
                else if (ret->count == max)
                        add_problem(problems, variable, host, "is one name too many and is left out");
                else if (!string_list_contains(ret, name))
                        string_list_take(ret, TAKE_PTR(name));
        }
}

/* The route of that name, or a new one at which nothing but the certificate is wanted. */
static Route *certificate_route(Registration *r, const char *name) {
        Route *route = find_route(r, name);

        if (!route) {
                route = registration_add_route(r);
                route->domain = xstrdup(name);
                route->requirements = REQUIRES_CERTIFICATE_ONLY | (*name == '*' ? REQUIRES_WILDCARD : 0);
        }
        return route;
}

void certificate_wishes(const Container *c, Registration *r, StringList *problems) {
        _cleanup_string_list_ StringList names = { 0 };
        CertificateWish *wish = NULL;
        bool single = read_single_domain(c, problems);

        read_names(c, single ? REGISTRATION_ROUTES_MAX : REGISTRATION_NAMES_MAX, &names, problems);
        _cleanup_free_ char *email = names.count > 0 ? read_email(c, problems) : NULL;
        for (size_t i = 0; i < names.count; i++) {
                if (!wish || single) {
                        wish = &certificate_route(r, names.items[i])->certificate;
                        wish->email = email ? xstrdup(email) : NULL;
                }
                certificate_wish_add(wish, names.items[i]);
        }
}
