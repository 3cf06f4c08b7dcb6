/* A registration in memory, and the names that its enums have in JSON. Pure. */
#include "beachhead/registration.h"

#include "common/memory.h"
#include "common/text.h"

#include <string.h>

static const char *const https_method_names[_HTTPS_METHOD_COUNT] = {
        [HTTPS_METHOD_REDIRECT] = "redirect",
        [HTTPS_METHOD_NOREDIRECT] = "noredirect",
        [HTTPS_METHOD_NOHTTP] = "nohttp",
        [HTTPS_METHOD_NOHTTPS] = "nohttps",
};

static const char *const requirement_names[_REQUIREMENT_COUNT] = {
        "schemes",  "no-endpoint", "certificate-only",   "path",  "proto",    "internal",
        "wildcard", "regex",       "client-certificate", "ports", "no-clear",
};

static const char *const protocol_names[_PROTOCOL_COUNT] = {
        [PROTOCOL_HTTP] = "http",   [PROTOCOL_HTTPS] = "https", [PROTOCOL_GRPC] = "grpc",
        [PROTOCOL_GRPCS] = "grpcs", [PROTOCOL_UWSGI] = "uwsgi", [PROTOCOL_FASTCGI] = "fastcgi",
};

const char *protocol_name(Protocol protocol) {
        return protocol_names[protocol];
}

int protocol_from_name(const char *name, Protocol *ret) {
        int i = name_find(protocol_names, _PROTOCOL_COUNT, name);

        if (i < 0)
                return i;
        *ret = (Protocol)i;
        return 0;
}

const char *https_method_name(HttpsMethod method) {
        return https_method_names[method];
}

int https_method_from_name(const char *name, HttpsMethod *ret) {
        int i = name_find(https_method_names, _HTTPS_METHOD_COUNT, name);

        if (i < 0)
                return i;
        *ret = (HttpsMethod)i;
        return 0;
}

const char *requirement_name(Requirement requirement) {
        return requirement_names[__builtin_ctz(requirement)];
}

void endpoint_set(Endpoint *e, const char *host, uint16_t port) {
        REPLACE_PTR(e->host, xstrdup(host));
        e->port = port;
}

int endpoint_compare(const Endpoint *a, const Endpoint *b) {
        int r = strcmp(a->host ? a->host : "", b->host ? b->host : "");

        return r != 0 ? r : (int)a->port - (int)b->port;
}

void certificate_wish_add(CertificateWish *w, const char *name) {
        array_grow(w->names, w->n_names);
        w->names[w->n_names++] = xstrdup(name);
}

void certificate_wish_done(CertificateWish *w) {
        for (size_t i = 0; i < w->n_names; i++)
                free(w->names[i]);
        free(w->names);
        certificate_terms_done(&w->terms);
        free(w->obstacle);
        free(w->remark);
        *w = (CertificateWish){ 0 };
}

Registration *registration_new(void) {
        Registration *r = new0(Registration);

        r->created = -1;
        return r;
}

Route *registration_add_route(Registration *r) {
        array_grow(r->routes, r->n_routes);
        r->routes[r->n_routes] = (Route){ 0 };
        return &r->routes[r->n_routes++];
}

static void route_done(Route *route) {
        free(route->domain);
        free(route->http.host);
        free(route->https.host);
        free(route->endpoint.host);
        free(route->unknown);
        free(route->path);
        free(route->dest);
        edge_settings_done(&route->settings);
        certificate_wish_done(&route->certificate);
}

void registration_drop_route(Registration *r) {
        route_done(&r->routes[--r->n_routes]);
}

Registration *registration_free(Registration *r) {
        if (!r)
                return NULL;
        for (size_t i = 0; i < r->n_routes; i++)
                route_done(&r->routes[i]);
        free(r->routes);
        free(r->container);
        free(r->machine);
        free(r);
        return NULL;
}
