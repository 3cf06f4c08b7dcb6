/* One certificate on its way: the self-check of its names, a key and a request for them, the client, and the check of
 * what it gave. Nothing is written but the client's own files. */
#pragma once

#include "common/memory.h"
#include "common/text.h"
#include "consumer/certs/accounts.h"
#include "consumer/certs/client.h"
#include "consumer/certs/wanted.h"

#include <stdint.h>
#include <systemd/sd-event.h>

typedef enum OrderOutcome {
        ORDER_ISSUED,      /* `chain` and `key` fit what was asked for */
        ORDER_UNREACHABLE, /* no CA was asked: `names` do not answer through this edge */
        ORDER_UNCHANGED,   /* nothing newer is to be had */
        ORDER_FAILED,      /* because of `names`, as far as they are known */
        ORDER_REFUSED,     /* this client never can */
} OrderOutcome;

typedef struct OrderResult {
        OrderOutcome outcome;
        const char *chain, *key; /* PEM */
        const StringList *names; /* or NULL */
        const char *reason;      /* one printable line; NULL where it was issued */
        const char *output;      /* what the client said; or NULL */
        int64_t retry_after;     /* seconds; 0: nobody says */
} OrderResult;

typedef struct OrderHandlers {
        void (*asking)(void *userdata); /* from now on a CA hears of it */
        /* The result is borrowed; the order frees itself after the call. */
        void (*done)(void *userdata, const OrderResult *result);
        void *userdata;
} OrderHandlers;

typedef struct Order Order;

/* Copies what it needs of `wanted`; borrows client, account and URL (NULL: no self-check). The handlers are called
 * from the loop, never from here. */
void order_start(Order **ret, sd_event *event, const Client *client, const Account *account,
                 const WantedCertificate *wanted, const char *self_check_url, OrderHandlers handlers);
Order *order_free(Order *o);
DEFINE_CLEANUP(Order *, order_free);
