/* The Engine's event stream: opened, cut into lines, and opened again for ever. */
#pragma once

#include "common/curl-event.h"
#include "registrar/docker-endpoint.h"

#include <stdint.h>

typedef struct DockerStream DockerStream;

/* Borrows `curl` and `endpoint`, which must outlive it. Handlers are called from the loop, never from libcurl's own
 * calls, so that they may start requests. Returns 0 or -errno. */
int docker_stream_new(DockerStream **ret, sd_event *event, CurlEvent *curl, const DockerEndpoint *endpoint,
                      DockerHandlers handlers);
void docker_stream_open(DockerStream *s);
/* Ends it without a call; `reopen`: opens it again after a delay. */
void docker_stream_close(DockerStream *s, bool reopen);
/* How long the Engine may take to answer. */
void docker_stream_set_reply_limit(DockerStream *s, uint64_t limit_msec);
DockerStream *docker_stream_free(DockerStream *s);
DEFINE_CLEANUP(DockerStream *, docker_stream_free);
