/* The registration codec: JSON from Redis into a struct and back. Pure. */
#include "beachhead/registration.h"

#include "common/hostname.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static const char *const https_method_names[_HTTPS_METHOD_COUNT] = {
        [HTTPS_METHOD_REDIRECT] = "redirect",
        [HTTPS_METHOD_NOREDIRECT] = "noredirect",
        [HTTPS_METHOD_NOHTTP] = "nohttp",
        [HTTPS_METHOD_NOHTTPS] = "nohttps",
};

static const char *const requirement_names[_REQUIREMENT_COUNT] = {
        "schemes", "no-endpoint", "certificate-only", "path", "proto", "internal", "wildcard",
};

const char *https_method_name(HttpsMethod method) {
        return https_method_names[method];
}

int https_method_from_name(const char *name, HttpsMethod *ret) {
        for (int i = 0; i < _HTTPS_METHOD_COUNT; i++)
                if (https_method_names[i] && strcmp(https_method_names[i], name) == 0) {
                        *ret = (HttpsMethod)i;
                        return 0;
                }
        return -EINVAL;
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
        free(route->proto);
        for (size_t i = 0; i < route->certificate.n_names; i++)
                free(route->certificate.names[i]);
        free(route->certificate.names);
        free(route->certificate.email);
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

DEFINE_CLEANUP(Registration *, registration_free);

/* ---- reading ---- */

/* Takes the endpoint under `name`, if there is one. Returns NULL or what is wrong with it. */
static const char *decode_endpoint(const cJSON *object, const char *name, Endpoint *ret) {
        const cJSON *item = json_member(object, name);

        if (!item)
                return NULL;
        const char *host = json_string(item, "host", HOSTNAME_MAX);
        int64_t port = json_integer(item, "port", -1);
        if (!host || !endpoint_host_is_valid(host))
                return "an endpoint's host is no address and no name";
        if (port < 1 || port > 65535)
                return "an endpoint's port is no number from 1 to 65535";
        endpoint_set(ret, host, (uint16_t)port);
        return NULL;
}

static const char *decode_requirements(const cJSON *object, Route *route) {
        const cJSON *array = json_member(object, "requires"), *item;

        if (array && !cJSON_IsArray(array))
                return "\"requires\" is no array";
        cJSON_ArrayForEach (item, array) {
                size_t i = 0;
                if (!cJSON_IsString(item) || strlen(item->valuestring) > REGISTRATION_TEXT_MAX)
                        return "\"requires\" holds something that is no string";
                while (i < _REQUIREMENT_COUNT && strcmp(requirement_names[i], item->valuestring) != 0)
                        i++;
                if (i < _REQUIREMENT_COUNT)
                        route->requirements |= 1u << i;
                else if (!route->unknown)
                        route->unknown = xstrdup(item->valuestring);
        }
        return NULL;
}

static const char *decode_schemes(const cJSON *object, Route *route) {
        const cJSON *array = json_member(object, "schemes"), *item;

        if (array && !cJSON_IsArray(array))
                return "\"schemes\" is no array";
        cJSON_ArrayForEach (item, array) {
                if (cJSON_IsString(item) && strcmp(item->valuestring, "http") == 0)
                        route->schemes |= SCHEME_HTTP;
                else if (cJSON_IsString(item) && strcmp(item->valuestring, "https") == 0)
                        route->schemes |= SCHEME_HTTPS;
                else
                        return "\"schemes\" holds something else than \"http\" and \"https\"";
        }
        return NULL;
}

static const char *decode_certificate(const cJSON *object, Route *route) {
        const cJSON *wish = json_member(object, "certificate"), *names = json_member(wish, "names"), *name;

        if (!wish)
                return NULL;
        if (!cJSON_IsArray(names) || cJSON_GetArraySize(names) < 1 ||
            cJSON_GetArraySize(names) > REGISTRATION_NAMES_MAX)
                return "\"certificate\" names no domain, or more than a CA takes";
        cJSON_ArrayForEach (name, names) {
                _cleanup_free_ char *normal = NULL;
                bool wildcard;
                if (!cJSON_IsString(name) || hostname_pattern_normalize(name->valuestring, &normal, &wildcard) < 0)
                        return "\"certificate\" holds a name that is no domain";
                certificate_wish_add(&route->certificate, normal);
        }
        const char *email = json_string(wish, "email", REGISTRATION_TEXT_MAX);
        route->certificate.email = email ? xstrdup(email) : NULL;
        return NULL;
}

static const char *decode_https_method(const cJSON *object, Route *route) {
        const cJSON *item = json_member(object, "https_method");

        if (!item)
                return NULL;
        if (!cJSON_IsString(item) || https_method_from_name(item->valuestring, &route->https_method) < 0)
                return "\"https_method\" is none that is known";
        return NULL;
}

/* Takes the string under `name`, if there is one. */
static const char *decode_text(const cJSON *object, const char *name, char **ret) {
        const cJSON *item = json_member(object, name);

        if (!item)
                return NULL;
        const char *text = json_string(object, name, REGISTRATION_TEXT_MAX);
        if (!text)
                return "a text is no string, or too long";
        *ret = xstrdup(text);
        return NULL;
}

/* Whether the parts fit together: something to serve, in a form that says how. */
static const char *check_route(Route *route, bool wildcard) {
        if (wildcard && !(route->requirements & REQUIRES_WILDCARD))
                return "the domain is a pattern and \"requires\" does not say \"wildcard\"";
        if (route->requirements & REQUIRES_CERTIFICATE_ONLY)
                return route->certificate.n_names > 0 ? NULL : "\"certificate-only\" without a certificate";
        if (route->http.host || route->https.host) {
                route->schemes = (route->http.host ? SCHEME_HTTP : 0) | (route->https.host ? SCHEME_HTTPS : 0);
                return NULL;
        }
        if (route->schemes == 0)
                return "none of \"http\", \"https\" and \"schemes\" is there";
        if (!route->endpoint.host && !(route->requirements & REQUIRES_NO_ENDPOINT))
                return "there is no endpoint, and \"requires\" does not say \"no-endpoint\"";
        return NULL;
}

static const char *decode_route(const cJSON *object, Route *route) {
        const char *wrong;
        bool wildcard = false;

        if (!cJSON_IsObject(object))
                return "a route is no object";
        const char *domain = json_string(object, "domain", HOSTNAME_MAX + 1);
        if (!domain || hostname_pattern_normalize(domain, &route->domain, &wildcard) < 0)
                return "\"domain\" is missing or no domain";
        /* What an unknown requirement means for the other fields is unknown too: they are not looked at. */
        if ((wrong = decode_requirements(object, route)) || route->unknown)
                return wrong;
        if ((wrong = decode_endpoint(object, "http", &route->http)) ||
            (wrong = decode_endpoint(object, "https", &route->https)) ||
            (wrong = decode_endpoint(object, "endpoint", &route->endpoint)) ||
            (wrong = decode_schemes(object, route)) || (wrong = decode_https_method(object, route)) ||
            (wrong = decode_text(object, "path", &route->path)) ||
            (wrong = decode_text(object, "dest", &route->dest)) ||
            (wrong = decode_text(object, "proto", &route->proto)) || (wrong = decode_certificate(object, route)))
                return wrong;
        route->https_implied = cJSON_IsTrue(json_member(json_member(object, "https"), "implied"));
        return check_route(route, wildcard);
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
                const char *wrong = decode_route(object, route);
                if (wrong) {
                        problem(userdata, route->domain, wrong);
                        route_done(route);
                        r->n_routes--;
                }
        }
        *ret = TAKE_PTR(r);
        return 0;
}

