/* The list of wanted certificates, and what was set aside beside it. */
#include "consumer/certs/wanted-list.h"

#include <string.h>

void wanted_add(WantedCertificates *w, const WantedCertificate *c) {
        array_grow(w->items, w->count);
        w->items[w->count++] = *c;
}

void wanted_certificate_done(WantedCertificate *c) {
        string_list_clear(&c->names);
        certificate_terms_done(&c->terms);
        string_list_clear(&c->publishers);
}

void wanted_set_aside(WantedCertificates *w, const char *domain, const StringList *publishers, char *reason) {
        array_grow(w->set_aside, w->n_set_aside);
        w->set_aside[w->n_set_aside++] = (SetAside){ string_list_join(publishers, ", "), xstrdup(domain), reason };
}

static int compare_base(const void *base, const void *certificate) {
        return strcmp(base, ((const WantedCertificate *)certificate)->names.items[0]);
}

static int compare_certificates(const void *a, const void *b) {
        return compare_base(((const WantedCertificate *)a)->names.items[0], b);
}

void wanted_sort(WantedCertificates *w) {
        if (w->count > 1)
                qsort(w->items, w->count, sizeof *w->items, compare_certificates);
        if (w->n_set_aside > 1)
                qsort(w->set_aside, w->n_set_aside, sizeof *w->set_aside, set_aside_compare);
}

const WantedCertificate *wanted_find(const WantedCertificates *w, const char *base) {
        return w->count > 0 ? bsearch(base, w->items, w->count, sizeof *w->items, compare_base) : NULL;
}

bool wanted_has_set_aside(const WantedCertificates *w, const SetAside *aside) {
        return w->n_set_aside > 0 &&
               bsearch(aside, w->set_aside, w->n_set_aside, sizeof *w->set_aside, set_aside_compare);
}

WantedCertificates *wanted_free(WantedCertificates *w) {
        if (!w)
                return NULL;
        for (size_t i = 0; i < w->count; i++)
                wanted_certificate_done(&w->items[i]);
        for (size_t i = 0; i < w->n_set_aside; i++)
                set_aside_done(&w->set_aside[i]);
        free(w->items);
        free(w->set_aside);
        free(w);
        return NULL;
}
