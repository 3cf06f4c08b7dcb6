/* Where the Engine listens, and how a request to it begins. */
#pragma once

#include "common/memory.h"
#include "registrar/docker-client.h"

#include <curl/curl.h>
#include <stdbool.h>

enum { DOCKER_CONNECT_SECONDS = 5 };

typedef struct DockerEndpoint {
        char *base;            /* "http://host:port": what stands before the path of a request */
        char *socket_path;     /* NULL: over TCP */
        char *ca, *cert, *key; /* files; NULL: the system's authorities, no client certificate */
        bool verify;           /* the server's certificate */
} DockerEndpoint;

/* Reads a URL as docker_client_new() takes it. Returns 0, or -EINVAL with a message that says what is accepted (owned
 * by the caller). */
int docker_endpoint_parse(const char *url, const DockerTls *tls, DockerEndpoint **ret, char **ret_message);
DockerEndpoint *docker_endpoint_free(DockerEndpoint *e);
DEFINE_CLEANUP(DockerEndpoint *, docker_endpoint_free);

/* A GET of `path` that has its connection settings and nothing else; the caller cleans it up. Messages about its
 * failure go to `error`, CURL_ERROR_SIZE bytes that must outlive it. */
CURL *docker_endpoint_get(const DockerEndpoint *e, const char *path, char *error);
/* Why it failed, in libcurl's words or better ones; the caller owns it. */
char *docker_transfer_error(const DockerEndpoint *e, CURL *easy, CURLcode result, const char *error);
