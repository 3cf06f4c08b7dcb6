/* An output: what a consumer makes of the sites. Outputs do not know each other; one that fails does not hold up
 * another. */
#pragma once

#include "common/metrics.h"
#include "common/text.h"
#include "consumer/sites.h"
#include "consumer/view.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

typedef struct Output Output;
struct Settings;

/* How the output stands with the sites it was given last. */
typedef enum OutputState {
        OUTPUT_BUSY,
        OUTPUT_DONE,   /* everything is applied and confirmed, or waits for a server that does not run yet */
        OUTPUT_PARTLY, /* applied, but something was set aside */
        OUTPUT_FAILED, /* nothing could be applied; it tries again by itself */
        _OUTPUT_STATE_COUNT,
} OutputState;

typedef struct OutputHandlers {
        /* What was begun has come to an end; not called where an apply finds nothing to do. */
        void (*settled)(void *userdata, Output *o);
        /* What is known now, for outputs that show more than sites; not to be asked before the loop runs. */
        View (*view)(void *userdata);
        void *userdata;
} OutputHandlers;

/* What an output has to say of one site; borrowed until the loop runs again. */
typedef struct OutputRemark {
        const char *set_aside;         /* why it is left out; NULL: it is not */
        const StringList *notes;       /* what else there is to know of it; NULL: nothing */
        int64_t certificate_not_after; /* Unix seconds; 0: it has no certificate here */
} OutputRemark;

typedef struct OutputClass {
        const char *name;
        int (*new)(Output **ret, sd_event *event, const struct Settings *settings, OutputHandlers handlers);
        /* Takes the sites to the world, now or gathered; `sites` is borrowed until the next apply. */
        void (*apply)(Output *o, const Sites *sites);
        OutputState (*state)(const Output *o);
        /* A phrase for the status line; the caller owns it. */
        char *(*describe)(const Output *o);
        /* What it would write, for --dry-run; the caller owns it. */
        char *(*preview)(Output *o, const Sites *sites);
        /* Adds lines for --explain=DOMAIN: what was decided for the domain, what stands in the way. */
        void (*explain)(Output *o, const Sites *sites, const char *domain, StringList *lines);
        Output *(*free)(Output *o);
        /* The rest is for the status over HTTP; each may be NULL. */
        /* Adds its figures, in families whose names begin with "beachhead_" and the output's name. */
        void (*measure)(const Output *o, Metrics *m);
        /* Fills in what it has to say of the site of that domain. */
        void (*remark)(const Output *o, const char *domain, OutputRemark *ret);
        /* Why no requests should be sent to this edge, a sentence that the caller owns; NULL: they may be. */
        char *(*ailment)(const Output *o);
} OutputClass;

/* Defines <output>_output_class of the functions <output>_new(), <output>_apply() and so on; those that may be NULL
 * follow: DEFINE_OUTPUT_CLASS(nginx, .measure = nginx_measure). */
#define DEFINE_OUTPUT_CLASS(output, ...)                                                                              \
        const OutputClass output##_output_class = { .name = #output,                                                  \
                                                    .new = output##_new,                                              \
                                                    .apply = output##_apply,                                          \
                                                    .state = output##_state,                                          \
                                                    .describe = output##_describe,                                    \
                                                    .preview = output##_preview,                                      \
                                                    .explain = output##_explain,                                      \
                                                    .free = output##_free,                                            \
                                                    ##__VA_ARGS__ }

/* The first member of every output. */
struct Output {
        const OutputClass *class;
        OutputHandlers handlers;
};

/* For the outputs: says so where what was begun has come to an end. */
static inline void output_settled(Output *o) {
        o->handlers.settled(o->handlers.userdata, o);
}

/* "busy", "done", "partly", "failed". */
const char *output_state_name(OutputState state);
#define OUTPUT_NAMES "nginx, certs, json, exec, requests or table"
/* The class of a name, NULL without one. */
const OutputClass *output_class_find(const char *name);
