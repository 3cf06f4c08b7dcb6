/* Many containers, one path: their endpoints are one upstream, and where they disagree on a setting the one that was
 * created first decides, never on trust. Pure. */
#include "consumer/sites-location.h"

#include "consumer/sites-route.h"
#include "consumer/sites-settings.h"

#include <stdlib.h>
#include <string.h>

/* What is decided for the path. */
typedef struct Decision {
        const SiteShape *shape;
        const Location *location;
} Decision;

/* The candidate that says how backends are reached: the first that has one. */
static const Candidate *backend_decider(const Contest *contest) {
        for (size_t i = 0; i < contest->n_deciding; i++)
                if (route_is_reachable(contest->items[i].route))
                        return &contest->items[i];
        return &contest->items[0];
}

/* Whether anything is ever passed on in clear: not where HTTPS alone was asked for, and goes on by TLS. */
static bool uses_clear(const Decision *d) {
        return !d->location->tls_to_backend || d->shape->plain != PLAIN_REDIRECT_OR_REFUSE;
}

static bool contributes(const Decision *d, const Route *route) {
        return route->proto == d->location->proto && ((uses_clear(d) && route_endpoint(route)) ||
                                                      (d->location->tls_to_backend && route_tls_endpoint(route)));
}

/* ---- endpoints ---- */

static int compare_endpoints(const void *a, const void *b) {
        return endpoint_compare(*(const Endpoint *const *)a, *(const Endpoint *const *)b);
}

static void take_endpoints(Endpoints *ret, const Endpoint *const *picked, size_t count) {
        ret->count = count;
        ret->items = count > 0 ? xcalloc(count, sizeof *ret->items) : NULL;
        for (size_t i = 0; i < count; i++)
                endpoint_set(&ret->items[i], picked[i]->host, picked[i]->port);
}

typedef const Endpoint *PickFunc(const Route *route);

/* Of those that speak the protocol: sorted, each once, no more than SITE_ENDPOINTS_MAX. */
static void gather_endpoints(Endpoints *ret, Protocol proto, const Contest *contest, PickFunc *pick,
                             StringList *notes) {
        _cleanup_free_ const Endpoint **picked = xcalloc(contest->n_deciding, sizeof(const Endpoint *));
        size_t n_picked = 0, n_different = 0;

        for (size_t i = 0; i < contest->n_deciding; i++) {
                const Route *route = contest->items[i].route;
                if (route->proto == proto && pick(route))
                        picked[n_picked++] = pick(route);
        }
        if (n_picked > 1)
                qsort(picked, n_picked, sizeof *picked, compare_endpoints);
        for (size_t i = 0; i < n_picked; i++)
                if (i == 0 || endpoint_compare(picked[i], picked[i - 1]) != 0)
                        picked[n_different++] = picked[i];
        if (n_different > SITE_ENDPOINTS_MAX)
                string_list_addf(notes, "there are %zu endpoints, of which the first %d are used", n_different,
                                 SITE_ENDPOINTS_MAX);
        take_endpoints(ret, picked, n_different < SITE_ENDPOINTS_MAX ? n_different : SITE_ENDPOINTS_MAX);
}

/* ---- what people are told ---- */

static bool wants_another_dest(const void *decided, const Route *route) {
        const Decision *d = decided;

        return contributes(d, route) && !streq_or_null(route->dest, d->location->dest);
}

static bool speaks_another_protocol(const void *decided, const Route *route) {
        const Decision *d = decided;

        return route_is_reachable(route) && route->proto != d->location->proto;
}

static bool wants_another_backend(const void *decided, const Route *route) {
        const Decision *d = decided;

        return d->shape->https && contributes(d, route) &&
               (route_tls_endpoint(route) != NULL) != d->location->tls_to_backend;
}

static bool is_left_out(const void *decided, const Route *route) {
        const Decision *d = decided;

        return route_is_reachable(route) && route->proto == d->location->proto && !contributes(d, route);
}

static bool is_open(const void *decided, const Route *route) {
        (void)decided;
        return !(route->requirements & REQUIRES_INTERNAL);
}

static char *dest_wish(const Route *route) {
        return route->dest ? xasprintf("the destination %s", route->dest) : xstrdup("no destination of its own");
}

