/* Sites to render, with all that a vhost needs; and looking at what comes of them. */
#pragma once

#include "common/text.h"
#include "consumer/nginx/render.h"

#include <check.h>
#include <stdbool.h>
#include <string.h>

enum { TEST_LOCATIONS_MAX = 8 };

typedef struct TestSite {
        Vhost vhost;
        Site site;
        EdgeSettings settings;
        Location locations[TEST_LOCATIONS_MAX];
        EdgeSettings location_settings[TEST_LOCATIONS_MAX];
        Overrides overrides;
        LocationOverrides location_overrides[TEST_LOCATIONS_MAX];
} TestSite;

static const char *const test_networks[] = { "127.0.0.0/8", "::1", "10.0.0.0/8" };
static const StringList test_internal = { (char **)test_networks, 3 };
static const Certificate test_certificate = { .certificate_path = (char *)"/files/a.crt",
                                              .key_path = (char *)"/files/a.key",
                                              .digest = (char *)"c0ffee" };
static const RenderPolicy test_policy = {
        .http_listen = "80",
        .https_listen = "443",
        .nginx_version = NGINX_VERSION(1, 22, 1),
        .confirm_host = "confirm.beachhead.invalid",
        .root = { .status = 404 },
        .internal_networks = &test_internal,
        .acme_root = "/files/acme",
        .access_log = true,
};

/* The settings of a consumer that nobody has configured. */
static inline void test_defaults(EdgeSettings *e) {
        static const struct {
                EdgeSetting setting;
                const char *text;
        } defaults[] = {
                { EDGE_TLS_POLICY, "Mozilla-Intermediate" },
                { EDGE_HSTS, "max-age=31536000" },
                { EDGE_SERVER_TOKENS, "on" },
                { EDGE_ACME_LOCATION, "false" },
                { EDGE_HTTP2, "true" },
                { EDGE_HTTP3, "false" },
                { EDGE_TRUST_DEFAULT_CERT, "true" },
                { EDGE_HTTP_ON_MISSING_CERT, "true" },
                { EDGE_DEBUG_ENDPOINT, "false" },
                { EDGE_NON_GET_REDIRECT, "301" },
                { EDGE_VERIFY_CLIENT, "on" },
                { EDGE_BALANCE, "round_robin" },
                { EDGE_KEEPALIVE, "disabled" },
                { EDGE_BODY_MAX, "100m" },
                { EDGE_CONNECT_TIMEOUT, "2s" },
                { EDGE_READ_TIMEOUT, "300s" },
                { EDGE_SEND_TIMEOUT, "300s" },
        };
        const char *rule;

        for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
                ck_assert_int_eq(edge_settings_set(e, defaults[i].setting, defaults[i].text, &rule), 0);
}

/* As a container chose it. */
static inline void test_choose(TestSite *t, EdgeSetting setting, const char *text) {
        const char *rule;

        if (setting < _EDGE_OF_SITE_COUNT) {
                ck_assert_int_eq(edge_settings_set(&t->site.shape.settings, setting, text, &rule), 0);
                ck_assert_int_eq(edge_settings_set(&t->settings, setting, text, &rule), 0);
                return;
        }
        for (size_t i = 0; i < t->site.n_locations; i++)
                ck_assert_int_eq(edge_settings_set(&t->location_settings[i], setting, text, &rule), 0);
}

static inline Location *test_add_location(TestSite *t, const char *path) {
        static Endpoint two[] = { { (char *)"172.17.0.2", 8080 }, { (char *)"fd00::2", 80 } };
        static Endpoint tls[] = { { (char *)"172.17.0.3", 8043 } };
        size_t i = t->site.n_locations++;

        ck_assert_uint_lt(i, TEST_LOCATIONS_MAX);
        t->overrides.n_locations = t->site.n_locations;
        test_defaults(&t->location_settings[i]);
        t->locations[i] = (Location){ .path = (char *)path, .endpoints = { two, 2 }, .tls_endpoints = { tls, 1 } };
        return &t->locations[i];
}

