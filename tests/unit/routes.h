/* Routes in one line, as tests of the registrar expect them:
 * "a.org endpoint=172.17.0.2:80 schemes=hs path path=/api method=redirect! hsts=off | b.org http=…". What nobody wrote
 * has a "!" behind it. And tables of containers and what becomes of them. */
#pragma once

#include "beachhead/registration.h"
#include "common/text.h"
#include "tests/unit/inspect.h"
#include "tests/unit/terms.h"

#include <check.h>
#include <string.h>

DEFINE_CLEANUP(Registration *, registration_free);

static inline void append_endpoint(Text *t, const char *name, const Endpoint *e) {
        if (e->host)
                text_appendf(t, " %s=%s:%u", name, e->host, e->port);
}

static inline void append_text(Text *t, const char *name, const char *text) {
        if (text)
                text_appendf(t, " %s=%s", name, text);
}

static inline void append_settings(Text *t, const EdgeSettings *e) {
        for (EdgeSetting i = 0; i < _EDGE_SETTING_COUNT; i++) {
                _cleanup_free_ char *text = edge_settings_text(e, i);
                append_text(t, edge_setting_name(i), text);
        }
}

static inline void append_route(Text *t, const Route *route) {
        text_append(t, route->domain);
        append_endpoint(t, "http", &route->http);
        append_endpoint(t, "https", &route->https);
        text_append(t, route->https_implied ? "!" : "");
        append_endpoint(t, "endpoint", &route->endpoint);
        if (!route->http.host && !route->https.host && route->schemes)
                text_appendf(t, " schemes=%s%s", route->schemes & SCHEME_HTTP ? "h" : "",
                             route->schemes & SCHEME_HTTPS ? "s" : "");
        for (unsigned i = 0; i < _REQUIREMENT_COUNT; i++)
                if (route->requirements & (1u << i))
                        text_appendf(t, " %s", requirement_name(1u << i));
        append_text(t, "path", route->path);
        append_text(t, "dest", route->dest);
        append_text(t, "proto", route->proto == PROTOCOL_HTTP ? NULL : protocol_name(route->proto));
        append_text(t, "method", https_method_name(route->https_method));
        text_append(t, route->https_method_implied ? "!" : "");
        append_settings(t, &route->settings);
        for (size_t i = 0; i < route->certificate.n_names; i++)
                text_appendf(t, "%s%s", i > 0 ? "+" : " certificate=", route->certificate.names[i]);
        append_terms(t, &route->certificate.terms);
}

static inline char *routes_describe(const Registration *r) {
        Text t = { 0 };

        for (size_t i = 0; i < r->n_routes; i++) {
                text_append(&t, i > 0 ? " | " : "");
                append_route(&t, &r->routes[i]);
        }
        return text_take(&t);
}

static inline void refuse_complaint(void *userdata, const char *domain, const char *reason) {
        (void)userdata;
        ck_abort_msg("%s: %s", domain, reason);
}

/* A reader takes all of them. */
static inline void assert_readable(const Registration *r) {
        _cleanup_(registration_freep) Registration *read = NULL;
        _cleanup_free_ char *value = NULL;

        ck_assert_int_eq(registration_encode(r, &value), 0);
        ck_assert_int_eq(registration_decode(&read, value, strlen(value), refuse_complaint, NULL), 0);
        ck_assert_uint_eq(read->n_routes, r->n_routes);
}

typedef struct RouteCase {
        const char *env, *routes;
        const char *problem; /* how the only one begins; NULL: there is none */
} RouteCase;

/* What is under test: it adds the routes that a container asks for. */
typedef void AddRoutesFunc(const Container *c, Registration *r, StringList *problems, StringList *warnings);

static inline void assert_route_case(const RouteCase *wanted, AddRoutesFunc *add) {
        _cleanup_(container_freep) Container *c = INSPECT(.env = wanted->env);
        _cleanup_(registration_freep) Registration *r = registration_new();
        _cleanup_string_list_ StringList problems = { 0 }, warnings = { 0 };

        add(c, r, &problems, &warnings);
        _cleanup_free_ char *found = routes_describe(r), *said = string_list_join(&problems, " | ");
        ck_assert_msg(strcmp(found, wanted->routes) == 0, "%s:\n%s instead of\n%s", wanted->env, found,
                      wanted->routes);
        ck_assert_msg(wanted->problem ? problems.count == 1 && has_prefix(said, wanted->problem) : problems.count == 0,
                      "%s: %s", wanted->env, said);
        ck_assert_uint_eq(warnings.count, 0);
        assert_readable(r);
}

#define ASSERT_ROUTES(cases, add)                                                                                     \
        do {                                                                                                          \
                for (size_t i_ = 0; i_ < sizeof(cases) / sizeof *(cases); i_++)                                       \
                        assert_route_case(&(cases)[i_], add);                                                         \
        } while (0)
