/* One certificate that is kept: what is wanted, what lies in the store, what became of the tries. */
#pragma once

#include "common/memory.h"
#include "consumer/certs/accounts.h"
#include "consumer/certs/order.h"
#include "consumer/certs/plan.h"
#include "consumer/certs/wanted.h"

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

struct Issuance;

/* The longest wait that costs no attempt. */
enum { MANAGED_QUIET_MAX_SEC = 60 * 60 };

typedef struct Managed {
        struct Issuance *issuance; /* whose it is */
        char *base, *folder;
        const WantedCertificate *wanted; /* borrowed; NULL: nobody wants it now */
        InstalledCertificate installed;
        bool is_installed;
        History *history;
        Account *account;    /* borrowed */
        Order *order;        /* under way; NULL: none */
        History *broken_off; /* what the history becomes where it ends without a result; NULL: no CA was asked */
        bool is_synced;      /* what other edges have of it was looked at */
        bool is_refused;     /* on these terms the client never can */
        /* Waits that cost no attempt, and are not kept over restarts. Unix seconds. */
        int64_t quiet_until;
        unsigned quiet_times;
        char *waits_for;
        /* What was issued and could not be written yet. */
        char *chain, *key;
        bool is_new; /* what is installed, to whoever is to be told of it */
        int64_t warned_at;
        UT_hash_handle hh;
} Managed;

/* Where certificates and what is known of them lie; borrowed. */
typedef struct ManagedPlaces {
        const char *cert_dir, *history_dir;
} ManagedPlaces;

/* From disk. */
Managed *managed_new(const ManagedPlaces *places, const char *base, int64_t now);
Managed *managed_free(Managed *m);

/* Looks into the store again. */
void managed_read(Managed *m, const ManagedPlaces *places, int64_t now);
/* Keeps the history; what cannot be written is said. */
void managed_save(const Managed *m, const ManagedPlaces *places);
/* What it is to be; it is wanted. */
CertificateStep managed_step(const Managed *m, int64_t now);
/* A CA is asked from now on. Kept as if that had failed already: should this process end before it is known, the next
 * one waits. */
void managed_asked(Managed *m, const ManagedPlaces *places, int64_t now, int64_t first_wait);
/* The order has ended with a result. */
void managed_order_ended(Managed *m);
/* Gives up the order under way. Where a CA was asked that was a try, so that nobody who changes his mind all the time
 * has CAs asked all the time. */
void managed_break_off(Managed *m);
/* Puts a pair in the store, to serve the names. Returns 0, or -errno with a message (owned by the caller). */
int managed_install(Managed *m, const ManagedPlaces *places, const StringList *names, const char *chain,
                    const char *key, int64_t now, char **ret_message);
/* Keeps what was issued until it is in the store, and lets it go. */
void managed_keep_pair(Managed *m, const char *chain, const char *key);
void managed_drop_pair(Managed *m);
/* Why what is due does not come about, as far as that is a failure; NULL: it is not due, or nothing is known to have
 * failed. Borrowed. */
const char *managed_trouble(const Managed *m, int64_t now);
/* Says once a day that what is installed comes to its end while it cannot be renewed. */
void managed_warn_of_end(Managed *m, int64_t now);
/* Waits without having used up an attempt: longer each time, to ten minutes. */
void managed_wait(Managed *m, int64_t now, const char *reason);
/* Until when; `now` or earlier: it does not wait. */
int64_t managed_quiet_until(const Managed *m, int64_t now);
/* Whether it was tried in vain: what is new goes before it. */
bool managed_is_retry(const Managed *m);
/* It goes on as nobody's wish. */
void managed_unwant(Managed *m);
/* It goes on as wanted now; what held for other names or terms does not count. */
void managed_want(Managed *m, const WantedCertificate *wanted, Account *account);
