/* Inspect replies as an Engine gives them: each field of InspectReply is the JSON of that part, NULL for a running
 * container "web" at 172.17.0.2 that asks for nothing. */
#pragma once

#include "registrar/container.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define INSPECT_CREATED 1700000000 /* "2023-11-14T22:13:20Z" */

typedef struct InspectReply {
        const char *name, *created, *state;
        const char *env, *labels; /* the inside of the array and of the object */
        const char *exposed, *ports, *networks;
        const char *stop_signal, *network_mode;
} InspectReply;

static inline char *inspect_reply(InspectReply r) {
        return xasprintf(
                "{\"Id\":\"4d5e\",\"Name\":%s,\"Created\":%s,\"State\":%s,\"HostConfig\":{\"NetworkMode\":%s},"
                "\"Config\":{\"Env\":[%s],\"Labels\":{%s},\"ExposedPorts\":%s,\"StopSignal\":%s},"
                "\"NetworkSettings\":{\"Networks\":%s,\"Ports\":%s}}",
                r.name ? r.name : "\"/web\"", r.created ? r.created : "\"2023-11-14T22:13:20.123456789Z\"",
                r.state ? r.state : "{\"Running\":true,\"Paused\":false,\"Status\":\"running\"}",
                r.network_mode ? r.network_mode : "\"default\"", r.env ? r.env : "", r.labels ? r.labels : "",
                r.exposed ? r.exposed : "null", r.stop_signal ? r.stop_signal : "null",
                r.networks ? r.networks : "{\"bridge\":{\"IPAddress\":\"172.17.0.2\",\"GlobalIPv6Address\":\"\"}}",
                r.ports ? r.ports : "{}");
}

static inline Container *inspect_decode(InspectReply r) {
        _cleanup_free_ char *reply = inspect_reply(r), *message = NULL;
        Container *c = NULL;

        ck_assert_msg(container_decode(&c, reply, strlen(reply), "BEACHHEAD_DOMAINS", &message) == 0, "%s in %s",
                      message, reply);
        return c;
}
#define INSPECT(...) inspect_decode((InspectReply){ __VA_ARGS__ })
