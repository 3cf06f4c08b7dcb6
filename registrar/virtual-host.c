/* The hosts that nginx-proxy would serve, into routes. */
#include "registrar/virtual-host.h"

#include "registrar/host-specs.h"
#include "registrar/multiports.h"
#include "registrar/problem.h"

#include <errno.h>
#include <string.h>

#define MULTIPORTS "VIRTUAL_HOST_MULTIPORTS"
#define CONSEQUENCE "VIRTUAL_HOST is left out"

/* What it takes to make routes of hosts. */
typedef struct VirtualHosts {
        const Container *container;
        const AddressPolicy *policy;
        const EdgeTerms *terms;
        const char *variable; /* that the hosts stand in */
        HttpsMethod https_method;
        bool https_method_implied;
        StringList *problems, *warnings;
} VirtualHosts;

static void read_https_method(VirtualHosts *v) {
        _cleanup_free_ char *text = container_setting(v->container, "HTTPS_METHOD", NULL);
        _cleanup_free_ char *name = text ? lower_case(text) : NULL;

        v->https_method = HTTPS_METHOD_REDIRECT;
        v->https_method_implied = !text;
        if (name && https_method_from_name(name, &v->https_method) < 0)
                problem_add(v->problems, v->container, "HTTPS_METHOD", text,
                            "is none of redirect, noredirect, nohttp, nohttps: redirect is taken");
}

/* A port that is none does no harm: the container's default is one that it says it serves. */
static void read_port(const VirtualHosts *v, PathSpec *ret) {
        _cleanup_free_ char *text = container_setting(v->container, "VIRTUAL_PORT", NULL), *reason = NULL;

        if (!text || path_spec_set(ret, PATH_PART_PORT, text, &reason) == 0)
                return;
        _cleanup_free_ char *wrong = xasprintf("%s: port %u is taken", reason, container_default_port(v->container));
        problem_add(v->problems, v->container, "VIRTUAL_PORT", text, wrong);
}

static int read_path_part(const VirtualHosts *v, const char *variable, PathPart part, PathSpec *ret) {
        _cleanup_free_ char *text = container_setting(v->container, variable, NULL), *reason = NULL;

        if (!text || path_spec_set(ret, part, text, &reason) == 0)
                return 0;
        return problem_refuse(v->problems, v->container, variable, text, reason, CONSEQUENCE);
}

/* The path that all hosts of VIRTUAL_HOST have. Returns 0, or -EINVAL where they may not be published at all. */
static int read_path(const VirtualHosts *v, PathSpec *ret) {
        int path = read_path_part(v, "VIRTUAL_PATH", PATH_PART_PATH, ret);
        int dest = read_path_part(v, "VIRTUAL_DEST", PATH_PART_DEST, ret);
        int proto = read_path_part(v, "VIRTUAL_PROTO", PATH_PART_PROTO, ret);
        bool dest_ignored;

        read_port(v, ret);
        if (path < 0 || dest < 0 || proto < 0)
                return -EINVAL;
        const char *wrong = path_spec_settle(ret, &dest_ignored);
        if (wrong)
                return problem_refuse(v->problems, v->container, "VIRTUAL_DEST", ret->dest, wrong, CONSEQUENCE);
        if (dest_ignored)
                string_list_addf(v->warnings, "VIRTUAL_DEST means nothing with VIRTUAL_PROTO %s and is ignored",
                                 protocol_name(ret->proto));
        return 0;
}

static void add_host(const VirtualHosts *v, const char *text, const PathSpec *path, HostSpecs *hosts) {
        _cleanup_free_ char *reason = NULL;
        HostSpec host = { 0 };

        if (host_name_read(text, &host.domain, &host.kind, &reason) < 0) {
                _cleanup_free_ char *wrong = xasprintf("%s and is left out", reason);
                problem_add(v->problems, v->container, "VIRTUAL_HOST", text, wrong);
        } else if (host_specs_contain(hosts, host.domain)) {
                host_spec_done(&host);
        } else {
                host_spec_take_path(&host, path_spec_copy(path));
                host_specs_take(hosts, host);
        }
}

static void read_hosts(const VirtualHosts *v, HostSpecs *ret) {
        _cleanup_free_ char *text = container_setting(v->container, "VIRTUAL_HOST", NULL);
        _cleanup_(path_spec_done) PathSpec path = { 0 };
        const char *cursor = text;

        if (!text || read_path(v, &path) < 0)
                return;
        /* One more than may be is enough for registration_encode() to refuse them. */
        while (ret->count <= REGISTRATION_ROUTES_MAX) {
                _cleanup_free_ char *host = host_list_next(&cursor);
                if (!host)
                        return;
                add_host(v, host, &path, ret);
        }
}