/* What is parsed of it is let go with the site that it is given to, else by test_file_done(). */
static inline OverrideFile test_file(const char *path, const char *text) {
        OverrideFile f = { .path = (char *)path, .text = (char *)text, .digest = "d1" };

        if (text)
                override_file_parse(&f);
        return f;
}

static inline void test_file_done(OverrideFile *f) {
        string_list_clear(&f->directives);
        string_list_clear(&f->targets);
}
#define _cleanup_test_file_ _cleanup_(test_file_done)

/* A site with "/" alone, which would be served over both, and has a certificate. */
static inline void test_site(TestSite *t, const char *domain) {
        *t = (TestSite){ 0 };
        t->site = (Site){ .domain = (char *)domain, .shape = { .https = true }, .locations = t->locations };
        t->overrides.locations = t->location_overrides;
        t->vhost = (Vhost){
                .site = &t->site,
                .settings = &t->settings,
                .location_settings = t->location_settings,
                .certificate = &test_certificate,
                .overrides = &t->overrides,
        };
        test_defaults(&t->settings);
        (void)test_add_location(t, "/");
}

static inline void test_site_done(TestSite *t) {
        edge_settings_done(&t->settings);
        edge_settings_done(&t->site.shape.settings);
        for (size_t i = 0; i < TEST_LOCATIONS_MAX; i++)
                edge_settings_done(&t->location_settings[i]);
        for (size_t i = 0; i < overrides_count(&t->overrides); i++)
                test_file_done(overrides_at(&t->overrides, i));
}
#define _cleanup_test_site_ _cleanup_(test_site_done)

/* A component test looks closer at each rendering of a unit test. */
#ifndef RENDERING_MADE
#define RENDERING_MADE(vhosts, count, policy, rendering) (void)0
#endif

static inline Rendering *test_render(const Vhost *vhosts, size_t count, const RenderPolicy *policy) {
        Rendering *r = render(vhosts, count, policy);

        RENDERING_MADE(vhosts, count, policy, r);
        return r;
}

/* The lines of vhosts[i], the empty string without them. */
static inline char *test_block(const Rendering *r, size_t i) {
        const char *start = r->text, *end;
        size_t line = 1;

        for (; line < r->parts[i].first; line++)
                start = strchr(start, '\n') + 1;
        for (end = start; line <= r->parts[i].last; line++)
                end = strchr(end, '\n') + 1;
        return xstrndup(start, (size_t)(end - start));
}

static inline char *test_text(const TestSite *t, const RenderPolicy *policy) {
        _cleanup_(rendering_freep) Rendering *r = test_render(&t->vhost, 1, policy);

        return test_block(r, 0);
}

/* Its server for HTTP, or for HTTPS; NULL without one. The caller owns it. */
static inline char *test_server(const TestSite *t, const RenderPolicy *policy, bool tls) {
        _cleanup_free_ char *text = test_text(t, policy);
        const char *start = text;

        while ((start = strstr(start, "server {\n    listen "))) {
                const char *end = strstr(start, "\n}\n") + 3, *line_end = strchr(start + 9, '\n');
                _cleanup_free_ char *listen = xstrndup(start, (size_t)(line_end - start));
                if ((strstr(listen, " ssl") != NULL) == tls)
                        return xstrndup(start, (size_t)(end - start));
                start = end;
        }
        return NULL;
}

static inline bool contains(const char *text, const char *words) {
        return strstr(text, words) != NULL;
}

#define SHA1_OF_API "357322ae39f93f572e23cd9edd3307e2ac5a321f" /* of "/api/" */

/* The location in the server for HTTP, or HTTPS, whose first line begins with `location PATH {`; NULL without one. */
static inline char *test_location(const TestSite *t, const RenderPolicy *policy, bool tls, const char *path) {
        _cleanup_free_ char *server = test_server(t, policy, tls), *line = xasprintf("    location %s {\n", path);
        const char *start = server ? strstr(server, line) : NULL, *end = start ? strstr(start, "\n    }\n") : NULL;

        return start ? xstrndup(start, (size_t)(end - start) + 1) : NULL;
}
