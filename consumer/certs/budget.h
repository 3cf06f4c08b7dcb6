/* What may be asked of a CA, below Let's Encrypt's published limits, so that a mistake never uses them up. Pure.
 * Source: letsencrypt.org/docs/rate-limits, 2025: 300 new orders an account in 3 hours, 50 certificates a registered
 * domain and 5 for the very same names in 7 days, 10 new accounts an address in 3 hours. */
#pragma once

#include "common/memory.h"
#include "common/text.h"

#include <stdbool.h>
#include <stdint.h>

enum {
        BUDGET_ORDERS = 250,             /* in 3 hours */
        BUDGET_ORDERS_FOR_RENEWALS = 50, /* of these: whatever is asked for anew, what works is renewed */
        BUDGET_REGISTERED = 40,          /* in 7 days, each registered domain (by the public suffix list) */
        BUDGET_SAME_NAMES = 4,           /* in 7 days */
        BUDGET_ACCOUNTS = 8,             /* in 3 hours */
        BUDGET_KEYS_MAX = 50000,         /* registered domains and sets of names; of more the oldest are forgotten */
};

typedef struct Budget Budget;

Budget *budget_new(void);
Budget *budget_free(Budget *b);
DEFINE_CLEANUP(Budget *, budget_free);

/* Counts what happened at `at` (Unix seconds), in any order; what is older than the longest window is forgotten. */
void budget_count_order(Budget *b, int64_t at);
void budget_count_issued(Budget *b, const StringList *names, int64_t at);
void budget_count_account(Budget *b, int64_t at);

/* The earliest time at which there is room, `now` where it is there at once. *ret_limit, where it is not NULL, gets a
 * static phrase for the limit that makes it wait; it stays as it was where nothing does. A renewal (CertificateStep)
 * is bound by the orders alone, as at Let's Encrypt. */
int64_t budget_order_at(const Budget *b, const StringList *names, bool renewal, int64_t now, const char **ret_limit);
int64_t budget_account_at(const Budget *b, int64_t now, const char **ret_limit);
