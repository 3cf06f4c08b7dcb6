/* The hosts that publish, those too whose manifest is not there. Pure. */
#pragma once

#include "common/memory.h"
#include "consumer/status/view.h"

typedef struct NodeStatus {
        char *name;
        const Manifest *manifest; /* borrowed; NULL: its registrations are there, and no manifest */
        size_t live, missing;     /* registrations */
} NodeStatus;

typedef struct NodeStatuses {
        NodeStatus *items; /* in the order of their names */
        size_t count;
} NodeStatuses;

NodeStatuses *node_statuses_new(const StatusView *v);
NodeStatuses *node_statuses_free(NodeStatuses *s);
DEFINE_CLEANUP(NodeStatuses *, node_statuses_free);
