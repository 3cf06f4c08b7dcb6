/* libcurl's multi interface on sd-event. */
#pragma once

#include "common/memory.h"

#include <curl/curl.h>
#include <systemd/sd-event.h>

typedef struct CurlEvent CurlEvent;

/* The transfer is over and out of the multi handle; `easy` is the callee's to clean up. Transfers may be added and
 * removed from here, but not from libcurl's own calls (write, header), and the CurlEvent must not be freed. */
typedef void CurlDoneFunc(void *userdata, CURL *easy, CURLcode result);

/* A GET over HTTP/1.1 that goes through no proxy, follows no redirection and whose socket no child inherits; the
 * caller cleans it up. Messages about its failure go to `error`, CURL_ERROR_SIZE bytes that must outlive it. */
CURL *curl_event_get(const char *url, const char *agent, char *error);

int curl_event_new(CurlEvent **ret, sd_event *event);
/* Starts `easy`; sets CURLOPT_PRIVATE. Returns 0 or -EIO. `done` is called from the loop, never from here. */
int curl_event_add(CurlEvent *c, CURL *easy, CurlDoneFunc *done, void *userdata);
/* Ends a transfer without a call; `easy` stays the caller's. */
void curl_event_remove(CurlEvent *c, CURL *easy);
/* Closes every kept connection, so that the next transfer opens one of its own. All transfers must have been removed
 * or be done. */
void curl_event_forget_connections(CurlEvent *c);
/* All transfers must have been removed or be done. */
CurlEvent *curl_event_free(CurlEvent *c);
DEFINE_CLEANUP(CurlEvent *, curl_event_free);
