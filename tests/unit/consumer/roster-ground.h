/* A roster in a directory of its own, for wishes as the tests write them. */
#pragma once

#include "common/log.h"
#include "consumer/certs/history-file.h"
#include "consumer/certs/roster.h"
#include "tests/unit/consumer/store-ground.h"
#include "tests/unit/consumer/wanted-ground.h"

enum { MINUTE = 60, DAY = 24 * 3600 };

typedef struct Ground {
        Given given;
        Roster *roster;
        char *history_dir, *state_dir;
} Ground;

static inline void ground_open(Ground *g) {
        ManagedPlaces places = { .cert_dir = scratch, .history_dir = g->history_dir };

        g->roster = roster_new(&g->given.policy, places, g->state_dir, "lego");
}

static inline void ground_begin(Ground *g) {
        log_setup(LOG_EMERG, LOG_FORMAT_PLAIN);
        scratch_make();
        *g = (Ground){ .history_dir = scratch_path("history"), .state_dir = scratch_path("state") };
        ck_assert_int_eq(mkdir(g->history_dir, 0700), 0);
        ck_assert_int_eq(mkdir(g->state_dir, 0700), 0);
        given_begin(&g->given);
        ground_open(g);
}

static inline void ground_end(Ground *g) {
        g->roster = roster_free(g->roster);
        given_end(&g->given);
        free(g->history_dir);
        free(g->state_dir);
        scratch_remove();
}

/* As after another start of the program. */
static inline void ground_restart(Ground *g) {
        g->roster = roster_free(g->roster);
        ground_open(g);
}

/* These certificates alone are wished for from now on: "a.org b.org | c.org". */
static inline void ground_wish(Ground *g, const char *wishes, int64_t now) {
        char *names;

        while (g->given.n_lists > 0)
                string_list_clear(&g->given.lists[--g->given.n_lists]);
        g->given.sites.n_requests = 0;
        while ((names = next_word(&wishes, "|"))) {
                (void)given_wish(&g->given, names, "web");
                free(names);
        }
        roster_settle(g->roster, &g->given.sites, now);
}

static inline Managed *ground_find(const Ground *g, const char *base) {
        Managed *m = roster_find(g->roster, base);

        ck_assert_ptr_nonnull(m);
        return m;
}

/* "a.org: a.org b.org\n": what is wanted, by base; the caller owns it. */
static inline char *ground_text(const Ground *g) {
        Text t = { 0 };

        for (size_t i = 0; i < g->roster->wanted->count; i++) {
                _cleanup_free_ char *names = string_list_join(&g->roster->wanted->items[i].names, " ");
                text_appendf(&t, "%s%s", i > 0 ? " | " : "", names);
        }
        return text_take(&t);
}

static inline void ground_expect(const Ground *g, const char *wanted) {
        _cleanup_free_ char *text = ground_text(g);

        ck_assert_str_eq(text, wanted);
}

static inline void ground_isolate(Ground *g, const char *base, const char *names, int64_t now) {
        _cleanup_string_list_ StringList list = { 0 };
        char *name;

        while ((name = next_word(&names, " ")))
                string_list_take(&list, name);
        roster_isolate(g->roster, ground_find(g, base), &list, now);
        roster_settle(g->roster, &g->given.sites, now);
}

/* The names that have come back, with a space between them; the caller owns it. */
static inline char *ground_rejoin(Ground *g, const char *base, int64_t now) {
        _cleanup_string_list_ StringList names = { 0 };

        roster_rejoin(g->roster, ground_find(g, base), &g->given.sites, &names);
        roster_settle(g->roster, &g->given.sites, now);
        return string_list_join(&names, " ");
}
