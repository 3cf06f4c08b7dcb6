/* The status over HTTP: libmicrohttpd on the event loop, behind everything else that the loop has to do. */
#pragma once

#include "common/memory.h"
#include "consumer/status/answers.h"

#include <systemd/sd-event.h>

enum {
        SERVER_CONNECTIONS_MAX = 64,
        SERVER_CONNECTION_BYTES = 16 * 1024, /* for a request and its headers */
        SERVER_IDLE_SECONDS = 10,            /* a connection on which nothing moves is closed … */
        SERVER_LIFE_SECONDS = 30,            /* … and any one after so long, however busy it looks */
};

typedef struct StatusServer StatusServer;

/* Listens at `listen`, as --listen has it. Answers nothing before status_server_show(), since the loop does not run
 * yet. Returns 0, or negative with a message (owned by the caller). */
int status_server_new(StatusServer **ret, sd_event *event, const char *listen, char **ret_message);
/* Where it listens, as it was given. */
const char *status_server_listens_at(const StatusServer *s);
void status_server_show(StatusServer *s, StatusViewFunc *view, void *userdata);
/* Something differs; takes NULL. */
void status_server_outdate(StatusServer *s);
StatusServer *status_server_free(StatusServer *s);
DEFINE_CLEANUP(StatusServer *, status_server_free);
