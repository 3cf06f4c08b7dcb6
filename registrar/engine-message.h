/* What the Engine says beside inspect replies: a line of its event stream, the list of containers. Pure.
 * Source: Docker Engine API, GET /events and GET /containers/json, and what Podman 4 makes of them. */
#pragma once

#include "beachhead/keyspace.h"
#include "registrar/container.h"

#include <stdbool.h>
#include <stddef.h>

enum {
        CONTAINER_ID_MAX = 64,                      /* hex digits of an id */
        CONTAINER_NAME_MAX = KEYSPACE_INSTANCE_MAX, /* bytes of a name */
        CONTAINER_SIGNAL_MAX = 15,                  /* bytes of a signal's name or number */
};

typedef enum EngineEventKind {
        ENGINE_OTHER, /* changes nothing that is published; no other field is set */
        ENGINE_STARTED,
        ENGINE_ENDED, /* died, stopped or removed */
        ENGINE_PAUSED,
        ENGINE_UNPAUSED,
        ENGINE_RENAMED,
        ENGINE_SIGNALLED, /* `docker kill`, and what `docker stop` begins with */
        ENGINE_HEALTH,
        ENGINE_NETWORK, /* connected to one, or disconnected */
} EngineEventKind;

typedef struct EngineEvent {
        EngineEventKind kind;
        char id[CONTAINER_ID_MAX + 1];         /* of the container */
        char name[CONTAINER_NAME_MAX + 1];     /* "" where it is not told, as with ENGINE_NETWORK */
        char signal[CONTAINER_SIGNAL_MAX + 1]; /* ENGINE_SIGNALLED: "" where it is not told */
        Health health;                         /* ENGINE_HEALTH */
} EngineEvent;

/* A running or paused container as the list has it. */
typedef struct ListedContainer {
        char id[CONTAINER_ID_MAX + 1];
        char *name; /* "" where there is none that is valid */
        bool paused;
        Health health;     /* HEALTH_NONE: the list does not tell, as for paused ones and with Podman 4 */
        char *whereabouts; /* see container_whereabouts() */
} ListedContainer;

typedef struct EngineList {
        ListedContainer *containers;
        size_t count;
        bool cut; /* there were more than the caller wanted */
} EngineList;

/* 1 to CONTAINER_ID_MAX hex digits: what may enter a URL. */
bool container_id_is_valid(const char *id);

/* Returns 0, or -EBADMSG where it is no event at all. */
int engine_event_decode(const char *line, size_t size, EngineEvent *ret);

/* Takes the first `max` containers, without ever holding more than one of them as JSON. Returns 0, or -EBADMSG where
 * the reply is no JSON array; *ret is then untouched. The caller frees with engine_list_done(). */
int engine_list_decode(const char *bytes, size_t size, size_t max, EngineList *ret);
void engine_list_done(EngineList *l);
#define _cleanup_engine_list_ _cleanup_(engine_list_done)

/* Name, addresses and published ports as one text, the same for the same facts whether a list or an inspect told
 * them. The caller owns it. */
char *container_whereabouts(const Container *c);
