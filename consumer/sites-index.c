/* The sites of a table: who asks for what is kept by name, and what a name comes to is made when that has changed.
 * Pure. */
#include "consumer/sites-index.h"

#include "consumer/rivals.h"
#include "consumer/sites-certificates.h"
#include "consumer/sites-merge.h"

#include <stdlib.h>
#include <string.h>

enum { REQUIREMENT_SHOWN_MAX = 64 }; /* bytes of an unknown requirement in a reason */

/* What has been made of those that ask for one name, as a domain or as a certificate; what is not is NULL. */
typedef struct Made {
        Site *site;
        CertificateRequest *request;
        SetAside *set_aside;
        size_t n_set_aside;
} Made;

struct SitesIndex {
        Table *table;
        const Claims *claims;
        RivalsByName *domains, *certificates;
};

/* ---- who asks for what ---- */

static void bid(SitesIndex *s, Entry *entry, const Route *route) {
        const char *base = entry->state == ENTRY_GONE || route->certificate.obstacle
                                   ? NULL
                                   : certificate_base(s->claims, entry, route);

        rivals_bid(s->domains, candidate_of(route->domain, (int)entry->state, entry, route), entry);
        if (base)
                rivals_bid(s->certificates, candidate_of(base, certificate_rank(route, base), entry, route), entry);
}

/* What has gone wants no certificate any more. */
static void on_entry(void *userdata, Entry *entry, bool there) {
        const Registration *r = entry->registration;

        if (!there)
                return rivals_withdraw(entry);
        for (size_t i = 0; r && i < r->n_routes; i++)
                bid(userdata, entry, &r->routes[i]);
}

/* ---- what a name comes to ---- */

/* Owns `reason` from now on. */
static void set_aside(Made *m, const Candidate *c, char *reason) {
        array_grow(m->set_aside, m->n_set_aside);
        m->set_aside[m->n_set_aside++] = (SetAside){ xstrdup(c->entry->key), xstrdup(c->route->domain), reason };
}

static void made_free(Made *m) {
        if (!m)
                return;
        (void)site_unref(m->site);
        (void)certificate_request_unref(m->request);
        for (size_t i = 0; i < m->n_set_aside; i++)
                set_aside_done(&m->set_aside[i]);
        free(m->set_aside);
        free(m);
}

static void set_aside_unknown(Made *m, const Candidate *c) {
        const char *unknown = c->route->unknown;
        _cleanup_free_ char *shown = printable(unknown, strlen(unknown), REQUIREMENT_SHOWN_MAX);

        set_aside(m, c, xasprintf("requires \"%s\", which this version does not know", shown));
}

static bool is_served(const Route *route) {
        return !(route->requirements & REQUIRES_CERTIFICATE_ONLY);
}

/* What has gone is no trouble. */
static bool may_serve(Made *m, const Claims *claims, const Candidate *c) {
        _cleanup_free_ char *refusal = claims_refusal(claims, c->entry->key, c->route, c->route->domain);

        if (!refusal)
                return true;
        if (c->entry->state != ENTRY_GONE)
                set_aside(m, c, TAKE_PTR(refusal));
        return false;
}

/* Returns whether there are any; a route that is set aside itself has said it of its own name. */
static bool set_aside_refused_names(Made *m, const Claims *claims, const Candidate *c) {
        const CertificateWish *wish = &c->route->certificate;
        bool any = false;

        for (size_t i = 0; i < wish->n_names; i++) {
                const char *name = wish->names[i];
                _cleanup_free_ char *refusal = claims_refusal(claims, c->entry->key, c->route, name);
                if (refusal && !(is_served(c->route) && strcmp(name, c->route->domain) == 0))
                        set_aside(m, c, xasprintf("no certificate for %s is asked for: %s", name, refusal));
                any |= refusal != NULL;
        }
        return any;
}

static void look_at_wish(Made *m, const Claims *claims, const Candidate *c) {
        const CertificateWish *wish = &c->route->certificate;

        if (wish->remark)
                set_aside(m, c, xasprintf("its certificate's %s: it is left out", wish->remark));
        if (wish->obstacle)
                set_aside(m, c, xasprintf("its certificate's %s: no certificate is asked for", wish->obstacle));
        else if (!set_aside_refused_names(m, claims, c) && wish->n_names > 0 &&
                 !certificate_base(claims, c->entry, c->route))
                set_aside(m, c, xstrdup("no CA gives the certificate that it asks for"));
}

/* Whether it competes for the domain. What has gone is no trouble any more. */
static bool look_at_candidate(Made *m, const Claims *claims, const Candidate *c) {
        bool is_gone = c->entry->state == ENTRY_GONE, competes = !c->route->unknown && is_served(c->route);

        if (c->route->unknown && !is_gone)
                set_aside_unknown(m, c);
        if (competes)
                competes = may_serve(m, claims, c);
        if (!is_gone)
                look_at_wish(m, claims, c);
        return competes;
}

/* A path that a container gave up while it serves others of the same site does not linger: it would stand in the way
 * of those, and there is nothing to wait for. */
