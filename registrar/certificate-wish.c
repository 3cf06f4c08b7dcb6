/* The certificates that a container wants, and for which names. */
#include "registrar/certificate-wish.h"

#include "registrar/host-specs.h"
#include "registrar/problem.h"

#include <string.h>

enum { EMAIL_MAX = 254 /* bytes of an address (RFC 5321, 4.5.3.1.3) */ };

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

static bool email_is_valid(const char *text) {
        const char *at = strchr(text, '@');

        if (!at || at == text || at[1] == '\0' || strchr(at + 1, '@') || strlen(text) > EMAIL_MAX)
                return false;
        for (const char *c = text; *c; c++)
                if (*c <= ' ' || *c >= 0x7f || strchr("\"'`\\", *c))
                        return false;
        return true;
}

/* The address that the CA may write to, or NULL. */
static char *read_email(const Container *c, StringList *problems) {
        _cleanup_free_ char *variable = NULL, *email = certificate_setting(c, "EMAIL", &variable);

        if (!email || email_is_valid(email))
                return TAKE_PTR(email);
        problem_add(problems, c, variable, email, "is no address of mail and is left out");
        return NULL;
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
        _cleanup_string_list_ StringList names = { 0 };
        CertificateWish *wish = NULL;
        bool single = read_single_domain(c, problems);

        read_names(c, single ? REGISTRATION_ROUTES_MAX : REGISTRATION_NAMES_MAX, &names, problems);
        _cleanup_free_ char *email = names.count > 0 ? read_email(c, problems) : NULL;
        for (size_t i = 0; i < names.count; i++) {
                if (!wish || single) {
                        wish = &certificate_route(r, names.items[i])->certificate;
                        wish->email = email ? xstrdup(email) : NULL;
                }
                certificate_wish_add(wish, names.items[i]);
        }
}
