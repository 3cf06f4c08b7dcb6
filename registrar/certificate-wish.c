/* The certificates that a container wants, for which names, and how they are to be had. */
#include "registrar/certificate-wish.h"

#include "registrar/host-specs.h"
#include "registrar/problem.h"

#include <string.h>

/* What stands behind "ACME_" and "LETSENCRYPT_" where a term is said. */
static const char *const term_endings[_CERTIFICATE_TERM_COUNT] = {
        [TERM_EMAIL] = "EMAIL",
        [TERM_KEY] = "KEYSIZE",
        [TERM_CHALLENGE] = "CHALLENGE",
        [TERM_TEST] = "TEST",
        [TERM_CA] = "CA_URI",
        [TERM_CHAIN] = "PREFERRED_CHAIN",
        [TERM_PROFILE] = "CERT_PROFILE",
};

/* The setting of acme-companion with this ending, by its new name or its old one; `ret_variable` says which. */
static char *certificate_setting(const Container *c, const char *ending, char **ret_variable) {
        static const char *const beginnings[] = { "ACME", "LETSENCRYPT" };

        for (size_t i = 0; i < 2; i++) {
                _cleanup_free_ char *variable = xasprintf("%s_%s", beginnings[i], ending);
                _cleanup_free_ char *value = container_setting(c, variable, NULL);
                if (value) {
                        *ret_variable = TAKE_PTR(variable);
                        return TAKE_PTR(value);
                }
        }
        return NULL;
}

/* Words are taken in any case. A wrong one is ignored; but what a container wants from a CA of its own must not go to
 * another, which may publish the names. */
static int read_term(const Container *c, CertificateTerm term, CertificateTerms *ret, StringList *problems) {
        _cleanup_free_ char *variable = NULL, *text = certificate_setting(c, term_endings[term], &variable);
        bool is_word = term == TERM_KEY || term == TERM_CHALLENGE || term == TERM_TEST;
        _cleanup_free_ char *word = text && is_word ? lower_case(text) : NULL;
        const char *rule;

        if (!text || certificate_terms_set(ret, term, word ? word : text, &rule) == 0)
                return 0;
        if (term == TERM_CA)
                return problem_refuse(problems, c, variable, text, rule, "no certificate is asked for");
        problem_ignore(problems, c, variable, text, rule);
        return 0;
}

/* Returns 0, or -EINVAL where no certificate may be asked for. */
static int read_terms(const Container *c, CertificateTerms *ret, StringList *problems) {
        int result = 0;

        for (CertificateTerm i = 0; i < _CERTIFICATE_TERM_COUNT; i++) {
                int r = read_term(c, i, ret, problems);
                result = r < 0 ? r : result;
        }
        return result;
}

static bool read_single_domain(const Container *c, StringList *problems) {
        _cleanup_free_ char *variable = NULL, *text = certificate_setting(c, "SINGLE_DOMAIN_CERTS", &variable);

        if (text && strcasecmp(text, "true") != 0 && strcasecmp(text, "false") != 0)
                problem_add(problems, c, variable, text, "is neither true nor false: false is taken");
        return text && strcasecmp(text, "true") == 0;
}

/* Domains, also "*.example.org", but not "www.example.*"; no CA speaks of regular expressions. */
static char *read_name(const char *text) {
        _cleanup_free_ char *name = NULL, *reason = NULL;
        ServerNameKind kind;

        if (host_name_read(text, &name, &kind, &reason) < 0 || *name == '[' || *name == '~' ||
            (kind == SERVER_NAME_WILDCARD && *name != '*'))
                return NULL;
        return TAKE_PTR(name);
}

/* The names that the certificate is to have, each once. */
static void read_names(const Container *c, size_t max, StringList *ret, StringList *problems) {
        _cleanup_free_ char *variable = NULL, *text = certificate_setting(c, "HOST", &variable);
        const char *cursor = text;
        char *item;

        while (text && (item = host_list_next(&cursor))) {
                _cleanup_free_ char *host = item, *name = read_name(host);
                if (!name)
                        problem_add(problems, c, variable, host, "is no domain and is left out");
                else if (ret->count == max)
                        problem_add(problems, c, variable, host, "is one name too many and is left out");
                else if (!string_list_contains(ret, name))
                        string_list_take(ret, TAKE_PTR(name));
        }
}

/* The first route of that name, or a new one at which nothing but the certificate is wanted. */
static Route *certificate_route(Registration *r, const char *name) {
        for (size_t i = 0; i < r->n_routes; i++)
                if (strcmp(r->routes[i].domain, name) == 0)
                        return &r->routes[i];
        Route *route = registration_add_route(r);
        route->domain = xstrdup(name);
        route->requirements = REQUIRES_CERTIFICATE_ONLY | (*name == '*' ? REQUIRES_WILDCARD : 0);
        return route;
}

void certificate_wishes(const Container *c, Registration *r, StringList *problems) {
        _cleanup_(certificate_terms_done) CertificateTerms terms = { 0 };
        _cleanup_string_list_ StringList names = { 0 };
        CertificateWish *wish = NULL;
        bool single = read_single_domain(c, problems);

        read_names(c, single ? REGISTRATION_ROUTES_MAX : REGISTRATION_NAMES_MAX, &names, problems);
        if (names.count == 0 || read_terms(c, &terms, problems) < 0)
                return;
        for (size_t i = 0; i < names.count; i++) {
                if (!wish || single) {
                        wish = &certificate_route(r, names.items[i])->certificate;
                        certificate_terms_copy(&wish->terms, &terms);
                }
                certificate_wish_add(wish, names.items[i]);
        }
}
