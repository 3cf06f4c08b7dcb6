/* One table: each setting of the edge, and the variable or label that it stands in. */
#include "registrar/edge-variables.h"

#include "registrar/problem.h"

#include <errno.h>
#include <string.h>

#define STANDARD_ROOT "/var/www/public" /* of FastCGI, as in nginx-proxy */
#define ACCESS "NETWORK_ACCESS"
#define CONSEQUENCE "its domains are left out"

typedef struct EdgeVariable {
        const char *name; /* see variables.h */
        bool narrows;     /* without it the container would be served where it does not want to be */
} EdgeVariable;

static const EdgeVariable table[_EDGE_SETTING_COUNT] = {
        [EDGE_CERT_NAME] = { "CERT_NAME", false },
        [EDGE_TLS_POLICY] = { "SSL_POLICY", false },
        [EDGE_HSTS] = { "HSTS", false },
        [EDGE_SERVER_TOKENS] = { "SERVER_TOKENS", false },
        [EDGE_ACME_LOCATION] = { "ACME_HTTP_CHALLENGE_LOCATION", false },
        [EDGE_HTTP2] = { "http2.enable", false },
        [EDGE_HTTP3] = { "http3.enable", false },
        [EDGE_TRUST_DEFAULT_CERT] = { "TRUST_DEFAULT_CERT", false },
        [EDGE_HTTP_ON_MISSING_CERT] = { "ENABLE_HTTP_ON_MISSING_CERT", true },
        [EDGE_DEBUG_ENDPOINT] = { "debug-endpoint", false },
        [EDGE_NON_GET_REDIRECT] = { "non-get-redirect", false },
        [EDGE_VERIFY_CLIENT] = { "ssl_verify_client", true },
        [EDGE_HTTP_PORT] = { "EXTERNAL_HTTP_PORT", true },
        [EDGE_HTTPS_PORT] = { "EXTERNAL_HTTPS_PORT", true },
        [EDGE_BALANCE] = { "loadbalance", false },
        [EDGE_KEEPALIVE] = { "keepalive", false },
        [EDGE_ROOT] = { "VIRTUAL_ROOT", false },
        [EDGE_BODY_MAX] = { "CLIENT_MAX_BODY_SIZE", false },
        [EDGE_CONNECT_TIMEOUT] = { "PROXY_CONNECT_TIMEOUT", false },
        [EDGE_READ_TIMEOUT] = { "PROXY_READ_TIMEOUT", false },
        [EDGE_SEND_TIMEOUT] = { "PROXY_SEND_TIMEOUT", false },
};

static int read_setting(const Container *c, EdgeSetting setting, EdgeSettings *ret, StringList *problems) {
        const EdgeVariable *v = &table[setting];
        _cleanup_free_ char *text = container_setting(c, v->name, NULL);
        const char *rule;

        if (!text || edge_settings_set(ret, setting, text, &rule) == 0)
                return 0;
        if (v->narrows)
                return problem_refuse(problems, c, v->name, text, rule, CONSEQUENCE);
        problem_ignore(problems, c, v->name, text, rule);
        return 0;
}

static int read_access(const Container *c, bool *ret_internal, StringList *problems) {
        _cleanup_free_ char *text = container_setting(c, ACCESS, NULL);

        *ret_internal = text && strcasecmp(text, "internal") == 0;
        if (!text || *ret_internal || strcasecmp(text, "external") == 0)
                return 0;
        return problem_refuse(problems, c, ACCESS, text, "must be internal or external", CONSEQUENCE);
}

int edge_terms_read(const Container *c, EdgeTerms *ret, StringList *problems) {
        EdgeTerms t = { 0 };
        int r = read_access(c, &t.internal, problems);

        for (EdgeSetting i = 0; i < _EDGE_SETTING_COUNT; i++)
                if (read_setting(c, i, &t.settings, problems) < 0)
                        r = -EINVAL;
        if (r == 0)
                *ret = t;
        else
                edge_terms_done(&t);
        return r;
}

const char *edge_terms_requiring(const EdgeTerms *t) {
        if (t->internal)
                return ACCESS;
        for (EdgeSetting i = 0; i < _EDGE_SETTING_COUNT; i++) {
                EdgeSettings alone = { 0 };
                edge_settings_inherit(&alone, &t->settings, i, i + 1);
                bool requires = edge_settings_requirements(&alone) != 0;
                edge_settings_done(&alone);
                if (requires)
                        return table[i].name;
        }
        return NULL;
}

/* Only FastCGI has a root, and it always has one. */
static void apply_root(const EdgeTerms *t, Route *route) {
        const char *rule;

        if (route->proto != PROTOCOL_FASTCGI)
                return;
        edge_settings_inherit(&route->settings, &t->settings, EDGE_ROOT, EDGE_ROOT + 1);
        if (!edge_settings_has(&route->settings, EDGE_ROOT))
                (void)edge_settings_set(&route->settings, EDGE_ROOT, STANDARD_ROOT, &rule);
}

void edge_terms_apply(const EdgeTerms *t, Route *route) {
        edge_settings_inherit(&route->settings, &t->settings, 0, EDGE_ROOT);
        edge_settings_inherit(&route->settings, &t->settings, EDGE_ROOT + 1, _EDGE_SETTING_COUNT);
        apply_root(t, route);
        route->requirements |= edge_settings_requirements(&route->settings) | (t->internal ? REQUIRES_INTERNAL : 0);
}

void edge_terms_done(EdgeTerms *t) {
        edge_settings_done(&t->settings);
        *t = (EdgeTerms){ 0 };
}