/* ---- writing ---- */

/* The domain with every character outside [A-Za-z0-9_] turned into "_", as companion has it. */
static char *route_id(const char *domain) {
        char *id = xstrdup(domain);

        for (char *c = id; *c; c++)
                if (!isalnum((unsigned char)*c))
                        *c = '_';
        return id;
}

static cJSON *encode_endpoint(cJSON *object, const char *name, const Endpoint *e) {
        cJSON *item = cJSON_AddObjectToObject(object, name);

        cJSON_AddStringToObject(item, "host", e->host);
        cJSON_AddNumberToObject(item, "port", e->port);
        return item;
}

static void encode_addresses(cJSON *object, const Route *route) {
        if (route->http.host)
                encode_endpoint(object, "http", &route->http);
        if (route->https.host) {
                cJSON *https = encode_endpoint(object, "https", &route->https);
                if (route->https_implied)
                        cJSON_AddTrueToObject(https, "implied");
        }
        if (route->http.host || route->https.host)
                return;
        if (route->endpoint.host)
                encode_endpoint(object, "endpoint", &route->endpoint);
        if (route->schemes != 0) {
                cJSON *schemes = cJSON_AddArrayToObject(object, "schemes");
                if (route->schemes & SCHEME_HTTP)
                        cJSON_AddItemToArray(schemes, cJSON_CreateString("http"));
                if (route->schemes & SCHEME_HTTPS)
                        cJSON_AddItemToArray(schemes, cJSON_CreateString("https"));
        }
}

