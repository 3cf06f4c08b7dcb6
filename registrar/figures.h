/* The registrar's figures for Prometheus. Pure. */
#pragma once

#include "beachhead/histogram.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct RegistrarFigures {
        bool has_engine, engine_up, redis_up;
        bool suspended;    /* the Engine was away for longer than its grace: nothing is refreshed */
        bool clash;        /* another machine has this node's name: nothing is published */
        size_t containers; /* that run, as far as known */
        size_t failed;     /* of all items with an error */
        size_t services;   /* of services.d */
        size_t services_unhealthy;
        size_t registrations; /* that Redis holds */
        const Histogram *event_to_publish;
} RegistrarFigures;

/* In Prometheus' text format; the caller owns it. */
char *registrar_figures_text(const RegistrarFigures *f);