/* Whether the container has it; then nothing else says which hosts there are. */
static bool read_multiports(const VirtualHosts *v, HostSpecs *ret) {
        _cleanup_free_ char *text = container_setting(v->container, MULTIPORTS, NULL), *wrong = NULL;

        if (text && multiports_parse(container_setting_source(v->container, MULTIPORTS), text, strlen(text), ret,
                                     v->problems, v->warnings, &wrong) < 0)
                string_list_addf(v->problems, "%s: it is left out", wrong);
        return text != NULL;
}

/* Each warning once, however many hosts there are. Returns 0, also where nothing can be reached, or -ENXIO where
 * --only-exposed rules the port out. */
static int find_endpoint(const VirtualHosts *v, uint16_t port, Endpoint *ret) {
        _cleanup_free_ char *reason = NULL;
        int r = container_endpoint(v->container, v->policy, port, ret, &reason);

        if (r == 0)
                return 0;
        _cleanup_free_ char *warning =
                xasprintf("%s: %s: %s", v->variable, reason,
                          r == -ENXIO ? "what needs it is left out" : "its routes are published without an endpoint");
        if (!string_list_contains(v->warnings, warning))
                string_list_take(v->warnings, TAKE_PTR(warning));
        return r == -ENXIO ? r : 0;
}

/* Owns the endpoint from now on; a reader that understands nothing more still serves a route without requirements
 * rightly. */
static void add_route(const VirtualHosts *v, const HostSpec *host, const PathSpec *path, Endpoint endpoint,
                      Registration *r) {
        Route *route = registration_add_route(r);
        bool nohttp = v->https_method == HTTPS_METHOD_NOHTTP, nohttps = v->https_method == HTTPS_METHOD_NOHTTPS;

        route->domain = xstrdup(host->domain);
        route->https_method = v->https_method;
        route->https_method_implied = v->https_method_implied;
        route->path = path->path ? xstrdup(path->path) : NULL;
        route->dest = path->dest ? xstrdup(path->dest) : NULL;
        route->proto = path->proto;
        route->schemes = (nohttp ? 0 : SCHEME_HTTP) | (nohttps ? 0 : SCHEME_HTTPS);
        route->requirements = (nohttp ? REQUIRES_SCHEMES : 0) | (endpoint.host ? 0 : REQUIRES_NO_ENDPOINT) |
                              (path->path ? REQUIRES_PATH : 0) | (path->proto != PROTOCOL_HTTP ? REQUIRES_PROTO : 0) |
                              (host->kind == SERVER_NAME_WILDCARD ? REQUIRES_WILDCARD : 0) |
                              (host->kind == SERVER_NAME_REGEX ? REQUIRES_REGEX : 0);
        edge_settings_inherit(&route->settings, &host->settings, 0, _EDGE_SETTING_COUNT);
        edge_terms_apply(v->terms, route);
        *(route->requirements == 0 ? &route->http : &route->endpoint) = endpoint;
}

static void add_routes(const VirtualHosts *v, const HostSpec *host, Registration *r) {
        for (size_t i = 0; i < host->n_paths && r->n_routes <= REGISTRATION_ROUTES_MAX; i++) {
                const PathSpec *path = &host->paths[i];
                uint16_t port = path->port > 0 ? path->port : container_default_port(v->container);
                Endpoint endpoint = { 0 };
                if (find_endpoint(v, port, &endpoint) == 0)
                        add_route(v, host, path, endpoint, r);
        }
}

static bool is_routed(const Registration *r, size_t n_routes, const char *domain) {
        for (size_t i = 0; i < n_routes; i++)
                if (strcmp(r->routes[i].domain, domain) == 0)
                        return true;
        return false;
}

void virtual_host_routes(const Container *c, const AddressPolicy *policy, const EdgeTerms *terms, Registration *r,
                         StringList *problems, StringList *warnings) {
        VirtualHosts v = {
                .container = c, .policy = policy, .terms = terms, .problems = problems, .warnings = warnings
        };
        _cleanup_(host_specs_done) HostSpecs hosts = { 0 };
        size_t n_before = r->n_routes;

        bool has_multiports = read_multiports(&v, &hosts);
        if (!has_multiports)
                read_hosts(&v, &hosts);
        v.variable = has_multiports ? MULTIPORTS : "VIRTUAL_HOST";
        if (hosts.count > 0)
                read_https_method(&v);
        for (size_t i = 0; i < hosts.count; i++)
                if (!is_routed(r, n_before, hosts.items[i].domain))
                        add_routes(&v, &hosts.items[i], r);
}
