/* Wishes and sites as the tests write them, and what is wanted as text. */
#pragma once

#include "consumer/certs/wanted.h"
#include "tests/unit/consumer/sites-of-table.h"

#include <check.h>
#include <string.h>

enum { GIVEN_MAX = 20 };

#define CA "https://ca.example/dir"
#define TEST_CA "https://test.example/dir"
#define OTHER_CA "https://other.example/dir"

/* Borrows all its texts. */
typedef struct Given {
        CertificateRequest requests[GIVEN_MAX], *all_requests[GIVEN_MAX];
        Site items[GIVEN_MAX], *all_items[GIVEN_MAX];
        Sites sites;
        StringList lists[2 * GIVEN_MAX];
        size_t n_lists;
        StringList allowed_cas;
        CertsPolicy policy;
} Given;

static inline void given_begin(Given *g) {
        *g = (Given){ 0 };
        string_list_add(&g->allowed_cas, OTHER_CA);
        for (size_t i = 0; i < GIVEN_MAX; i++) {
                g->all_items[i] = &g->items[i];
                g->all_requests[i] = &g->requests[i];
        }
        g->sites.items = g->all_items;
        g->sites.requests = g->all_requests;
        g->policy = (CertsPolicy){
                .ca = CA,
                .test_ca = TEST_CA,
                .allowed_cas = &g->allowed_cas,
                .key_type = KEY_TYPE_EC_256,
                .challenge = CHALLENGE_HTTP_01,
        };
}

static inline void given_end(Given *g) {
        for (size_t i = 0; i < g->n_lists; i++)
                string_list_clear(&g->lists[i]);
        string_list_clear(&g->allowed_cas);
}

static inline StringList given_list(Given *g, const char *words) {
        StringList *l = &g->lists[g->n_lists++];
        char *word;

        while ((word = next_word(&words, " ")))
                string_list_take(l, word);
        return *l;
}

/* As sites_index_take() gives them: in the order of their first names, the others sorted. */
static inline CertificateTerms *given_wish(Given *g, const char *names, const char *publishers) {
        CertificateRequest *r = &g->requests[g->sites.n_requests++];

        r->names = given_list(g, names);
        r->publishers = given_list(g, publishers);
        return &r->terms;
}

/* In the order of their domains. */
static inline Site *given_site(Given *g, const char *domain) {
        Site *site = &g->items[g->sites.count++];

        site->domain = (char *)domain;
        site->kind = server_name_kind(domain);
        site->shape.https = true;
        site->publishers = given_list(g, "web");
        return site;
}

static inline void append_wanted(Text *t, const WantedCertificate *c) {
        static const char *const keys[] = { "?", "2048", "3072", "4096", "8192", "ec-256", "ec-384", "ec-521" };
        static const char *const challenges[] = { "?", "http-01", "dns-01" };
        _cleanup_free_ char *names = string_list_join(&c->names, " ");
        _cleanup_free_ char *publishers = string_list_join(&c->publishers, " ");
        const CertificateTerms *terms = &c->terms;

        text_appendf(t, "%s%s: %s", c->is_automatic ? "auto " : "", names,
                     strcmp(terms->ca, CA) == 0        ? "ca"
                     : strcmp(terms->ca, TEST_CA) == 0 ? "test-ca"
                                                       : terms->ca);
        if (terms->key_type != KEY_TYPE_EC_256)
                text_appendf(t, " %s", keys[terms->key_type]);
        if (terms->challenge != CHALLENGE_HTTP_01)
                text_appendf(t, " %s", challenges[terms->challenge]);
        if (terms->email)
                text_appendf(t, " %s", terms->email);
        if (terms->preferred_chain)
                text_appendf(t, " chain %s", terms->preferred_chain);
        if (terms->profile)
                text_appendf(t, " profile %s", terms->profile);
        text_appendf(t, " from %s\n", publishers);
}

/* A line a certificate, and one for what is set aside; the caller owns it. */
static inline char *wanted_text(const WantedCertificates *w) {
        Text t = { 0 };

        for (size_t i = 0; i < w->count; i++) {
                ck_assert(!w->items[i].terms.test);
                ck_assert_ptr_eq(wanted_find(w, w->items[i].names.items[0]), &w->items[i]);
                append_wanted(&t, &w->items[i]);
        }
        for (size_t i = 0; i < w->n_set_aside; i++) {
                const SetAside *a = &w->set_aside[i];
                ck_assert(wanted_has_set_aside(w, a));
                text_appendf(&t, "aside %s of %s: %s\n", a->domain, a->key, a->reason);
        }
        return text_take(&t);
}

static inline void expect_wanted(const Given *g, const char *text) {
        _cleanup_(wanted_freep) WantedCertificates *w = wanted_from_sites(&g->sites, &g->policy);
        _cleanup_free_ char *got = wanted_text(w);

        ck_assert_str_eq(got, text);
}

/* Whether the name is among those of a list of words. */
static inline bool is_word_of(void *userdata, const char *name) {
        const char *words = userdata;
        char *word;
        bool found = false;

        while (!found && (word = next_word(&words, " "))) {
                found = strcmp(word, name) == 0;
                free(word);
        }
        return found;
}
