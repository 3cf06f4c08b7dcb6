/* Runs a driver: a small program that makes an ACME client do one thing. See beachhead-acme-driver(7) for the
 * contract.
 *
 * No key but the account's is handed over: the certificate's stays here, the client gets a signing request. */
#pragma once

#include "common/memory.h"
#include "common/text.h"
#include "consumer/certs/wanted.h"

#include <stdint.h>
#include <systemd/sd-event.h>

typedef enum DriverVerb {
        DRIVER_ACCOUNT, /* make the account's key known to the CA */
        DRIVER_ISSUE,   /* have the request signed */
} DriverVerb;

/* All borrowed during driver_start(); every path is absolute. */
typedef struct DriverCall {
        DriverVerb verb;
        const char *path;             /* of the driver, absolute */
        const char *account_key_path; /* PEM */
        const char *account_dir;      /* the client's own, one an account; kept between calls */
        const CertificateTerms *terms;
        const StringList *names;                        /* ISSUE */
        const char *csr;                                /* ISSUE; PEM */
        const char *dns_provider;                       /* or NULL */
        const char *eab_kid, *eab_hmac_path, *ca_roots; /* or NULL */
        const StringList *environment;                  /* the operator's "NAME=value"; or NULL */
        const char *scratch; /* an existing directory of 0700 in which one is made for this call, and removed */
        uint64_t time_limit_usec;
} DriverCall;

typedef enum DriverOutcome {
        DRIVER_DONE,      /* ISSUE: `chain` is there */
        DRIVER_UNCHANGED, /* nothing newer is to be had */
        DRIVER_FAILED,
        DRIVER_RETRY_AFTER, /* `retry_after` says when */
        DRIVER_REFUSED,     /* this client cannot do what is asked for: no use in trying again */
} DriverOutcome;

typedef struct DriverResult {
        DriverOutcome outcome;
        int64_t retry_after;     /* seconds; 0: nobody says */
        const char *chain;       /* PEM, unchecked, at most CHAIN_BYTES_MAX; NULL: none */
        StringList failed_names; /* those of `names` because of which it failed, as far as the client says */
        const char *reason;      /* one printable line for people; never NULL unless DONE */
        const char *output;      /* what the client said, printable, many lines */
} DriverResult;

typedef struct Driver Driver;

/* `result` is borrowed; the driver frees itself after the call. */
typedef void DriverDoneFunc(void *userdata, const DriverResult *result);

/* Returns 0, or -errno with a message (owned by the caller) where it could not be started; `done` is then not called.
 * `done` is called from the loop, never from here. */
int driver_start(Driver **ret, sd_event *event, const DriverCall *call, DriverDoneFunc *done, void *userdata,
                 char **ret_message);
/* Ends it without a call, and removes its directory. */
Driver *driver_free(Driver *d);
DEFINE_CLEANUP(Driver *, driver_free);