static void note_dest(const Decision *decision, const Contest *contest, const Candidate *winner, StringList *notes) {
        Dissent d = dissent_find(contest->items, contest->n_deciding, wants_another_dest, decision);

        if (!d.first)
                return;
        _cleanup_free_ char *wish = dest_wish(winner->route), *other_wish = dest_wish(d.first->route);
        note_conflict(notes, winner, wish, &d, other_wish);
}

static void note_protocol(const Decision *decision, const Contest *contest, const Candidate *winner,
                          StringList *notes) {
        Dissent d = dissent_find(contest->items, contest->n_deciding, speaks_another_protocol, decision);

        if (!d.first)
                return;
        _cleanup_free_ char *others = dissent_names(&d), *decider = candidate_publisher(winner);
        string_list_addf(notes, "nothing is sent to %s, which speaks %s: %s decides for %s", others,
                         protocol_name(d.first->route->proto), decider, protocol_name(decision->location->proto));
}

static void note_backends(const Decision *decision, const SiteDecision *site, const Contest *contest,
                          const Candidate *winner, StringList *notes) {
        bool by_tls = decision->location->tls_to_backend;
        const char *reached = by_tls ? "by TLS" : "in clear", *not_reached = by_tls ? "in clear" : "by TLS";
        Dissent d;

        if ((d = dissent_find(contest->items, contest->n_deciding, wants_another_backend, decision)).first) {
                _cleanup_free_ char *others = dissent_names(&d), *decider = candidate_publisher(winner);
                string_list_addf(notes, "over HTTPS %s is to be reached %s and %s %s: %s decides", decider, reached,
                                 others, not_reached, decider);
        }
        if ((d = dissent_find(contest->items, contest->n_deciding, is_left_out, decision)).first) {
                _cleanup_free_ char *others = dissent_names(&d);
                _cleanup_free_ char *decider = candidate_publisher(site->shape->https ? winner : site->shape_decider);
                string_list_addf(notes, "nothing is sent to %s, which can only be reached %s: %s decides for %s",
                                 others, not_reached, decider, by_tls ? "TLS" : "clear");
        }
}

/* ---- one path ---- */

/* A restriction holds for all as soon as one asks for it. */
static bool merge_internal(const Contest *contest, StringList *notes) {
        size_t count = contest->n_restricting, i = 0;

        while (i < count && is_open(NULL, contest->items[i].route))
                i++;
        if (i == count)
                return false;
        Dissent d = dissent_find(contest->items, count, is_open, NULL);
        if (d.first && notes) {
                _cleanup_free_ char *name = candidate_publisher(&contest->items[i]), *others = dissent_names(&d);
                string_list_addf(notes, "%s is for internal networks alone and %s is not: the stricter one holds",
                                 name, others);
        }
        return true;
}

static void take_backends(Location *l, const SiteDecision *site, const Contest *contest, StringList *notes) {
        const Candidate *decider = backend_decider(contest);
        Decision decision = { site->shape, l };

        l->dest = decider->route->dest ? xstrdup(decider->route->dest) : NULL;
        l->proto = decider->route->proto;
        l->tls_to_backend = site->shape->https && route_tls_endpoint(decider->route);
        if (l->state == SITE_LINGERING)
                return;
        note_dest(&decision, contest, decider, notes);
        note_protocol(&decision, contest, decider, notes);
        note_backends(&decision, site, contest, decider, notes);
        if (uses_clear(&decision))
                gather_endpoints(&l->endpoints, l->proto, contest, route_endpoint, notes);
        if (l->tls_to_backend)
                gather_endpoints(&l->tls_endpoints, l->proto, contest, route_tls_endpoint, notes);
}

void location_merge(Location *ret, const SiteDecision *site, const Contest *contest, StringList *notes) {
        *ret = (Location){ .path = xstrdup(contest->items[0].path), .state = contest_state(contest) };
        StringList *told = ret->state == SITE_LINGERING ? NULL : notes; /* nobody minds who has left */
        ret->internal = merge_internal(contest, told);
        settings_merge(&ret->settings, contest, _EDGE_OF_SITE_COUNT, _EDGE_SETTING_COUNT, told);
        take_backends(ret, site, contest, notes);
}

static void endpoints_done(Endpoints *e) {
        for (size_t i = 0; i < e->count; i++)
                free(e->items[i].host);
        free(e->items);
}

void location_done(Location *l) {
        free(l->path);
        free(l->dest);
        edge_settings_done(&l->settings);
        endpoints_done(&l->endpoints);
        endpoints_done(&l->tls_endpoints);
}