static void make_site(Made *m, const Claims *claims, Candidate *items, size_t count) {
        size_t n = 0;

        for (size_t i = 0; i < count; i++)
                if (look_at_candidate(m, claims, &items[i]))
                        items[n++] = items[i];
        if (n == 0)
                return;
        m->site = new0(Site);
        site_merge(m->site, items, candidates_drop_superseded(items, n));
        m->site->references = 1;
}

static void note_wish(void *userdata, const Candidate *wish, const char *reason) {
        set_aside(userdata, wish, xstrdup(reason));
}

static void make_request(Made *m, const Claims *claims, Candidate *items, size_t count) {
        m->request = new0(CertificateRequest);
        certificate_request_merge(m->request, items, count, claims, note_wish, m);
        m->request->references = 1;
}

typedef void MakeFunc(Made *m, const Claims *claims, Candidate *items, size_t count);

static void make(const SitesIndex *s, Rivals *r, MakeFunc *how) {
        _cleanup_free_ Candidate *items = rivals_candidates(r);

        made_free(r->made);
        r->made = NULL;
        if (r->count == 0)
                return;
        Made *m = r->made = new0(Made);
        how(m, s->claims, items, r->count);
}

static void on_domain_changed(void *userdata, Rivals *r) {
        make(userdata, r, make_site);
}

static void on_certificate_changed(void *userdata, Rivals *r) {
        make(userdata, r, make_request);
}

/* ---- all of them ---- */

static void add_set_aside(Sites *s, const char *key, const char *domain, const char *reason) {
        array_grow(s->set_aside, s->n_set_aside);
        s->set_aside[s->n_set_aside++] = (SetAside){ xstrdup(key), xstrdup(domain), xstrdup(reason) };
}

static void add_all_set_aside(Sites *s, const Made *m) {
        for (size_t i = 0; i < m->n_set_aside; i++)
                add_set_aside(s, m->set_aside[i].key, m->set_aside[i].domain, m->set_aside[i].reason);
}

static void leave_out(Sites *s, const Rivals *r) {
        _cleanup_free_ Candidate *items = rivals_candidates(r);
        _cleanup_free_ char *reason =
                xasprintf("there are more than %d sites, those that were created first have room", SITES_MAX);

        add_set_aside(s, items[0].entry->key, r->name, reason);
}

static int compare_age(const void *a, const void *b) {
        return site_compare_age(*(const Site *const *)a, *(const Site *const *)b);
}

/* The youngest that has room: a flood of new ones takes nobody's place, whatever its names are. NULL: all have. */
static const Site *find_last(Rivals *const *sorted, size_t count) {
        size_t n = 0;

        if (count <= SITES_MAX)
                return NULL;
        _cleanup_free_ const Site **sites = xcalloc(count, sizeof(const Site *));
        for (size_t i = 0; i < count; i++) {
                const Made *m = sorted[i]->made;
                if (m->site)
                        sites[n++] = m->site;
        }
        if (n <= SITES_MAX)
                return NULL;
        qsort(sites, n, sizeof *sites, compare_age);
        return sites[SITES_MAX - 1];
}

static void add_sites(Sites *s, const RivalsByName *domains) {
        size_t count;
        Rivals *const *sorted = rivals_sorted(domains, &count);
        const Site *last = find_last(sorted, count);

        s->items = xcalloc(count, sizeof(Site *));
        for (size_t i = 0; i < count; i++) {
                const Made *m = sorted[i]->made;
                add_all_set_aside(s, m);
                if (m->site && (!last || site_compare_age(m->site, last) <= 0))
                        s->items[s->count++] = site_ref(m->site);
                else if (m->site)
                        leave_out(s, sorted[i]);
        }
}

static void add_requests(Sites *s, const RivalsByName *certificates) {
        size_t count;
        Rivals *const *sorted = rivals_sorted(certificates, &count);

        s->requests = xcalloc(count, sizeof(CertificateRequest *));
        for (; s->n_requests < count; s->n_requests++) {
                const Made *m = sorted[s->n_requests]->made;
                add_all_set_aside(s, m);
                s->requests[s->n_requests] = certificate_request_ref(m->request);
        }
}

Sites *sites_index_take(SitesIndex *index) {
        Sites *s = new0(Sites);

        rivals_settle(index->domains, on_domain_changed, index);
        rivals_settle(index->certificates, on_certificate_changed, index);
        add_sites(s, index->domains);
        add_requests(s, index->certificates);
        if (s->n_set_aside > 1)
                qsort(s->set_aside, s->n_set_aside, sizeof *s->set_aside, set_aside_compare);
        return s;
}

SitesIndex *sites_index_new(Table *t, const Claims *claims) {
        SitesIndex *s = new0(SitesIndex);

        *s = (SitesIndex){ t, claims, rivals_by_name_new(), rivals_by_name_new() };
        table_follow(t, on_entry, s);
        return s;
}

SitesIndex *sites_index_free(SitesIndex *s) {
        if (!s)
                return NULL;
        table_follow(s->table, NULL, NULL);
        rivals_settle(s->domains, on_domain_changed, s);
        rivals_settle(s->certificates, on_certificate_changed, s);
        (void)rivals_by_name_free(s->domains);
        (void)rivals_by_name_free(s->certificates);
        free(s);
        return NULL;
}
