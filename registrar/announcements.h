/* From a container to what is published about it. Pure. */
#pragma once

#include "common/text.h"
#include "registrar/address.h"
#include "registrar/container.h"

#include <stdbool.h>

enum { ANNOUNCEMENT_WARNINGS_MAX = 50 }; /* of one container; a last one says how many more there were */

typedef struct AnnouncementPolicy {
        AddressPolicy address;
        const char *domains_variable; /* --envvar */
        const char *node;             /* --node, or NULL */
        const char *machine; /* machine id in values; NULL: none (a container was named on the command line) */
        bool require_health; /* --health=require */
} AnnouncementPolicy;

/* How a container stands. */
typedef enum AnnouncementOutcome {
        ANNOUNCED,         /* instance and value are set */
        ANNOUNCED_NOTHING, /* asks for no domain: the usual case */
        ANNOUNCED_LATER,   /* paused, stopped, not healthy: nothing now */
        ANNOUNCED_ERROR,   /* a value of its own is wrong */
} AnnouncementOutcome;

typedef struct Announcement {
        AnnouncementOutcome outcome;
        char *instance;      /* "<name>" or "<name>@<node>"; always set, printable where it is no valid one */
        char *value;         /* the registration as JSON; NULL unless ANNOUNCED */
        char *reason;        /* why nothing is published; NULL when ANNOUNCED */
        StringList warnings; /* parts that are left out or ignored */
} Announcement;

/* The same container and policy give the same bytes. The caller frees with announcement_done(). */
void announce(const Container *c, const AnnouncementPolicy *policy, Announcement *ret);
void announcement_done(Announcement *a);
