/* Many containers, one domain: their endpoints are one upstream, and where they disagree on a setting the one that was
 * created first decides, never on trust. Pure. */
#include "consumer/sites-merge.h"

#include <stdlib.h>
#include <string.h>

/* ---- what one route asks for ---- */

static const Endpoint *clear_endpoint(const Route *route) {
        if (route->requirements & REQUIRES_NO_ENDPOINT)
                return NULL;
        return route->http.host ? &route->http : route->endpoint.host ? &route->endpoint : NULL;
}

/* An https that nobody wrote is not reached by TLS, unless there is nothing else to reach. */
static const Endpoint *tls_endpoint(const Route *route) {
        if ((route->requirements & REQUIRES_NO_ENDPOINT) || !route->https.host)
                return NULL;
        return route->https_implied && route->http.host ? NULL : &route->https;
}

static bool is_reachable(const Route *route) {
        return clear_endpoint(route) || tls_endpoint(route);
}

/* HTTPS_METHOD speaks of the HTTP port, so that a route of HTTPS alone goes by its schemes: it is never served in
 * clear. "nohttp" is such a route with a rule of its own. */
static bool goes_by_schemes(const Route *route) {
        if (route->https_method == HTTPS_METHOD_UNSET)
                return true;
        return !(route->schemes & SCHEME_HTTP) && route->https_method != HTTPS_METHOD_NOHTTP;
}

static SiteShape route_shape(const Route *route) {
        static const SiteShape by_schemes[] = {
                [SCHEME_HTTP] = { .plain = PLAIN_SERVE },
                [SCHEME_HTTPS] = { .plain = PLAIN_REDIRECT_OR_REFUSE, .https = true },
                [SCHEME_HTTP | SCHEME_HTTPS] = { .plain = PLAIN_REDIRECT_OR_SERVE, .https = true },
        };
        static const SiteShape by_method[_HTTPS_METHOD_COUNT] = {
                [HTTPS_METHOD_REDIRECT] = { .plain = PLAIN_REDIRECT_OR_SERVE, .https = true },
                [HTTPS_METHOD_NOREDIRECT] = { .plain = PLAIN_SERVE, .https = true },
                [HTTPS_METHOD_NOHTTP] = { .plain = PLAIN_REFUSE_OR_SERVE, .https = true },
                [HTTPS_METHOD_NOHTTPS] = { .plain = PLAIN_SERVE },
        };

        return goes_by_schemes(route) ? by_schemes[route->schemes] : by_method[route->https_method];
}

static const char *shape_wish(const Route *route) {
        static const char *const by_schemes[] = {
                [SCHEME_HTTP] = "http alone",
                [SCHEME_HTTPS] = "https alone",
                [SCHEME_HTTP | SCHEME_HTTPS] = "http and https",
        };
        static const char *const by_method[_HTTPS_METHOD_COUNT] = {
                [HTTPS_METHOD_REDIRECT] = "HTTPS_METHOD=redirect",
                [HTTPS_METHOD_NOREDIRECT] = "HTTPS_METHOD=noredirect",
                [HTTPS_METHOD_NOHTTP] = "HTTPS_METHOD=nohttp",
                [HTTPS_METHOD_NOHTTPS] = "HTTPS_METHOD=nohttps",
        };

        return goes_by_schemes(route) ? by_schemes[route->schemes] : by_method[route->https_method];
}

/* ---- what all come to ---- */

/* The candidate that says how backends are reached: the first that has one. */
static const Candidate *backend_decider(const Candidate *items, size_t count) {
        for (size_t i = 0; i < count; i++)
                if (is_reachable(items[i].route))
                        return &items[i];
        return &items[0];
}

static SiteShape merged_shape(const Candidate *items, size_t count) {
        SiteShape shape = route_shape(items[0].route);

        shape.tls_to_backend = shape.https && tls_endpoint(backend_decider(items, count)->route);
        return shape;
}

/* Whether anything is ever passed on in clear: not where HTTPS alone was asked for, and goes on by TLS. */
static bool uses_clear(const SiteShape *shape) {
        return !shape->tls_to_backend || shape->plain != PLAIN_REDIRECT_OR_REFUSE;
}

static bool contributes(const SiteShape *shape, const Route *route) {
        return (uses_clear(shape) && clear_endpoint(route)) || (shape->tls_to_backend && tls_endpoint(route));
}

static int compare_endpoints(const void *a, const void *b) {
        return endpoint_compare(*(const Endpoint *const *)a, *(const Endpoint *const *)b);
}

typedef const Endpoint *PickFunc(const Route *route);

