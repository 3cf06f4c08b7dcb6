/* JSON from Redis into a registration: every value is untrusted until it is parsed into its type. Pure. */
#include "beachhead/registration.h"

#include "common/certificate-json.h"
#include "common/hostname.h"
#include "common/json.h"
#include "common/location-path.h"
#include "common/memory.h"
#include "common/server-name.h"

#include <errno.h>
#include <string.h>

DEFINE_CLEANUP(Registration *, registration_free);

/* What follows takes a part of a route, if it is there. Each returns NULL, or what is wrong with it, owned by the
 * caller. */

/* Takes the endpoint under `name`, if there is one. */
static char *decode_endpoint(const cJSON *object, const char *name, Endpoint *ret) {
        const cJSON *item = json_member(object, name);

        if (!item)
                return NULL;
        const char *host = json_string(item, "host", HOSTNAME_MAX);
        int64_t port = json_integer(item, "port", -1);
        if (!host || !endpoint_host_is_valid(host))
                return xstrdup("an endpoint's host is no address and no name");
        if (port < 1 || port > 65535)
                return xstrdup("an endpoint's port is no number from 1 to 65535");
        endpoint_set(ret, host, (uint16_t)port);
        return NULL;
}

static char *decode_requirements(const cJSON *object, Route *route) {
        const cJSON *array = json_member(object, "requires"), *item;

        if (array && !cJSON_IsArray(array))
                return xstrdup("\"requires\" is no array");
        cJSON_ArrayForEach (item, array) {
                unsigned i = 0;
                if (!cJSON_IsString(item) || strlen(item->valuestring) > REGISTRATION_TEXT_MAX)
                        return xstrdup("\"requires\" holds something that is no string");
                while (i < _REQUIREMENT_COUNT && strcmp(requirement_name(1u << i), item->valuestring) != 0)
                        i++;
                if (i < _REQUIREMENT_COUNT)
                        route->requirements |= 1u << i;
                else if (!route->unknown)
                        route->unknown = xstrdup(item->valuestring);
        }
        return NULL;
}

static char *decode_schemes(const cJSON *object, Route *route) {
        const cJSON *array = json_member(object, "schemes"), *item;

        if (array && !cJSON_IsArray(array))
                return xstrdup("\"schemes\" is no array");
        cJSON_ArrayForEach (item, array) {
                if (cJSON_IsString(item) && strcmp(item->valuestring, "http") == 0)
                        route->schemes |= SCHEME_HTTP;
                else if (cJSON_IsString(item) && strcmp(item->valuestring, "https") == 0)
                        route->schemes |= SCHEME_HTTPS;
                else
                        return xstrdup("\"schemes\" holds something else than \"http\" and \"https\"");
        }
        return NULL;
}

static char *decode_https_method(const cJSON *object, Route *route) {
        const cJSON *item = json_member(object, "https_method");

        if (!item)
                return NULL;
        if (!cJSON_IsString(item) || https_method_from_name(item->valuestring, &route->https_method) < 0)
                return xstrdup("\"https_method\" is none that is known");
        route->https_method_implied = cJSON_IsTrue(json_member(object, "https_method_implied"));
        return NULL;
}

static char *decode_protocol(const cJSON *object, Route *route) {
        const cJSON *item = json_member(object, "proto");

        if (!item)
                return NULL;
        if (!cJSON_IsString(item) || protocol_from_name(item->valuestring, &route->proto) < 0)
                return xstrdup("\"proto\" is none that is known");
        return NULL;
}

/* Takes the path under `name`, if there is one. */
static char *decode_path(const cJSON *object, const char *name, int (*check)(const char *text, char **ret_reason),
                         char **ret) {
        const cJSON *item = json_member(object, name);
        _cleanup_free_ char *reason = NULL;

        if (!item)
                return NULL;
        if (!cJSON_IsString(item))
                return xasprintf("\"%s\" is no string", name);
        if (check(item->valuestring, &reason) < 0)
                return json_refusal(name, item->valuestring, reason);
        *ret = xstrdup(item->valuestring);
        return NULL;
}

/* Settings that are not known are not looked at: what must not be ignored has a requirement. */
static char *decode_settings(const cJSON *object, EdgeSettings *e) {
        const cJSON *settings = json_member(object, "settings");
        const char *rule;

        if (!settings)
                return NULL;
        if (!cJSON_IsObject(settings))
                return xstrdup("\"settings\" is no object");
        for (EdgeSetting i = 0; i < _EDGE_SETTING_COUNT; i++) {
                const cJSON *item = json_member(settings, edge_setting_name(i));
                if (!item)
                        continue;
                if (!cJSON_IsString(item))
                        return xasprintf("the setting \"%s\" is no string", edge_setting_name(i));
                if (edge_settings_set(e, i, item->valuestring, &rule) < 0)
                        return json_refusal(edge_setting_name(i), item->valuestring, rule);
        }
        return NULL;
}

