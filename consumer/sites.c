/* Sites and certificate requests: who holds them, how they are found. Pure. */
#include "consumer/sites.h"

#include "consumer/sites-certificates.h"
#include "consumer/sites-merge.h"

#include <string.h>

Site *site_ref(Site *s) {
        s->references++;
        return s;
}

Site *site_unref(Site *s) {
        if (!s || --s->references > 0)
                return NULL;
        site_done(s);
        free(s);
        return NULL;
}

CertificateRequest *certificate_request_ref(CertificateRequest *r) {
        r->references++;
        return r;
}

CertificateRequest *certificate_request_unref(CertificateRequest *r) {
        if (!r || --r->references > 0)
                return NULL;
        certificate_request_done(r);
        free(r);
        return NULL;
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

/* Unknown is -1, and so the highest without a sign. */
int site_compare_age(const Site *a, const Site *b) {
        uint64_t created[] = { (uint64_t)a->created, (uint64_t)b->created };

        return created[0] != created[1] ? (created[0] < created[1] ? -1 : 1) : strcmp(a->domain, b->domain);
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
        return strcmp(domain, (*(const Site *const *)site)->domain);
}

const Site *sites_find(const Sites *s, const char *domain) {
        Site **found = s->count > 0 ? bsearch(domain, s->items, s->count, sizeof(Site *), compare_domain) : NULL;

        return found ? *found : NULL;
}

bool sites_has_set_aside(const Sites *s, const SetAside *aside) {
        return s->n_set_aside > 0 &&
               bsearch(aside, s->set_aside, s->n_set_aside, sizeof *s->set_aside, set_aside_compare);
}

Sites *sites_free(Sites *s) {
        if (!s)
                return NULL;
        for (size_t i = 0; i < s->count; i++)
                (void)site_unref(s->items[i]);
        for (size_t i = 0; i < s->n_requests; i++)
                (void)certificate_request_unref(s->requests[i]);
        for (size_t i = 0; i < s->n_set_aside; i++)
                set_aside_done(&s->set_aside[i]);
        free(s->items);
        free(s->requests);
        free(s->set_aside);
        free(s);
        return NULL;
}
