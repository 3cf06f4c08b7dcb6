/* A registration into the JSON that stands in Redis, to the byte. Pure. */
#include "beachhead/registration.h"

#include "common/certificate-json.h"
#include "common/memory.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

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
                        cJSON_AddItemToArray(array, cJSON_CreateString(requirement_name(1u << i)));
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
        certificate_terms_encode(item, &wish->terms);
}

static void encode_text(cJSON *object, const char *name, const char *text) {
        if (text)
                cJSON_AddStringToObject(object, name, text);
}

static void encode_https_method(cJSON *object, const Route *route) {
        if (route->https_method == HTTPS_METHOD_UNSET)
                return;
        cJSON_AddStringToObject(object, "https_method", https_method_name(route->https_method));
        if (route->https_method_implied)
                cJSON_AddTrueToObject(object, "https_method_implied");
}

static void encode_settings(cJSON *object, const EdgeSettings *e) {
        if (e->given == 0)
                return;
        cJSON *item = cJSON_AddObjectToObject(object, "settings");
        for (EdgeSetting i = 0; i < _EDGE_SETTING_COUNT; i++) {
                _cleanup_free_ char *text = edge_settings_text(e, i);
                encode_text(item, edge_setting_name(i), text);
        }
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
        encode_text(object, "proto", route->proto == PROTOCOL_HTTP ? NULL : protocol_name(route->proto));
        encode_https_method(object, route);
        encode_settings(object, &route->settings);
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
