/* Sites: what the table comes to. Routes are gathered, sorted by what they compete for, and merged run by run. Pure.
 */
#include "consumer/sites.h"

#include "consumer/candidate.h"
#include "consumer/sites-certificates.h"
#include "consumer/sites-merge.h"

#include <string.h>

enum { REQUIREMENT_SHOWN_MAX = 64 }; /* bytes of an unknown requirement in a reason */

/* Owns `reason` from now on. */
static void set_aside(Sites *s, const Entry *entry, const char *domain, char *reason) {
        array_grow(s->set_aside, s->n_set_aside);
        s->set_aside[s->n_set_aside++] = (SetAside){ xstrdup(entry->key), xstrdup(domain), reason };
}

int set_aside_compare(const void *a, const void *b) {
        const SetAside *x = a, *y = b;
        int r = strcmp(x->domain, y->domain);

        if (r == 0)
                r = strcmp(x->key, y->key);
        return r != 0 ? r : strcmp(x->reason, y->reason);
}

void set_aside_done(SetAside *aside) {
        free(aside->key);
        free(aside->domain);
        free(aside->reason);
}

static void set_aside_unknown(Sites *s, const Entry *entry, const Route *route) {
        _cleanup_free_ char *shown = printable(route->unknown, strlen(route->unknown), REQUIREMENT_SHOWN_MAX);

        set_aside(s, entry, route->domain, xasprintf("requires \"%s\", which this version does not know", shown));
}

static void gather_wish(Sites *s, Candidates *wishes, const Entry *entry, const Route *route) {
        const CertificateWish *wish = &route->certificate;
        const char *base = certificate_base(route);

        if (wish->remark)
                set_aside(s, entry, route->domain, xasprintf("its certificate's %s: it is left out", wish->remark));
        if (wish->obstacle)
                set_aside(s, entry, route->domain,
                          xasprintf("its certificate's %s: no certificate is asked for", wish->obstacle));
        else if (base)
                candidates_add(wishes, base, certificate_rank(route, base), entry, route);
        else if (wish->n_names > 0)
                set_aside(s, entry, route->domain, xstrdup("no CA gives the certificate that it asks for"));
}

/* What has gone wants no certificate any more, and is no trouble either. */
static void gather_route(Sites *s, Candidates *routes, Candidates *wishes, const Entry *entry, const Route *route) {
        bool is_gone = entry->state == ENTRY_GONE;

        if (route->unknown && !is_gone)
                set_aside_unknown(s, entry, route);
        else if (!route->unknown && !(route->requirements & REQUIRES_CERTIFICATE_ONLY))
                candidates_add(routes, route->domain, (int)entry->state, entry, route);
        if (!is_gone)
                gather_wish(s, wishes, entry, route);
}

static void gather(Sites *s, Candidates *routes, Candidates *wishes, const Table *t) {
        size_t count;
        const Entry *const *entries = table_entries(t, &count);

        for (size_t i = 0; i < count; i++) {
                const Registration *r = entries[i]->registration;
                for (size_t k = 0; r && k < r->n_routes; k++)
                        gather_route(s, routes, wishes, entries[i], &r->routes[k]);
        }
        candidates_sort(routes);
        candidates_sort(wishes);
}

/* A path that a container gave up while it serves others of the same site does not linger: it would stand in the way
 * of those, and there is nothing to wait for. */
static void merge_sites(Sites *s, Candidates *routes) {
        for (size_t i = 0, n; i < routes->count; i += n) {
                n = candidates_run(routes, i);
                if (s->count == SITES_MAX) {
                        set_aside(s, routes->items[i].entry, routes->items[i].name,
                                  xasprintf("there are more than %d sites", SITES_MAX));
                        continue;
                }
                array_grow(s->items, s->count);
                site_merge(&s->items[s->count++], &routes->items[i], candidates_drop_superseded(&routes->items[i], n));
        }
}

static void note_wish(void *userdata, const Candidate *wish, const char *reason) {
        set_aside(userdata, wish->entry, wish->route->domain, xstrdup(reason));
}

static void merge_requests(Sites *s, const Candidates *wishes) {
        for (size_t i = 0, n; i < wishes->count; i += n) {
                n = candidates_run(wishes, i);
                array_grow(s->requests, s->n_requests);
                certificate_request_merge(&s->requests[s->n_requests++], &wishes->items[i], n, note_wish, s);
        }
}

Sites *sites_from_table(const Table *t) {
        _cleanup_(candidates_done) Candidates routes = { 0 }, wishes = { 0 };
        Sites *s = new0(Sites);

        gather(s, &routes, &wishes, t);
        merge_sites(s, &routes);
        merge_requests(s, &wishes);
        if (s->n_set_aside > 1)
                qsort(s->set_aside, s->n_set_aside, sizeof *s->set_aside, set_aside_compare);
        return s;
}

const char *site_state_name(SiteState state) {
        static const char *const names[] = {
                [SITE_LIVE] = "live",
                [SITE_HELD] = "held",
                [SITE_LINGERING] = "lingering",
        };

        return names[state];
}

static int compare_domain(const void *domain, const void *site) {
        return strcmp(domain, ((const Site *)site)->domain);
}

const Site *sites_find(const Sites *s, const char *domain) {
        return s->count > 0 ? bsearch(domain, s->items, s->count, sizeof *s->items, compare_domain) : NULL;
}

bool sites_has_set_aside(const Sites *s, const SetAside *aside) {
        return s->n_set_aside > 0 &&
               bsearch(aside, s->set_aside, s->n_set_aside, sizeof *s->set_aside, set_aside_compare);
}

Sites *sites_free(Sites *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->count; i++)
                site_done(&s->items[i]);
        for (size_t i = 0; i < s->n_requests; i++)
                certificate_request_done(&s->requests[i]);
        for (size_t i = 0; i < s->n_set_aside; i++)
                set_aside_done(&s->set_aside[i]);
        free(s->items);
        free(s->requests);
        free(s->set_aside);
        free(s);
        return NULL;
}
