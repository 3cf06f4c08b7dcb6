/* Keeps the certificates of a roster there: looks what is due, orders it, puts it in the store. */
#pragma once

#include "common/memory.h"
#include "common/text.h"
#include "consumer/certs/roster.h"
#include "consumer/certs/settings.h"
#include "consumer/certs/sharing.h"

#include <stdbool.h>
#include <systemd/sd-event.h>

typedef struct Issuance Issuance;

typedef struct IssuanceHandlers {
        void (*settled)(void *userdata); /* it has looked, or the operator's commands have ended */
        void *userdata;
} IssuanceHandlers;

typedef struct IssuanceCounts {
        size_t wanted, there, under_way, failing, waiting;
} IssuanceCounts;

/* `directory` is the output's own, below the state directory. Borrows all but the handlers. Nothing is asked before
 * the first issuance_want(). Returns 0, or negative with a message (owned by the caller). */
int issuance_new(Issuance **ret, sd_event *event, const CertsSettings *settings, Roster *roster, Sharing *sharing,
                 const char *directory, IssuanceHandlers handlers, char **ret_message);
Issuance *issuance_free(Issuance *is);
DEFINE_CLEANUP(Issuance *, issuance_free);

/* What the sites ask for; they are borrowed until the next call. */
void issuance_want(Issuance *is, const Sites *sites);
/* Something that it waits for may have come: it looks, from the loop. */
void issuance_look(Issuance *is);
/* The same where names of the roster came or went, keys of accounts, or the right to ask CAs: settles the roster
 * before. */
void issuance_settle(Issuance *is);

IssuanceCounts issuance_count(const Issuance *is);
/* Whether something is under way, or would be at once. */
bool issuance_is_busy(const Issuance *is);
