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

typedef struct Managed {
        struct Issuance *issuance; /* whose it is */
        char *base, *folder;
        const WantedCertificate *wanted; /* borrowed; NULL: nobody wants it now */
        InstalledCertificate installed;
        bool is_installed;
        History *history;
        Account *account; /* borrowed */
        Order *order;     /* under way; NULL: none */
        bool is_synced;   /* what other edges have of it was looked at */
        bool is_refused;  /* on these terms the client never can */
        /* Waits that cost no attempt, and are not kept over restarts. Unix seconds. */
        int64_t quiet_until;
        unsigned quiet_times;
        char *waits_for;
        /* What was issued and could not be written yet. */
        char *chain, *key;
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
/* The same, as if what is under way had failed for `reason`: should this process end before it is known, the next one
 * waits. */
void managed_save_as_failed(const Managed *m, const ManagedPlaces *places, int64_t now, int64_t first_wait,
                            const char *reason);
/* Puts a pair in the store, for the names that are wanted. Returns 0, or -errno with a message (owned by the caller).
 */
int managed_install(Managed *m, const ManagedPlaces *places, const char *chain, const char *key, int64_t now,
                    char **ret_message);
/* Keeps what was issued until it is in the store, and lets it go. */
void managed_keep_pair(Managed *m, const char *chain, const char *key);
void managed_drop_pair(Managed *m);
/* Says once a day that what is installed comes to its end while it cannot be renewed. */
void managed_warn_of_end(Managed *m, int64_t now);
/* A try for it has failed: the next one waits. */
void managed_failed(Managed *m, int64_t now, int64_t first_wait, int64_t retry_after, const char *reason);
/* Waits without having used up an attempt: longer each time, to ten minutes. */
void managed_wait(Managed *m, int64_t now, const char *reason);
/* It goes on as nobody's wish. */
void managed_unwant(Managed *m);
/* It goes on as wanted now; what held for other names or terms does not count. */
void managed_want(Managed *m, const WantedCertificate *wanted, Account *account);
