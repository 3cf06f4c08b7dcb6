/* Certificate requests: the names of several containers under one base become one certificate. Pure. */
#include "consumer/sites-certificates.h"

#include "consumer/contest.h"

#include <string.h>

/* "www.example.*" may be a site, but no CA certifies it. */
static bool is_certifiable(const char *name) {
        return name[strlen(name) - 1] != '*';
}

static bool may_have(const Claims *claims, const Entry *entry, const Route *route, const char *name) {
        _cleanup_free_ char *refusal = claims_refusal(claims, entry->key, route, name);

        return !refusal;
}

const char *certificate_base(const Claims *claims, const Entry *entry, const Route *route) {
        const CertificateWish *wish = &route->certificate;

        for (size_t i = 0; i < wish->n_names; i++)
                if (is_certifiable(wish->names[i]) && may_have(claims, entry, route, wish->names[i]))
                        return wish->names[i];
        return NULL;
}

int certificate_rank(const Route *route, const char *base) {
        bool serves = !(route->requirements & REQUIRES_CERTIFICATE_ONLY) && strcmp(route->domain, base) == 0;

        return serves ? 0 : 1;
}

/* Keeps everything behind the base sorted, each name once; returns false where the certificate has no room. */
static bool add_name(StringList *names, const char *name) {
        size_t low = 1, high = names->count;

        if (strcmp(name, names->items[0]) == 0)
                return true;
        while (low < high) {
                size_t middle = low + (high - low) / 2;
                int r = strcmp(name, names->items[middle]);
                if (r == 0)
                        return true;
                if (r < 0)
                        high = middle;
                else
                        low = middle + 1;
        }
        if (names->count == REGISTRATION_NAMES_MAX)
                return false;
        string_list_add(names, name);
        char *added = names->items[names->count - 1];
        memmove(&names->items[low + 1], &names->items[low], (names->count - 1 - low) * sizeof *names->items);
        names->items[low] = added;
        return true;
}

static void take_names(CertificateRequest *r, const Candidate *wish, const Claims *claims,
                       CertificateProblemFunc *problem, void *userdata) {
        const CertificateWish *w = &wish->route->certificate;

        for (size_t i = 0; i < w->n_names; i++)
                if (!may_have(claims, wish->entry, wish->route, w->names[i])) {
                        continue;
                } else if (!is_certifiable(w->names[i])) {
                        problem(userdata, wish,
                                "its certificate is to have a name that ends in \"*\", which no CA gives");
                } else if (!add_name(&r->names, w->names[i])) {
                        problem(userdata, wish,
                                "its certificate has as many names as a CA takes, the others are left out");
                        return;
                }
}

/* A term as it was decided; NULL: nobody who decides says something. */
typedef struct Decision {
        CertificateTerm term;
        const char *text;
} Decision;

static const char *term_of(const Candidate *wish, CertificateTerm term) {
        return certificate_terms_text(&wish->route->certificate.terms, term);
}

static bool says_otherwise(const void *decided, const Route *route) {
        const Decision *d = decided;
        const char *text = certificate_terms_text(&route->certificate.terms, d->term);

        return text && !streq_or_null(text, d->text);
}

/* The first that says something, among those of the first's rank; NULL without one. */
static const Candidate *find_decider(const Candidate *items, size_t count, CertificateTerm term) {
        for (size_t i = 0; i < count && items[i].rank == items[0].rank; i++)
                if (term_of(&items[i], term))
                        return &items[i];
        return NULL;
}

/* "web asks for key=2048 and shop for key=ec-256: web decides". The caller owns it. */
static char *dissent_text(const Candidate *decider, const Decision *decided, const Dissent *d) {
        const char *name = certificate_term_name(decided->term), *other = term_of(d->first, decided->term);
        _cleanup_free_ char *others = dissent_names(d), *winner = decider ? candidate_publisher(decider) : NULL;

        if (!decider)
                return xasprintf("on its certificate, %s asks for %s=%s, but only those who serve %s decide", others,
                                 name, other, d->first->name);
        return xasprintf("on its certificate, %s asks for %s=%s and %s for %s=%s: %s decides", winner, name,
                         decided->text, others, name, other, winner);
}

static void take_term(CertificateRequest *r, const Candidate *items, size_t count, CertificateTerm term,
                      CertificateProblemFunc *problem, void *userdata) {
        const Candidate *decider = find_decider(items, count, term);
        Decision decided = { term, decider ? term_of(decider, term) : NULL };
        Dissent d = dissent_find(items, count, says_otherwise, &decided);
        const char *rule;

        if (decided.text)
                (void)certificate_terms_set(&r->terms, term, decided.text, &rule);
        if (!d.first)
                return;
        _cleanup_free_ char *reason = dissent_text(decider, &decided, &d);
        problem(userdata, d.first, reason);
}

void certificate_request_merge(CertificateRequest *ret, const Candidate *items, size_t count, const Claims *claims,
                               CertificateProblemFunc *problem, void *userdata) {
        *ret = (CertificateRequest){ 0 };
        string_list_add(&ret->names, items[0].name);
        for (size_t i = 0; i < count; i++)
                take_names(ret, &items[i], claims, problem, userdata);
        for (CertificateTerm term = 0; term < _CERTIFICATE_TERM_COUNT; term++)
                take_term(ret, items, count, term, problem, userdata);
        candidates_add_publishers(items, count, &ret->publishers);
        publishers_settle(&ret->publishers);
}

void certificate_request_done(CertificateRequest *r) {
        string_list_clear(&r->names);
        certificate_terms_done(&r->terms);
        string_list_clear(&r->publishers);
}
