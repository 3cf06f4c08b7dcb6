/* From the results of checks to whether a service is healthy. Pure. */
#pragma once

#include "registrar/check-spec.h"
#include "registrar/container.h"

/* {0} has no health check; one that begins is HEALTH_STARTING. */
typedef struct CheckHealth {
        Health health;
        uint64_t contradicted; /* how many results in a row say otherwise */
} CheckHealth;

/* Takes the next result. The first one decides at once; later ones do when as many as the spec asks for in a row say
 * otherwise. Returns whether the health is another one now. */
bool check_health_take(CheckHealth *h, const CheckSpec *spec, bool passed);