/* Fails with the domain left NULL: one that is not valid is never shown as one. */
static char *decode_domain(const cJSON *object, Route *route) {
        const char *domain = json_string(object, "domain", REGISTRATION_TEXT_MAX);
        _cleanup_free_ char *reason = NULL;
        ServerNameKind kind;

        if (!domain)
                return xstrdup("\"domain\" is missing, no string or too long");
        if (server_name_normalize(domain, &route->domain, &kind, &reason) < 0)
                return json_refusal("domain", domain, reason);
        return NULL;
}

/* What a reader must understand for the fields that the route has. */
static unsigned requirements_of(const Route *route) {
        unsigned requirements = edge_settings_requirements(&route->settings);
        ServerNameKind kind = server_name_kind(route->domain);

        if (kind == SERVER_NAME_WILDCARD)
                requirements |= REQUIRES_WILDCARD;
        if (kind == SERVER_NAME_REGEX)
                requirements |= REQUIRES_REGEX;
        if (route->dest || (route->path && strcmp(route->path, "/") != 0))
                requirements |= REQUIRES_PATH;
        if (route->proto != PROTOCOL_HTTP)
                requirements |= REQUIRES_PROTO;
        return requirements;
}

/* Of a route that has nothing else. */
static char *check_certificate(const CertificateWish *wish) {
        if (wish->n_names > 0)
                return NULL;
        return wish->obstacle ? xasprintf("its certificate's %s", wish->obstacle)
                              : xstrdup("\"certificate-only\" without a certificate");
}

/* Whether the parts fit together: something to serve, in a form that says how. */
static char *check_route(Route *route) {
        unsigned unsaid = requirements_of(route) & ~route->requirements;

        if (unsaid)
                return xasprintf("\"requires\" does not say \"%s\"", requirement_name(unsaid & -unsaid));
        if (route->dest && route->path && *route->path == '~')
                return xstrdup("\"dest\" cannot take the place of a regular expression");
        if (route->requirements & REQUIRES_CERTIFICATE_ONLY)
                return check_certificate(&route->certificate);
        if (route->http.host || route->https.host) {
                route->schemes = (route->http.host ? SCHEME_HTTP : 0) | (route->https.host ? SCHEME_HTTPS : 0);
                return NULL;
        }
        if (route->schemes == 0)
                return xstrdup("none of \"http\", \"https\" and \"schemes\" is there");
        if (!route->endpoint.host && !(route->requirements & REQUIRES_NO_ENDPOINT))
                return xstrdup("there is no endpoint, and \"requires\" does not say \"no-endpoint\"");
        return NULL;
}

static char *decode_route(const cJSON *object, Route *route) {
        char *wrong;

        if (!cJSON_IsObject(object))
                return xstrdup("a route is no object");
        /* What an unknown requirement means for the other fields is unknown too: they are not looked at. */
        if ((wrong = decode_domain(object, route)) || (wrong = decode_requirements(object, route)) || route->unknown)
                return wrong;
        if ((wrong = decode_endpoint(object, "http", &route->http)) ||
            (wrong = decode_endpoint(object, "https", &route->https)) ||
            (wrong = decode_endpoint(object, "endpoint", &route->endpoint)) ||
            (wrong = decode_schemes(object, route)) || (wrong = decode_https_method(object, route)) ||
            (wrong = decode_path(object, "path", location_path_check, &route->path)) ||
            (wrong = decode_path(object, "dest", location_dest_check, &route->dest)) ||
            (wrong = decode_protocol(object, route)) || (wrong = decode_settings(object, &route->settings)))
                return wrong;
        if (json_member(object, "certificate"))
                certificate_wish_decode(json_member(object, "certificate"), &route->certificate);
        route->https_implied = cJSON_IsTrue(json_member(json_member(object, "https"), "implied"));
        return check_route(route);
}

/* The writer is the same for all routes: the first that says who it is speaks for them. */
static void decode_writer(const cJSON *object, Registration *r) {
        const char *container = json_string(object, "container", REGISTRATION_TEXT_MAX);
        const char *machine = json_string(object, "machine", REGISTRATION_TEXT_MAX);

        if (r->created < 0)
                r->created = json_integer(object, "created", -1);
        if (!r->container && container)
                r->container = xstrdup(container);
        if (!r->machine && machine)
                r->machine = xstrdup(machine);
}

int registration_decode(Registration **ret, const char *bytes, size_t size, RegistrationProblemFunc *problem,
                        void *userdata) {
        _cleanup_(registration_freep) Registration *r = registration_new();
        const cJSON *object;

        if (size > REGISTRATION_VALUE_MAX)
                return -E2BIG;
        _cleanup_json_ cJSON *array = json_parse(bytes, size);
        if (!cJSON_IsArray(array))
                return -EBADMSG;
        cJSON_ArrayForEach (object, array) {
                if (r->n_routes == REGISTRATION_ROUTES_MAX) {
                        problem(userdata, NULL, "there are more routes than one registration may have");
                        break;
                }
                decode_writer(object, r);
                Route *route = registration_add_route(r);
                _cleanup_free_ char *wrong = decode_route(object, route);
                if (wrong) {
                        problem(userdata, route->domain, wrong);
                        registration_drop_route(r);
                }
        }
        *ret = TAKE_PTR(r);
        return 0;
}
