/* One certificate as the tests have it: wanted, installed, with a history. */
#pragma once

#include "consumer/certs/plan.h"

#include <check.h>
#include <string.h>

enum { NOW = 1700000000, MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

#define CA "https://ca.example/dir"

typedef struct Ground {
        WantedCertificate wanted;
        InstalledCertificate installed;
        bool is_installed;
        History *history;
} Ground;

static inline void ground_set_names(StringList *names, const char *words) {
        char *word;

        string_list_clear(names);
        while ((word = next_word(&words, " ")))
                string_list_take(names, word);
}

/* `names`: the first is the base, the others sorted. */
static inline void ground_begin(Ground *g, const char *names) {
        *g = (Ground){ .history = history_new() };
        ground_set_names(&g->wanted.names, names);
        g->wanted.terms = (CertificateTerms){
                .ca = CA,
                .key_type = KEY_TYPE_EC_256,
                .challenge = CHALLENGE_HTTP_01,
        };
}

static inline void ground_end(Ground *g) {
        string_list_clear(&g->wanted.names);
        installed_done(&g->installed);
        g->history = history_free(g->history);
}

/* Puts a certificate for `names` there, whoever it is from. */
static inline void ground_install(Ground *g, const char *names, int64_t not_before, int64_t not_after) {
        ground_set_names(&g->installed.names, names);
        string_list_sort(&g->installed.names);
        g->installed.not_before = not_before;
        g->installed.not_after = not_after;
        g->installed.key_type = KEY_TYPE_EC_256;
        g->is_installed = true;
}

static inline CertificateStep ground_plan(const Ground *g, int64_t now) {
        return plan_certificate(&g->wanted, g->is_installed ? &g->installed : NULL, g->history, now);
}

static inline void ground_fail(Ground *g, int64_t now, int64_t first_wait, double random) {
        char asked[DIGEST_SIZE];

        wanted_digest(&g->wanted.names, &g->wanted.terms, asked);
        history_ordered(g->history, now);
        history_failed(g->history, asked, now, first_wait, 0, random, "no answer");
}
