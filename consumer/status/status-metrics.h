/* /metrics: the consumer's figures for Prometheus, and what the nodes' manifests say. Pure. */
#pragma once

#include "consumer/status/view.h"

enum { STATUS_NODES_MAX = 1000 }; /* nodes that are told one by one */

/* In Prometheus' text format; the caller owns it. */
char *status_metrics(const StatusView *v);
