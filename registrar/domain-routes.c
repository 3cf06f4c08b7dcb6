/* The domains that a container names, and where each is served. */
#include "registrar/domain-routes.h"

#include "registrar/domains.h"

#include <errno.h>
#include <string.h>

typedef struct DomainRoutes {
        const Container *container;
        const AddressPolicy *policy;
        const EdgeTerms *terms;
        StringList *problems, *warnings;
} DomainRoutes;

/* The addresses of one spec. An implied https that has none of its own is the edge's matter: it uses the http one. */
static int find_endpoints(const DomainRoutes *d, const DomainSpec *spec, Endpoint *http, Endpoint *https,
                          char **ret_reason) {
        _cleanup_free_ char *ignored = NULL;
        int r = 0;

        if (spec->http_port > 0)
                r = container_endpoint(d->container, d->policy, spec->http_port, http, ret_reason);
        if (r < 0 || spec->https_port == 0)
                return r;
        if (!spec->https_implied)
                return container_endpoint(d->container, d->policy, spec->https_port, https, ret_reason);
        if (container_endpoint(d->container, d->policy, spec->https_port, https, &ignored) < 0)
                endpoint_set(https, http->host, http->port);
        return 0;
}

/* Plain HTTP behind both schemes, or behind http alone; TLS behind https alone. */
static bool has_one_endpoint(const DomainSpec *spec) {
        return spec->http_port == 0 || spec->https_port == 0 || spec->https_implied;
}

static void set_one_endpoint(Route *route, Endpoint *http, Endpoint *https) {
        bool tls = !http->host;

        route->endpoint = tls ? *https : *http;
        *(tls ? https : http) = (Endpoint){ 0 };
        if (tls) {
                route->proto = PROTOCOL_HTTPS;
                route->requirements |= REQUIRES_PROTO;
        }
        if (route->schemes != (SCHEME_HTTP | SCHEME_HTTPS))
                route->requirements |= REQUIRES_SCHEMES;
}

static void set_both_endpoints(Route *route, const DomainSpec *spec, Endpoint *http, Endpoint *https) {
        route->http = *http;
        route->https = *https;
        route->https_implied = spec->https_implied;
        *http = *https = (Endpoint){ 0 };
}

static void endpoint_done(Endpoint *e) {
        free(e->host);
}

static void add_route(const DomainRoutes *d, const DomainSpec *spec, Registration *r) {
        _cleanup_(endpoint_done) Endpoint http = { 0 }, https = { 0 };
        _cleanup_free_ char *reason = NULL;
        int found = find_endpoints(d, spec, &http, &https, &reason);

        if (found < 0)
                string_list_addf(d->warnings, "%s: %s: %s", spec->domain, reason,
                                 found == -ENXIO ? "it is left out" : "it is published without an endpoint");
        if (found == -ENXIO)
                return;
        Route *route = registration_add_route(r);
        route->domain = xstrdup(spec->domain);
        route->schemes = (spec->http_port > 0 ? SCHEME_HTTP : 0) | (spec->https_port > 0 ? SCHEME_HTTPS : 0);
        edge_terms_apply(d->terms, route);
        if (found < 0)
                route->requirements |= REQUIRES_NO_ENDPOINT;
        else if (route->requirements != 0)
                set_one_endpoint(route, &http, &https);
        else
                set_both_endpoints(route, spec, &http, &https);
}

static void add_domain(const DomainRoutes *d, const DomainSpec *spec, Registration *r) {
        const char *requiring = edge_terms_requiring(d->terms);

        if (!requiring || has_one_endpoint(spec))
                add_route(d, spec, r);
        else
                string_list_addf(d->problems,
                                 "%s: with %s there can be one endpoint, and http and https are two: it is left out; "
                                 "name one of them, or neither",
                                 spec->domain, container_setting_source(d->container, requiring));
}

int domain_routes(const Container *c, const AddressPolicy *policy, const EdgeTerms *terms,
                  const char *domains_variable, Registration *r, StringList *problems, StringList *warnings,
                  char **ret_message) {
        _cleanup_free_ char *text = container_setting(c, domains_variable, " "), *wrong = NULL;
        _cleanup_(domain_specs_done) DomainSpecs specs = { 0 };
        const DomainRoutes d = { c, policy, terms, problems, warnings };

        if (text && domain_specs_parse(text, &specs, warnings, &wrong) < 0) {
                *ret_message = xasprintf("%s: %s", container_setting_source(c, domains_variable), wrong);
                return -EINVAL;
        }
        for (size_t i = 0; i < specs.count; i++)
                add_domain(&d, &specs.specs[i], r);
        return 0;
}
