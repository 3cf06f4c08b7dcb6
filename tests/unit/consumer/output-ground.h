/* An output on a loop of its own, given sites as the tests write them; its pauses after failures are over at once. */
#pragma once

#include "common/backoff.h"
#include "common/log.h"
#include "consumer/options.h"
#include "consumer/output.h"
#include "tests/unit/consumer/sites-ground.h"
#include "tests/unit/scratch.h"

#include <signal.h>

typedef struct World {
        sd_event *event;
        Settings settings; /* texts in it are borrowed */
        Output *output;
        Table *table;
        Sites *sites;
        int settled;
} World;

static int failures_in_a_row;

uint64_t backoff_next(Backoff *b) {
        (void)b;
        failures_in_a_row++;
        return 1000;
}

void backoff_reset(Backoff *b) {
        (void)b;
        failures_in_a_row = 0;
}

static void on_settled(void *userdata, Output *o) {
        World *w = userdata;

        ck_assert_int_ne(o->class->state(o), OUTPUT_BUSY);
        w->settled++;
}

/* With a directory `scratch`. */
static World *world_new(const OutputClass *class, Settings settings) {
        World *w = new0(World);
        OutputHandlers handlers = { .settled = on_settled, .userdata = w };
        sigset_t set;

        log_setup(LOG_EMERG, LOG_FORMAT_PLAIN);
        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGCHLD);
        ck_assert_int_eq(sigprocmask(SIG_BLOCK, &set, NULL), 0);
        w->settings = settings;
        w->table = new_table();
        ck_assert_int_ge(sd_event_new(&w->event), 0);
        ck_assert_int_eq(class->new (&w->output, w->event, &w->settings, handlers), 0);
        return w;
}

static World *world_free(World *w) {
        (void)w->output->class->free(w->output);
        (void)sites_free(w->sites);
        (void)table_free(w->table);
        (void)sd_event_unref(w->event);
        scratch_remove();
        free(w);
        return NULL;
}

DEFINE_CLEANUP(World *, world_free);

static void apply(World *w) {
        Sites *sites = sites_from_table(w->table, NULL);

        w->output->class->apply(w->output, sites);
        (void)sites_free(w->sites);
        w->sites = sites;
}

/* Lets the loop run until the output has settled once more. */
static void run_until_settled(World *w) {
        int before = w->settled;

        while (w->settled == before)
                ck_assert_int_gt(sd_event_run(w->event, 20 * UINT64_C(1000000)), 0);
}

static void expect_state(const World *w, OutputState state, const char *description) {
        _cleanup_free_ char *text = w->output->class->describe(w->output);

        ck_assert_int_eq(w->output->class->state(w->output), state);
        ck_assert_str_eq(text, description);
}
