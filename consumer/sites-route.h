/* What one route asks for, in the terms of a site. Pure. */
#pragma once

#include "consumer/sites.h"

/* By which schemes the outside world reaches it. */
typedef struct Reach {
        PlainAnswer plain;
        bool https;
} Reach;

Reach route_reach(const Route *route);
/* Whether somebody wrote how it is to be reached. */
bool route_chose_reach(const Route *route);
/* For people: "http alone", "HTTPS_METHOD=redirect". */
const char *route_reach_wish(const Route *route);

/* Where it is reached in clear, or by its protocol, and where by TLS since it was written as https; NULL: nowhere. */
const Endpoint *route_endpoint(const Route *route);
const Endpoint *route_tls_endpoint(const Route *route);
bool route_is_reachable(const Route *route);