/* Sorted, each once; returns how many there are, of which no more than SITE_ENDPOINTS_MAX are taken. */
static size_t gather_endpoints(Endpoints *ret, const Candidate *items, size_t count, PickFunc *pick) {
        _cleanup_free_ const Endpoint **picked = xcalloc(count, sizeof(const Endpoint *));
        size_t n_picked = 0, n_different = 0;

        for (size_t i = 0; i < count; i++)
                if (pick(items[i].route))
                        picked[n_picked++] = pick(items[i].route);
        if (n_picked > 1)
                qsort(picked, n_picked, sizeof *picked, compare_endpoints);
        for (size_t i = 0; i < n_picked; i++)
                if (i == 0 || endpoint_compare(picked[i], picked[i - 1]) != 0)
                        picked[n_different++] = picked[i];
        ret->count = n_different < SITE_ENDPOINTS_MAX ? n_different : SITE_ENDPOINTS_MAX;
        ret->items = ret->count > 0 ? xcalloc(ret->count, sizeof *ret->items) : NULL;
        for (size_t i = 0; i < ret->count; i++)
                endpoint_set(&ret->items[i], picked[i]->host, picked[i]->port);
        return n_different;
}

/* ---- what people are told ---- */

/* "shop@n1", or "shop@n1 (and 3 more)". The caller owns it. */
static char *name_others(const Candidate *first, size_t count) {
        _cleanup_free_ char *publisher = candidate_publisher(first);

        return count > 1 ? xasprintf("%s (and %zu more)", publisher, count - 1) : TAKE_PTR(publisher);
}

/* Whether the route disagrees with what was decided. */
typedef bool DissentFunc(const SiteShape *shape, const Route *route);

static bool wants_another_shape(const SiteShape *shape, const Route *route) {
        SiteShape wanted = route_shape(route);

        return wanted.plain != shape->plain || wanted.https != shape->https;
}

static bool wants_another_backend(const SiteShape *shape, const Route *route) {
        return shape->https && contributes(shape, route) && (tls_endpoint(route) != NULL) != shape->tls_to_backend;
}

static bool is_left_out(const SiteShape *shape, const Route *route) {
        return is_reachable(route) && !contributes(shape, route);
}

/* The first that disagrees, NULL without one; how many do. */
static const Candidate *find_dissent(const SiteShape *shape, const Candidate *items, size_t count,
                                     DissentFunc *dissents, size_t *ret_count) {
        const Candidate *first = NULL;

        *ret_count = 0;
        for (size_t i = 0; i < count; i++)
                if (dissents(shape, items[i].route)) {
                        first = first ? first : &items[i];
                        (*ret_count)++;
                }
        return first;
}

static void note_dissent(Site *site, const Candidate *items, size_t count) {
        _cleanup_free_ char *winner = candidate_publisher(&items[0]);
        _cleanup_free_ char *decider = candidate_publisher(backend_decider(items, count));
        const char *reached = site->shape.tls_to_backend ? "by TLS" : "in clear";
        const char *not_reached = site->shape.tls_to_backend ? "in clear" : "by TLS";
        const Candidate *other;
        size_t n;

        if ((other = find_dissent(&site->shape, items, count, wants_another_shape, &n))) {
                _cleanup_free_ char *others = name_others(other, n);
                string_list_addf(&site->notes, "%s asks for %s and %s for %s: %s was created first and decides",
                                 winner, shape_wish(items[0].route), others, shape_wish(other->route), winner);
        }
        if ((other = find_dissent(&site->shape, items, count, wants_another_backend, &n))) {
                _cleanup_free_ char *others = name_others(other, n);
                string_list_addf(&site->notes, "over HTTPS %s is to be reached %s and %s %s: %s decides", decider,
                                 reached, others, not_reached, decider);
        }
        if ((other = find_dissent(&site->shape, items, count, is_left_out, &n))) {
                _cleanup_free_ char *others = name_others(other, n);
                string_list_addf(&site->notes,
                                 "nothing is sent to %s, which can only be reached %s: %s decides for %s", others,
                                 not_reached, site->shape.https ? decider : winner,
                                 site->shape.tls_to_backend ? "TLS" : "clear");
        }
}

static void note_cut(Site *site, size_t count) {
        if (count > SITE_ENDPOINTS_MAX)
                string_list_addf(&site->notes, "there are %zu endpoints, of which the first %d are used", count,
                                 SITE_ENDPOINTS_MAX);
}

/* ---- one site ---- */

static size_t count_of_first_state(const Candidate *items, size_t count) {
        size_t n = 1;

        while (n < count && items[n].rank == items[0].rank)
                n++;
        return n;
}

void site_merge(Site *ret, const Candidate *items, size_t count) {
        static const SiteState states[_ENTRY_STATE_COUNT] = {
                [ENTRY_LIVE] = SITE_LIVE,
                [ENTRY_MISSING] = SITE_HELD,
                [ENTRY_GONE] = SITE_LINGERING,
        };

        count = count_of_first_state(items, count);
        *ret = (Site){
                .domain = xstrdup(items[0].route->domain),
                .state = states[items[0].entry->state],
                .shape = merged_shape(items, count),
        };
        candidates_publishers(items, count, &ret->publishers);
        if (ret->state == SITE_LINGERING)
                return;
        note_dissent(ret, items, count);
        if (uses_clear(&ret->shape))
                note_cut(ret, gather_endpoints(&ret->endpoints, items, count, clear_endpoint));
        if (ret->shape.tls_to_backend)
                note_cut(ret, gather_endpoints(&ret->tls_endpoints, items, count, tls_endpoint));
}
