/* Bytes from the Engine: the event stream, the list, an inspect. Docker or Podman, over a unix socket or TCP. */
#pragma once

#include "common/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

enum {
        DOCKER_EVENT_MAX = 1024 * 1024,      /* bytes of one line of the event stream */
        DOCKER_LIST_MAX = 256 * 1024 * 1024, /* bytes of one list */
        DOCKER_INSPECTS_AT_ONCE = 8,
        DOCKER_REPLY_SECONDS = 30, /* a request that takes longer has failed; so has an event stream without headers */
};

typedef struct DockerClient DockerClient;

typedef struct DockerTls {
        const char *directory; /* with ca.pem, cert.pem and key.pem (DOCKER_CERT_PATH); NULL: no TLS */
        bool verify;           /* the server's certificate (DOCKER_TLS_VERIFY) */
} DockerTls;

typedef struct DockerHandlers {
        /* The stream is open: events from now on are heard. Every event line comes after this call. */
        void (*connected)(void *userdata);
        void (*event)(void *userdata, const char *line, size_t size);
        /* The stream ended or could not be opened; the client tries again by itself, with backoff. */
        void (*disconnected)(void *userdata, const char *why);
        void *userdata;
} DockerHandlers;

/* How a request ended: `status` is the HTTP status and bytes its body (borrowed), or 0 with why it failed in `error`.
 * `id` is NULL for a list. Called from the loop. Here and in the other handlers everything may be asked for, but the
 * client not be freed. */
typedef void DockerReplyFunc(void *userdata, const char *id, long status, const char *bytes, size_t size,
                             const char *error);

/* Borrows `event`; copies `url` and `tls` (which may be NULL). `url`: unix:///path, unix://path, tcp://host:port,
 * http:// or https://. Returns 0, -EINVAL with a message (owned by the caller), or -errno. */
int docker_client_new(DockerClient **ret, sd_event *event, const char *url, const DockerTls *tls,
                      DockerHandlers handlers, char **ret_message);
/* Opens the event stream; without it, as for one pass, list and inspect work all the same. */
void docker_client_listen(DockerClient *d);
/* Asks for the running containers; a list that is still under way is given up for the new one. */
void docker_client_list(DockerClient *d, DockerReplyFunc *done, void *userdata);
/* Asks for one container; at most DOCKER_INSPECTS_AT_ONCE are under way, the others wait in order. */
void docker_client_inspect(DockerClient *d, const char *id, DockerReplyFunc *done, void *userdata);
/* Starts anew, on new connections: after a request showed that the Engine hangs. The stream and the list end without a
 * call, and `connected` comes again; inspects are asked for again by themselves, so that each gets its answer. */
void docker_client_restart(DockerClient *d, const char *why);
/* Another time limit than DOCKER_REPLY_SECONDS for requests that begin from now on: for tests. */
void docker_client_set_reply_limit(DockerClient *d, uint64_t limit_msec);
DockerClient *docker_client_free(DockerClient *d);
DEFINE_CLEANUP(DockerClient *, docker_client_free);
