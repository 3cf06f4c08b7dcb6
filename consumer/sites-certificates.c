/* Certificate requests: the names of several containers under one base become one certificate. Pure. */
#include "consumer/sites-certificates.h"

#include <stdlib.h>
#include <string.h>

enum { EMAIL_MAX = 254 }; /* bytes; RFC 5321 allows no longer address */

/* "www.example.*" may be a site, but no CA certifies it. */
static bool is_certifiable(const char *name) {
        return name[strlen(name) - 1] != '*';
}

const char *certificate_base(const Route *route) {
        const CertificateWish *wish = &route->certificate;

        for (size_t i = 0; i < wish->n_names; i++)
                if (is_certifiable(wish->names[i]))
                        return wish->names[i];
        return NULL;
}

/* Printable, without white space and quotes, something around one "@", and nothing that a command takes for an option:
 * it is handed to ACME clients of all kinds. */
static bool email_is_plain(const char *email) {
        const char *at = strchr(email, '@');

        if (!at || at == email || !at[1] || strchr(at + 1, '@') || email[0] == '-' || strlen(email) > EMAIL_MAX)
                return false;
        for (const char *c = email; *c; c++)
                if (*c <= ' ' || *c >= 0x7f || strchr("\"'`\\$<>|&;(){}", *c))
                        return false;
        return true;
}

static void take_email(CertificateRequest *r, const Candidate *wish, CertificateProblemFunc *problem, void *userdata) {
        const char *email = wish->route->certificate.email;

        if (email && !email_is_plain(email))
                problem(userdata, wish, "the email of its certificate is no address and is left out");
        else if (email && !r->email)
                r->email = xstrdup(email);
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

static void take_names(CertificateRequest *r, const Candidate *wish, CertificateProblemFunc *problem, void *userdata) {
        const CertificateWish *w = &wish->route->certificate;

        for (size_t i = 0; i < w->n_names; i++)
                if (!is_certifiable(w->names[i])) {
                        problem(userdata, wish,
                                "its certificate is to have a name that ends in \"*\", which no CA gives");
                } else if (!add_name(&r->names, w->names[i])) {
                        problem(userdata, wish,
                                "its certificate has as many names as a CA takes, the others are left out");
                        return;
                }
}

void certificate_request_merge(CertificateRequest *ret, const Candidate *items, size_t count,
                               CertificateProblemFunc *problem, void *userdata) {
        *ret = (CertificateRequest){ 0 };
        string_list_add(&ret->names, items[0].name);
        for (size_t i = 0; i < count; i++) {
                take_names(ret, &items[i], problem, userdata);
                take_email(ret, &items[i], problem, userdata);
        }
        candidates_add_publishers(items, count, &ret->publishers);
        publishers_settle(&ret->publishers);
}

void certificate_request_done(CertificateRequest *r) {
        string_list_clear(&r->names);
        free(r->email);
        string_list_clear(&r->publishers);
}
