/* What one route asks for. Pure. */
#include "consumer/sites-route.h"

const Endpoint *route_endpoint(const Route *route) {
        if (route->requirements & REQUIRES_NO_ENDPOINT)
                return NULL;
        return route->http.host ? &route->http : route->endpoint.host ? &route->endpoint : NULL;
}

/* An https that nobody wrote is not reached by TLS, unless there is nothing else to reach. */
const Endpoint *route_tls_endpoint(const Route *route) {
        if ((route->requirements & REQUIRES_NO_ENDPOINT) || !route->https.host)
                return NULL;
        return route->https_implied && route->http.host ? NULL : &route->https;
}

bool route_is_reachable(const Route *route) {
        return route_endpoint(route) || route_tls_endpoint(route);
}

/* HTTPS_METHOD speaks of the HTTP port, so that a route of HTTPS alone goes by its schemes: it is never served in
 * clear. "nohttp" is such a route with a rule of its own. */
static bool goes_by_schemes(const Route *route) {
        if (route->https_method == HTTPS_METHOD_UNSET)
                return true;
        return !(route->schemes & SCHEME_HTTP) && route->https_method != HTTPS_METHOD_NOHTTP;
}

bool route_chose_reach(const Route *route) {
        return !route->https_method_implied || goes_by_schemes(route);
}

static const struct {
        Reach reach;
        const char *wish;
} by_schemes[] = {
        [SCHEME_HTTP] = { { PLAIN_SERVE, false }, "http alone" },
        [SCHEME_HTTPS] = { { PLAIN_REDIRECT_OR_REFUSE, true }, "https alone" },
        [SCHEME_HTTP | SCHEME_HTTPS] = { { PLAIN_REDIRECT_OR_SERVE, true }, "http and https" },
}, by_method[_HTTPS_METHOD_COUNT] = {
        [HTTPS_METHOD_REDIRECT] = { { PLAIN_REDIRECT_OR_SERVE, true }, "HTTPS_METHOD=redirect" },
        [HTTPS_METHOD_NOREDIRECT] = { { PLAIN_SERVE, true }, "HTTPS_METHOD=noredirect" },
        [HTTPS_METHOD_NOHTTP] = { { PLAIN_REFUSE_OR_SERVE, true }, "HTTPS_METHOD=nohttp" },
        [HTTPS_METHOD_NOHTTPS] = { { PLAIN_SERVE, false }, "HTTPS_METHOD=nohttps" },
};

Reach route_reach(const Route *route) {
        return goes_by_schemes(route) ? by_schemes[route->schemes].reach : by_method[route->https_method].reach;
}

const char *route_reach_wish(const Route *route) {
        return goes_by_schemes(route) ? by_schemes[route->schemes].wish : by_method[route->https_method].wish;
}