static void encode_requirements(cJSON *object, const Route *route) {
        if (route->requirements == 0 && !route->unknown)
                return;
        cJSON *array = cJSON_AddArrayToObject(object, "requires");
        for (unsigned i = 0; i < _REQUIREMENT_COUNT; i++)
                if (route->requirements & (1u << i))
                        cJSON_AddItemToArray(array, cJSON_CreateString(requirement_names[i]));
        if (route->unknown)
                cJSON_AddItemToArray(array, cJSON_CreateString(route->unknown));
}

static void encode_certificate(cJSON *object, const CertificateWish *wish) {
        if (wish->n_names == 0)
                return;
        cJSON *item = cJSON_AddObjectToObject(object, "certificate");
        cJSON *names = cJSON_AddArrayToObject(item, "names");
        for (size_t i = 0; i < wish->n_names; i++)
                cJSON_AddItemToArray(names, cJSON_CreateString(wish->names[i]));
        if (wish->email)
                cJSON_AddStringToObject(item, "email", wish->email);
}

static void encode_text(cJSON *object, const char *name, const char *text) {
        if (text)
                cJSON_AddStringToObject(object, name, text);
}

static cJSON *encode_route(const Registration *r, const Route *route) {
        cJSON *object = cJSON_CreateObject();
        _cleanup_free_ char *id = route_id(route->domain);

        cJSON_AddStringToObject(object, "id", id);
        cJSON_AddStringToObject(object, "domain", route->domain);
        encode_addresses(object, route);
        encode_requirements(object, route);
        encode_text(object, "path", route->path);
        encode_text(object, "dest", route->dest);
        encode_text(object, "proto", route->proto);
        encode_text(object, "https_method", https_method_name(route->https_method));
        encode_certificate(object, &route->certificate);
        if (r->created >= 0)
                cJSON_AddNumberToObject(object, "created", (double)r->created);
        encode_text(object, "container", r->container);
        encode_text(object, "machine", r->machine);
        return object;
}

int registration_encode(const Registration *r, char **ret) {
        _cleanup_json_ cJSON *array = cJSON_CreateArray();

        if (r->n_routes > REGISTRATION_ROUTES_MAX)
                return -E2BIG;
        for (size_t i = 0; i < r->n_routes; i++)
                cJSON_AddItemToArray(array, encode_route(r, &r->routes[i]));
        _cleanup_free_ char *value = cJSON_PrintUnformatted(array);
        if (!value)
                abort();
        if (strlen(value) > REGISTRATION_VALUE_MAX)
                return -E2BIG;
        *ret = TAKE_PTR(value);
        return 0;
}
